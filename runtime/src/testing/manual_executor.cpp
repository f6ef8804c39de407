#include "syncline/testing/manual_executor.hpp"

#include <algorithm>

#include "syncline/base/error.hpp"

namespace syncline::testing {

void ManualExecutor::post(Task task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
}

TimerId ManualExecutor::post_at(SteadyTime time, Task task) {
    const std::lock_guard lock(mutex_);
    timers_.emplace(std::pair(time, ++last_timer_), std::move(task));
    return last_timer_;
}

void ManualExecutor::cancel(TimerId timer) {
    Task forgotten;  // destroyed after the lock: a task may own what posts or cancels when it ends
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(timers_.begin(), timers_.end(),
                                    [&](const auto& entry) { return entry.first.second == timer; });
    if (found == timers_.end()) return;
    forgotten = std::move(found->second);
    timers_.erase(found);
}

std::optional<Task> ManualExecutor::take_due() {
    const std::lock_guard lock(mutex_);
    if (!tasks_.empty()) {
        Task task = std::move(tasks_.front());
        tasks_.pop_front();
        return task;
    }
    if (timers_.empty() || timers_.begin()->first.first > clock_.now()) return std::nullopt;
    Task task = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    return task;
}

bool ManualExecutor::run_one() {
    const std::optional<Task> task = take_due();
    if (!task) return false;
    (*task)();
    return true;
}

std::size_t ManualExecutor::run_until_idle(std::size_t tasks_max) {
    std::size_t ran = 0;
    while (run_one()) {
        if (++ran > tasks_max) {
            throw Error(ErrorCode::invalid_state,
                        "ManualExecutor: " + std::to_string(tasks_max) +
                            " tasks ran and there are more: something posts itself for ever");
        }
    }
    return ran;
}

std::size_t ManualExecutor::advance(std::chrono::nanoseconds step) {
    const SteadyTime end = clock_.now() + step;
    std::size_t ran = run_until_idle();
    for (auto next = next_timer(); next && *next <= end; next = next_timer()) {
        if (*next > clock_.now()) clock_.advance(*next - clock_.now());
        ran += run_until_idle();
    }
    if (end > clock_.now()) clock_.advance(end - clock_.now());
    return ran + run_until_idle();
}

bool ManualExecutor::advance_to_next_timer() {
    run_until_idle();
    const auto next = next_timer();
    if (!next) return false;
    if (*next > clock_.now()) clock_.advance(*next - clock_.now());
    run_until_idle();
    return true;
}

std::optional<SteadyTime> ManualExecutor::next_timer() const {
    const std::lock_guard lock(mutex_);
    if (timers_.empty()) return std::nullopt;
    return timers_.begin()->first.first;
}

bool ManualExecutor::idle() const {
    const std::lock_guard lock(mutex_);
    return tasks_.empty() && (timers_.empty() || timers_.begin()->first.first > clock_.now());
}

}  // namespace syncline::testing
