#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "syncline/base/executor.hpp"

namespace syncline {

/// Lets somebody's tasks run on an executor until the gate is closed: then none runs any more, and
/// none is running. So their owner may be destroyed on any thread, with tasks still under way.
///
/// Thread-safety: any thread. Its tasks run one at a time. No lock is held while one runs.
class TaskGate : public std::enable_shared_from_this<TaskGate> {
public:
    /// `executor` must live until `close`.
    static std::shared_ptr<TaskGate> open(Executor& executor);

    /// As `Executor::post`; dropped if the gate is closed before it runs.
    void post(Task task);

    /// As `Executor::post_at`; 0 if the gate is closed.
    TimerId post_at(SteadyTime time, Task task);
    void cancel(TimerId timer);

    /// Waits for the task that runs, unless that is the caller. Not an error: closed before.
    void close();

    /// Whether the caller is in one of the gate's tasks.
    bool running_here() const;

private:
    explicit TaskGate(Executor& executor) : executor_(&executor) {}
    Task guarded(Task task);
    void run(const Task& task);
    bool free_for_caller() const;

    mutable std::mutex mutex_;
    std::condition_variable left_;
    Executor* executor_;       // guarded by mutex_; nullptr: closed
    std::thread::id running_;  // guarded by mutex_; of the thread that runs a task
};

}  // namespace syncline
