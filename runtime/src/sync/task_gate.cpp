#include "syncline/sync/task_gate.hpp"

#include <utility>

namespace syncline {

std::shared_ptr<TaskGate> TaskGate::open(Executor& executor) {
    return std::shared_ptr<TaskGate>(new TaskGate(executor));
}

Task TaskGate::guarded(Task task) {
    return [self = shared_from_this(), task = std::move(task)] { self->run(task); };
}

// The lock is held while posting, so that `close` cannot let the executor go in between; an
// executor never runs a task inside `post`.
void TaskGate::post(Task task) {
    const std::lock_guard lock(mutex_);
    if (executor_ != nullptr) executor_->post(guarded(std::move(task)));
}

TimerId TaskGate::post_at(SteadyTime time, Task task) {
    const std::lock_guard lock(mutex_);
    return executor_ != nullptr ? executor_->post_at(time, guarded(std::move(task))) : 0;
}

void TaskGate::cancel(TimerId timer) {
    const std::lock_guard lock(mutex_);
    if (executor_ != nullptr) executor_->cancel(timer);
}

void TaskGate::run(const Task& task) {
    std::thread::id outer;  // ours already, if a task runs the executor itself
    {
        std::unique_lock lock(mutex_);
        left_.wait(lock, [&] { return free_for_caller(); });
        if (executor_ == nullptr) return;
        outer = std::exchange(running_, std::this_thread::get_id());
    }
    const auto leave = [&] {
        const std::lock_guard lock(mutex_);
        running_ = outer;
        left_.notify_all();
    };
    try {
        task();
    } catch (...) {
        leave();
        throw;
    }
    leave();
}

void TaskGate::close() {
    std::unique_lock lock(mutex_);
    executor_ = nullptr;
    left_.wait(lock, [&] { return free_for_caller(); });
}

bool TaskGate::free_for_caller() const {
    return running_ == std::thread::id() || running_ == std::this_thread::get_id();
}

bool TaskGate::running_here() const {
    const std::lock_guard lock(mutex_);
    return running_ == std::this_thread::get_id();
}

}  // namespace syncline
