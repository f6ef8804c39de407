#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "syncline/server/authorizer.hpp"

namespace syncline::server {

/// Tokens and their scopes from a JSON file: `{"token": ["scope", …], …}`; the scope `*` stands for
/// all of them. Immutable.
class TokenFile final : public Authorizer {
public:
    /// Throws: `InvalidArgument`, naming the file and what is wrong in it.
    static TokenFile load(const std::filesystem::path& file);
    static TokenFile parse(std::string_view json, const std::string& name);

    Access admit(std::string_view token) const override;
    Access authorize(std::string_view token, std::string_view scope) const override;

private:
    using Scopes = std::set<std::string, std::less<>>;
    const Scopes* find(std::string_view token) const;

    std::map<std::string, Scopes, std::less<>> scopes_of_;  // by token
};

}  // namespace syncline::server
