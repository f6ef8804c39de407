#pragma once

#include <cstdint>
#include <string>

namespace syncline::http {

/// Where a server is.
struct ServerUrl {
    bool secure = false;
    std::string host;  ///< a name or address; of IPv6 without brackets
    std::uint16_t port = 0;
    std::string path;  ///< empty, or begins with a slash and does not end with one

    /// For messages to people.
    std::string to_string() const;
};

/// Throws: `InvalidArgument` that says what is wrong with `text`.
ServerUrl parse_server_url(const std::string& text);

}  // namespace syncline::http
