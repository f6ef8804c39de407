#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "syncline/base/executor.hpp"
#include "syncline/testing/manual_clock.hpp"

namespace syncline::testing {

/// An executor that a test drives by hand, on the time of a `ManualClock`. Many parts may share
/// one: then a whole system runs in one thread, the same way every time.
///
/// A task that throws throws out of the call that ran it; the tasks behind it are kept.
///
/// Thread-safety: any thread may post and cancel; one at a time may run.
class ManualExecutor final : public Executor {
public:
    explicit ManualExecutor(ManualClock& clock) : clock_(clock) {}

    void post(Task task) override;
    TimerId post_at(SteadyTime time, Task task) override;
    void cancel(TimerId timer) override;

    /// Runs the next task, or the timer that has been due longest. False: there is none.
    bool run_one();

    /// Runs tasks and due timers until none is left; time stands still. Returns how many ran.
    /// Throws: `Error` after `tasks_max` tasks, since something posts itself for ever.
    std::size_t run_until_idle(std::size_t tasks_max = 10'000'000);

    /// Moves the clock on by `step`, stopping at every timer on the way, and runs all that is due.
    std::size_t advance(std::chrono::nanoseconds step);

    /// Moves the clock to the next timer and runs what is due. False: there is none, nothing moved.
    bool advance_to_next_timer();

    /// When the next timer is due.
    std::optional<SteadyTime> next_timer() const;

    bool idle() const;

private:
    std::optional<Task> take_due();

    ManualClock& clock_;
    mutable std::mutex mutex_;
    std::deque<Task> tasks_;                                 // guarded by mutex_
    std::map<std::pair<SteadyTime, TimerId>, Task> timers_;  // guarded by mutex_
    TimerId last_timer_ = 0;                                 // guarded by mutex_
};

}  // namespace syncline::testing
