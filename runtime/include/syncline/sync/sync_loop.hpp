#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "syncline/base/clock.hpp"
#include "syncline/base/executor.hpp"
#include "syncline/base/random.hpp"
#include "syncline/protocol/transport.hpp"
#include "syncline/queue/rejected.hpp"
#include "syncline/replica/replica.hpp"
#include "syncline/sync/status.hpp"

namespace syncline {

struct SyncOptions {
    /// Longest time until a queued write is looked at, should its wake-up be missed.
    std::chrono::milliseconds push_interval{1000};
    /// Time between two pulls when nothing else asks for one.
    std::chrono::milliseconds pull_interval{30'000};
    /// Whether to keep a live stream open, so that changes arrive at once.
    bool live = true;
    /// For one request and its answer.
    std::chrono::milliseconds exchange_timeout{30'000};
    /// First and longest delay after failures; see `Backoff`.
    std::chrono::milliseconds backoff_first{250};
    std::chrono::milliseconds backoff_longest{60'000};
    /// Between tries while the server refuses for a reason that only people can change.
    std::chrono::milliseconds slow_retry{60'000};
};

/// What the loop tells its owner. All are called on the loop's executor when a step is done, with
/// no lock held; they may call the loop, but not destroy it, and must not throw.
struct SyncHooks {
    /// Gives the token for requests. Asked before the first request, and once again when the
    /// server refuses the token. May block, and sync waits then; may throw: as if refused.
    std::function<std::string()> token;
    std::function<void(const SyncStatus&)> on_status;          ///< it changed
    std::function<void(const RejectedMutation&)> on_rejected;  ///< recorded just now
    std::function<void(const SyncResult&)> on_synced;          ///< the head was reached
    std::function<void(const SyncError&)> on_error;            ///< a try failed
};

/// Keeps one replica and its server in step: pushes, pulls, snapshots and the live stream.
///
/// A state machine without clock, thread, socket or file of its own. It is level-triggered: every
/// event ends in `step`, which derives what to do next from the stored state, the clock and the
/// exchange under way, and from no memory of what was being done. One exchange is under way at a
/// time, and has a deadline of its own, so that a transport that never answers stops nothing.
///
/// Thread-safety: the executor's tasks only, but for `post`, construction and destruction.
class SyncLoop {
public:
    /// All that is passed by reference must outlive it. Stopped at first.
    SyncLoop(Replica& replica, Transport& transport, Executor& executor, const Clock& clock,
             Random random, SyncOptions options, SyncHooks hooks);

    /// Forgets the exchange under way, and fails no `sync`. Any thread: waits for a task of the
    /// loop that runs, unless called from it.
    ~SyncLoop();
    SyncLoop(const SyncLoop&) = delete;
    SyncLoop& operator=(const SyncLoop&) = delete;

    /// Runs `call` on the executor, unless the loop is gone by then. Any thread.
    void post(std::function<void(SyncLoop&)> call);

    /// Whether the caller is in a task of the loop. Any thread.
    bool running_here() const;

    /// Syncs from now on. Not an error: started already.
    void start();
    /// Ends the stream and forgets the exchange under way, whose outcome is unknown then; each
    /// `sync` fails with `stopped`. Nothing is lost. Not an error: not started.
    void stop();

    /// Uses no network until `resume`, started or not; each `sync` fails with `paused`.
    void pause();
    void resume();

    /// Sends what is queued now and pulls to the head, at once, also while waiting after a failure,
    /// and also when not started. `done` is called once: with success, with the first failure, or
    /// after `timeout`.
    void sync(std::chrono::milliseconds timeout, std::function<void(const SyncResult&)> done);

    /// As `sync`, but done when what is queued now is decided, whatever is new at the server.
    void flush(std::chrono::milliseconds timeout, std::function<void(const SyncResult&)> done);

    /// The queue may have grown. Cheap; does not shorten the wait after a failure.
    void wake();

    /// The network may be back: tries at once if it waits after a failure.
    void network_available();

    /// Uses `token` from now on, and goes on if it waited for one.
    void set_token(std::string token);

    /// Looks at everything and does what is due. Never wrong to call.
    void step();

    const SyncStatus& status() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace syncline
