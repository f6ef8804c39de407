#pragma once

#include <atomic>

#include "connection.hpp"
#include "frame_reader.hpp"
#include "socket_control.hpp"
#include "watchdog.hpp"

namespace syncline::http {

/// One live stream: what its thread does, and how others end it.
///
/// Thread-safety: `run` on its thread; the rest from any.
class LiveThread final : public Watched {
public:
    LiveThread(ServerUrl server, HttpTransportOptions options, LiveRequest request,
               LiveHandler handler);

    /// Opens the stream and reads it to its end.
    void run();

    /// Ends the stream; no handler is called from now on, but one that runs may go on.
    void abandon();

    /// Until then the stream must have been opened.
    SteadyTime deadline() const override { return deadline_; }
    void end(TransportResponse::Outcome outcome) override;

private:
    enum class Phase : int { connecting, open, closed };

    bool take_head(const ResponseHead& head);
    bool take_bytes(ByteView bytes);
    TransportResponse closing(const CallResult& result);
    void close(Phase from, TransportResponse response);
    template <class Handler, class... Args>
    void call(const Handler& handler, Args&&... args);
    bool goes_on() const { return !abandoned_ && !ended_; }

    const ServerUrl server_;
    const HttpTransportOptions options_;
    const LiveRequest request_;
    LiveHandler handler_;
    SocketControl control_;
    std::atomic<SteadyTime> deadline_;
    std::atomic<Phase> phase_ = Phase::connecting;
    std::atomic<bool> abandoned_ = false;
    std::atomic<bool> ended_ = false;
    std::atomic<TransportResponse::Outcome> end_outcome_ = TransportResponse::Outcome::cut;

    // Of the thread alone:
    FrameReader frames_;
    TransportResponse answer_;
    SteadyTime last_byte_;
    bool frame_too_long_ = false;
};

}  // namespace syncline::http
