#include "pending_calls.hpp"

#include <utility>

namespace syncline::testing {

std::uint64_t PendingCalls::add(Transport::ResponseHandler handler) {
    const std::lock_guard lock(mutex_);
    handlers_.emplace(++last_, std::move(handler));
    return last_;
}

bool PendingCalls::contains(std::uint64_t call) const {
    const std::lock_guard lock(mutex_);
    return handlers_.contains(call);
}

void PendingCalls::finish(std::uint64_t call, TransportResponse response) {
    std::map<std::uint64_t, Transport::ResponseHandler>::node_type node;
    {
        const std::lock_guard lock(mutex_);
        node = handlers_.extract(call);
    }
    if (node) node.mapped()(std::move(response));
}

void PendingCalls::cancel_all() {
    std::map<std::uint64_t, Transport::ResponseHandler> handlers;
    {
        const std::lock_guard lock(mutex_);
        handlers.swap(handlers_);
    }
    for (auto& [call, handler] : handlers) {
        handler(not_answered(TransportResponse::Outcome::cancelled, "the exchange was cancelled"));
    }
}

TransportResponse not_answered(TransportResponse::Outcome outcome, std::string detail) {
    TransportResponse response;
    response.outcome = outcome;
    response.detail = std::move(detail);
    return response;
}

}  // namespace syncline::testing
