#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "syncline/base/clock.hpp"
#include "syncline/base/random.hpp"
#include "syncline/protocol/transport.hpp"
#include "syncline/sync/backoff.hpp"
#include "syncline/sync/task_gate.hpp"

namespace syncline {

/// Keeps one live stream open while it is wanted; opens it anew, with backoff, when it ends.
///
/// Thread-safety: the tasks of its gate only. Its handlers are called in such tasks.
class LiveFeed {
public:
    struct Handlers {
        std::function<void(Bytes page)> on_frame;
        std::function<void(const TransportResponse&)> on_close;  ///< not after `close`
    };

    LiveFeed(Transport& transport, std::shared_ptr<TaskGate> gate, const Clock& clock,
             Random random, Backoff backoff, Handlers handlers);

    /// Opens a stream for `request()` if there is none and its time has come.
    void tend(const std::function<LiveRequest()>& request);

    /// Ends the stream without a word.
    void close();

    /// Ends the stream, because what it brought is of no use, and opens another one later.
    void fail();

    /// Lets the next attempt be made at once.
    void hurry();

    /// When `tend` may open a stream; nothing while there is one.
    std::optional<SteadyTime> next_attempt() const;

private:
    void opened();
    void ended(const TransportResponse& response);
    void retry_later();

    Transport& transport_;
    std::shared_ptr<TaskGate> gate_;
    const Clock& clock_;
    Random random_;
    Backoff backoff_;
    Handlers handlers_;
    std::unique_ptr<LiveStream> stream_;
    std::uint64_t stream_number_ = 0;  // tells a late call of an older stream apart
    std::optional<SteadyTime> open_since_;
    SteadyTime next_attempt_;
};

}  // namespace syncline
