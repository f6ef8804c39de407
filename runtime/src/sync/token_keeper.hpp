#pragma once

#include <functional>
#include <optional>
#include <string>

namespace syncline {

/// The token for requests, and whether another one is needed.
///
/// Thread-safety: none.
class TokenKeeper {
public:
    /// Without a provider the token is empty until `set`.
    explicit TokenKeeper(std::function<std::string()> provider) : provider_(std::move(provider)) {}

    /// The token, from the provider if there is none. Throws what the provider throws.
    const std::string& get() {
        if (!token_) token_ = provider_ ? provider_() : std::string();
        return *token_;
    }

    void set(std::string token) {
        token_ = std::move(token);
        accepted();
    }

    /// The server took the token, or failed for another reason.
    void accepted() {
        refused_before_ = false;
        needed_ = false;
    }

    /// The server refused the token `used`. The provider is asked once for a fresh one; after that,
    /// or without one, nothing is tried until `set` or `try_again`. A request and a stream may be
    /// refused with one token: the second refusal says nothing of the fresh one.
    void refused(const std::string& used) {
        if (token_ != used) return;
        needed_ = refused_before_ || !provider_;
        refused_before_ = true;
        if (provider_) token_.reset();
    }

    /// The provider failed.
    void failed() { needed_ = true; }

    /// Allows one more attempt.
    void try_again() { accepted(); }

    bool needed() const { return needed_; }

private:
    std::function<std::string()> provider_;
    std::optional<std::string> token_;
    bool refused_before_ = false;
    bool needed_ = false;
};

}  // namespace syncline
