#include "syncline/server/token_file.hpp"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "syncline/base/error.hpp"

namespace syncline::server {

TokenFile TokenFile::load(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw InvalidArgument(file.string() + ": cannot be read");
    const std::string content{std::istreambuf_iterator<char>(stream), {}};
    return parse(content, file.string());
}

TokenFile TokenFile::parse(std::string_view json, const std::string& name) {
    TokenFile result;
    try {
        const auto document = nlohmann::json::parse(json);
        if (!document.is_object()) throw InvalidArgument(name + ": is not a JSON object");
        for (const auto& [token, scopes] : document.items()) {
            if (token.empty()) throw InvalidArgument(name + ": a token is empty");
            result.scopes_of_[token] = scopes.get<Scopes>();
        }
    } catch (const nlohmann::json::parse_error& error) {
        // Its own text would show what stands there: a token, perhaps.
        throw InvalidArgument(name + ": is not JSON, at byte " + std::to_string(error.byte));
    } catch (const nlohmann::json::exception&) {
        throw InvalidArgument(name + ": is not of the form {\"token\": [\"scope\", ...], ...}");
    }
    return result;
}

const TokenFile::Scopes* TokenFile::find(std::string_view token) const {
    const auto found = scopes_of_.find(token);
    return found != scopes_of_.end() ? &found->second : nullptr;
}

Access TokenFile::admit(std::string_view token) const {
    return find(token) != nullptr ? Access::allowed : Access::unauthorized;
}

Access TokenFile::authorize(std::string_view token, std::string_view scope) const {
    const Scopes* scopes = find(token);
    if (scopes == nullptr) return Access::unauthorized;
    const bool allowed = scopes->contains(scope) || scopes->contains("*");
    return allowed ? Access::allowed : Access::forbidden;
}

}  // namespace syncline::server
