#pragma once

#include <string>
#include <utility>

#include "syncline/base/error.hpp"

namespace syncline {

/// Thrown by a named mutator that refuses: at the server the mutation, and with it the whole client
/// transaction, is rejected; on a client, called by the application, nothing is queued.
class Reject : public Error {
public:
    /// `word` is for programs, `reason` a sentence for people.
    Reject(std::string word, const std::string& reason)
        : Error(ErrorCode::invalid_argument, reason), word_(std::move(word)) {}

    const std::string& word() const noexcept { return word_; }

private:
    std::string word_;
};

}  // namespace syncline
