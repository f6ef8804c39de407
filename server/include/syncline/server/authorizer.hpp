#pragma once

#include <cstdint>
#include <string_view>

namespace syncline::server {

enum class Access : std::uint8_t {
    allowed,
    unauthorized,  ///< the token is not known: 401
    forbidden,     ///< the token is known, and is not for this scope: 403
};

/// Decides who may read and write a scope. The default allows everything.
///
/// Thread-safety: any thread, several at a time. Must not block for long.
class Authorizer {
public:
    virtual ~Authorizer() = default;

    /// Whether the token may be used at all; asked before a request's body is read.
    virtual Access admit(std::string_view /*token*/) const { return Access::allowed; }

    virtual Access authorize(std::string_view /*token*/, std::string_view /*scope*/) const {
        return Access::allowed;
    }
};

}  // namespace syncline::server
