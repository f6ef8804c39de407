#include "live_query.hpp"

#include <charconv>
#include <optional>

namespace syncline::server {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            result += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = hex_digit(text[i + 1]);
        const int low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        result += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return result;
}

template <class Number>
bool parse_number(std::string_view text, int base, Number& value) {
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value, base);
    return error == std::errc{} && stopped == end && !text.empty();
}

bool parse_id(std::string_view text, Id128& id) {
    return text.size() == 32 && parse_number(text.substr(0, 16), 16, id.high) &&
           parse_number(text.substr(16), 16, id.low);
}

bool take(std::string_view name, std::string value, LiveRequest& request) {
    if (name == "scope") {
        request.scope = std::move(value);
        return true;
    }
    if (name == "client") return parse_id(value, request.client);
    if (name == "epoch") return parse_id(value, request.epoch);
    if (name == "schema") return parse_number(value, 10, request.schema);
    if (name == "cursor") return parse_number(value, 10, request.cursor.value);
    if (name == "confirmed") return parse_number(value, 10, request.confirmed.value);
    return true;
}

}  // namespace

std::variant<LiveRequest, std::string> parse_live_query(std::string_view query) {
    LiveRequest request;
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view pair = query.substr(0, end);
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
        const std::size_t equals = pair.find('=');
        const std::string_view name = pair.substr(0, equals);
        auto value = percent_decode(equals == std::string_view::npos ? std::string_view{}
                                                                     : pair.substr(equals + 1));
        if (!value || !take(name, std::move(*value), request)) {
            return "the query's " + std::string(name) + " is malformed";
        }
    }
    return request;
}

}  // namespace syncline::server
