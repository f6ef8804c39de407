#include "syncline/base/executor.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace syncline {

// Shared with the thread: `stop` may be called by a task, whose thread then outlives the executor.
struct ThreadExecutor::State {
    State(const Clock& time_source, ErrorHandler handler)
        : clock(time_source), on_error(std::move(handler)) {}

    void run() {
        std::unique_lock lock(mutex);
        while (!stopped) {
            move_due_timers();
            if (!tasks.empty()) {
                Task task = std::move(tasks.front());
                tasks.pop_front();
                lock.unlock();
                run_task(task);
                task = nullptr;
                lock.lock();
            } else if (timers.empty()) {
                wake.wait(lock);
            } else {
                wake.wait_until(lock, timers.begin()->first.first);
            }
        }
    }

    void move_due_timers() {
        const SteadyTime now = clock.now();
        while (!timers.empty() && timers.begin()->first.first <= now) {
            tasks.push_back(std::move(timers.begin()->second));
            timers.erase(timers.begin());
        }
    }

    void run_task(const Task& task) {
        try {
            task();
        } catch (const std::exception& error) {
            if (on_error) on_error(error);
        } catch (...) {
        }
    }

    const Clock& clock;
    const ErrorHandler on_error;
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Task> tasks;                                   // guarded by mutex
    std::map<std::pair<SteadyTime, TimerId>, Task> timers;    // guarded by mutex
    TimerId last_timer = 0;                                   // guarded by mutex
    bool stopped = false;                                     // guarded by mutex
    std::thread thread;
};

ThreadExecutor::ThreadExecutor(const Clock& clock, ErrorHandler on_error)
    : state_(std::make_shared<State>(clock, std::move(on_error))) {
    state_->thread = std::thread([state = state_] { state->run(); });
}

ThreadExecutor::~ThreadExecutor() { stop(); }

void ThreadExecutor::post(Task task) {
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->stopped) return;
        state_->tasks.push_back(std::move(task));
    }
    state_->wake.notify_one();
}

TimerId ThreadExecutor::post_at(SteadyTime time, Task task) {
    TimerId id = 0;
    {
        const std::lock_guard lock(state_->mutex);
        id = ++state_->last_timer;
        if (state_->stopped) return id;
        state_->timers.emplace(std::pair(time, id), std::move(task));
    }
    state_->wake.notify_one();
    return id;
}

void ThreadExecutor::cancel(TimerId timer) {
    const std::lock_guard lock(state_->mutex);
    std::erase_if(state_->timers, [&](const auto& entry) { return entry.first.second == timer; });
}

void ThreadExecutor::stop() {
    std::deque<Task> dropped_tasks;
    std::map<std::pair<SteadyTime, TimerId>, Task> dropped_timers;
    std::thread thread;
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopped = true;
        dropped_tasks.swap(state_->tasks);
        dropped_timers.swap(state_->timers);
        thread = std::move(state_->thread);
    }
    state_->wake.notify_one();
    if (!thread.joinable()) return;
    if (thread.get_id() == std::this_thread::get_id()) {
        thread.detach();
    } else {
        thread.join();
    }
}

}  // namespace syncline
