#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "syncline/base/clock.hpp"
#include "syncline/protocol/transport.hpp"

namespace syncline::http {

/// Something that must end by a time, or when everything is cancelled.
class Watched {
public:
    virtual ~Watched() = default;
    virtual SteadyTime deadline() const = 0;

    /// Ends it, if it has not ended yet. On the watchdog's thread, with no lock held.
    virtual void end(TransportResponse::Outcome outcome) = 0;
};

/// Ends what takes too long, from a thread of its own: neither a server that drips its answer byte
/// by byte nor a connection that never comes about keeps a handler waiting.
///
/// Thread-safety: any thread; guarded by `mutex_`.
class Watchdog {
public:
    void add(std::shared_ptr<Watched> watched);
    void remove(const Watched& watched);
    void cancel_all();

    /// Watches until `stop`; what is cancelled then is still ended.
    void run();
    void stop();

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::unordered_map<const Watched*, std::shared_ptr<Watched>> watched_;
    std::unordered_map<const Watched*, std::shared_ptr<Watched>> cancelled_;
    SteadyTime next_ = SteadyTime::max();  // when `run` looks again
    bool stopped_ = false;
};

}  // namespace syncline::http
