#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

#include "connection.hpp"
#include "socket_control.hpp"
#include "watchdog.hpp"

namespace syncline::http {

class Exchanges;

/// A request that was sent and its handler, which whoever ends it first takes.
class Exchange final : public Watched {
public:
    Exchange(TransportRequest request, Transport::ResponseHandler handler, Exchanges& owner);

    SteadyTime deadline() const override { return deadline_; }
    void end(TransportResponse::Outcome outcome) override;

    const TransportRequest& request() const { return request_; }
    bool ended() const { return ended_; }

    /// Calls the handler, unless it was called.
    void finish(TransportResponse response);

private:
    void call_handler(TransportResponse response);

    TransportRequest request_;
    Transport::ResponseHandler handler_;
    Exchanges& owner_;  // has all that are watched, and the watchdog: see HttpTransport::Impl
    SteadyTime deadline_;
    std::atomic<bool> ended_ = false;
};

/// The exchanges of one transport: a queue, and the thread that works it off over one connection.
///
/// Thread-safety: any thread; guarded by `mutex_`.
class Exchanges {
public:
    Exchanges(ServerUrl server, HttpTransportOptions options, Watchdog& watchdog);

    void send(TransportRequest request, Transport::ResponseHandler handler);

    /// Works off the queue until `stop`.
    void run();
    void stop();

    /// Forgets an exchange that has ended before its turn, or ends what its turn is waiting for.
    void abandon(const Exchange& exchange);

private:
    std::shared_ptr<Exchange> next();
    void perform(Connection& connection, Exchange& exchange);

    const ServerUrl server_;
    const HttpTransportOptions options_;
    Watchdog& watchdog_;
    SocketControl control_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::shared_ptr<Exchange>> queue_;
    std::shared_ptr<Exchange> current_;
    bool stopped_ = false;
};

}  // namespace syncline::http
