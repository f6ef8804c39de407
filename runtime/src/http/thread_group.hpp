#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "socket_control.hpp"

namespace syncline::http {

/// Threads that may be left behind when they hang in a call that nothing can end (the resolver of
/// names): each must own all it uses.
///
/// Thread-safety: any thread.
class ThreadGroup {
public:
    void start(std::function<void()> body) {
        const std::lock_guard lock(state_->mutex);
        std::thread thread([state = state_, body = std::move(body)]() mutable {
            ignore_broken_pipes_on_this_thread();
            body();
            body = nullptr;  // what it owns ends before the thread counts as ended
            const std::lock_guard inner(state->mutex);
            state->running.erase(std::this_thread::get_id());
            state->ended.notify_all();
        });
        state_->running.insert(thread.get_id());
        thread.detach();
    }

    /// Until all have ended, the calling one apart, or `longest` is over.
    void wait(std::chrono::milliseconds longest) {
        std::unique_lock lock(state_->mutex);
        const std::size_t own = state_->running.count(std::this_thread::get_id());
        state_->ended.wait_for(lock, longest, [&] { return state_->running.size() == own; });
    }

private:
    struct State {
        std::mutex mutex;
        std::condition_variable ended;
        std::set<std::thread::id> running;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace syncline::http
