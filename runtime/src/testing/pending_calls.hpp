#pragma once

#include <cstdint>
#include <map>
#include <mutex>

#include "syncline/protocol/transport.hpp"

namespace syncline::testing {

/// Exchanges whose handlers have not been called: each is called exactly once, whoever is first.
///
/// Thread-safety: any thread. No lock is held while a handler runs.
class PendingCalls {
public:
    std::uint64_t add(Transport::ResponseHandler handler);
    bool contains(std::uint64_t call) const;
    /// Does nothing if the call was finished before.
    void finish(std::uint64_t call, TransportResponse response);
    void cancel_all();

private:
    mutable std::mutex mutex_;
    std::uint64_t last_ = 0;                                        // guarded by mutex_
    std::map<std::uint64_t, Transport::ResponseHandler> handlers_;  // guarded by mutex_
};

/// An exchange that was not answered.
TransportResponse not_answered(TransportResponse::Outcome outcome, std::string detail);

}  // namespace syncline::testing
