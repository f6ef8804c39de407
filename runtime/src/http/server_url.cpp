#include "server_url.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "syncline/base/error.hpp"

namespace syncline::http {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

[[noreturn]] void refuse(const std::string& text, const char* why) {
    throw InvalidArgument("server address \"" + text + "\": " + why +
                          "; write it like http://127.0.0.1:8080 or https://sync.example.com");
}

bool is_plain(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7F && c != '"' && c != '<' && c != '>' && c != '\\';
}

bool may_be_in_host(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

bool may_be_in_ipv6(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
           c == '.';
}

std::uint16_t parse_port(const std::string& text, std::string_view port) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
    if (error != std::errc{} || end != port.data() + port.size() || value == 0 || value > 65'535) {
        refuse(text, "the port is no number from 1 to 65535");
    }
    return static_cast<std::uint16_t>(value);
}

/// Splits `[host]:port` or `host:port`; gives the port's text, or nothing.
std::string_view split_host(const std::string& text, std::string_view authority, ServerUrl& url) {
    if (authority.starts_with('[')) {
        const std::size_t end = authority.find(']');
        if (end == std::string_view::npos) refuse(text, "a bracket is not closed");
        url.host = authority.substr(1, end - 1);
        if (!std::all_of(url.host.begin(), url.host.end(), may_be_in_ipv6)) {
            refuse(text, "what is in brackets is no IPv6 address");
        }
        authority.remove_prefix(end + 1);
        if (authority.empty()) return {};
        if (authority.front() != ':') refuse(text, "what follows the host is no port");
        return authority;
    }
    const std::size_t colon = authority.find(':');
    url.host = authority.substr(0, colon);
    if (!std::all_of(url.host.begin(), url.host.end(), may_be_in_host)) {
        refuse(text, "the host has characters that no host has");
    }
    return colon == std::string_view::npos ? std::string_view{} : authority.substr(colon);
}

}  // namespace

std::string ServerUrl::to_string() const {
    const bool bracketed = host.find(':') != std::string::npos;
    return std::string(secure ? kHttps : kHttp) + (bracketed ? "[" + host + "]" : host) + ":" +
           std::to_string(port) + path;
}

ServerUrl parse_server_url(const std::string& text) {
    ServerUrl url;
    std::string_view rest = text;
    url.secure = rest.starts_with(kHttps);
    if (!url.secure && !rest.starts_with(kHttp)) {
        refuse(text, "it begins neither with http:// nor with https://");
    }
    rest.remove_prefix(url.secure ? kHttps.size() : kHttp.size());
    if (!std::all_of(rest.begin(), rest.end(), is_plain)) refuse(text, "it has odd characters");
    if (rest.find('@') != std::string_view::npos) {
        refuse(text, "it has a user in it; who the user is, the token says");
    }
    if (rest.find_first_of("?#") != std::string_view::npos) {
        refuse(text, "it has a query or fragment");
    }
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    url.path = rest.substr(slash);
    while (url.path.ends_with('/')) url.path.pop_back();
    const std::string_view port = split_host(text, rest.substr(0, slash), url);
    if (url.host.empty()) refuse(text, "it names no host");
    url.port = url.secure ? 443 : 80;
    if (!port.empty()) url.port = parse_port(text, port.substr(1));
    return url;
}

}  // namespace syncline::http
