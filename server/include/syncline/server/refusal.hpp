#pragma once

#include <chrono>
#include <string>

#include "syncline/base/error.hpp"
#include "syncline/protocol/messages.hpp"
#include "syncline/protocol/reject.hpp"

namespace syncline::server {

/// A request that is answered by a typed error; nothing of it was done.
class RequestRefused : public Error {
public:
    RequestRefused(RequestError error, const std::string& text,
                   std::chrono::milliseconds retry_after = std::chrono::milliseconds{0})
        : Error(ErrorCode::protocol_invalid, text), error_(error), retry_after_(retry_after) {}

    RequestError error() const noexcept { return error_; }
    std::chrono::milliseconds retry_after() const noexcept { return retry_after_; }

private:
    RequestError error_;
    std::chrono::milliseconds retry_after_;
};

/// Thrown by a named mutator to reject its mutation, and with it the whole client transaction.
using syncline::Reject;

}  // namespace syncline::server
