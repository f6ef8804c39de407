#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "syncline/base/clock.hpp"

namespace syncline {

using Task = std::function<void()>;

/// Identity of a timer; never 0.
using TimerId = std::uint64_t;

/// Runs tasks one after the other, in the order in which they were posted: a thread, a UI loop, a
/// game's frame, or a test.
///
/// Thread-safety: any thread may call any of it. A task never runs inside `post` or `post_at`.
/// A task that throws does not end the executor; see the implementation for what becomes of it.
class Executor {
public:
    virtual ~Executor() = default;

    virtual void post(Task task) = 0;

    /// Runs `task` at `time` or as soon after as the executor gets to it.
    virtual TimerId post_at(SteadyTime time, Task task) = 0;

    /// Forgets a timer. Not an error: it ran already, or is not known.
    virtual void cancel(TimerId timer) = 0;
};

/// An executor with a thread of its own. A task that throws is reported to `on_error` (default:
/// dropped), and the thread goes on.
class ThreadExecutor final : public Executor {
public:
    using ErrorHandler = std::function<void(const std::exception&)>;

    explicit ThreadExecutor(const Clock& clock = SystemClock::instance(),
                            ErrorHandler on_error = {});

    /// Ends as `stop()`.
    ~ThreadExecutor() override;

    void post(Task task) override;
    TimerId post_at(SteadyTime time, Task task) override;
    void cancel(TimerId timer) override;

    /// Finishes the running task, drops all others and ends the thread; later posts are dropped.
    /// Blocks until then, unless called from the executor's own thread.
    void stop();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace syncline
