#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "syncline/queue/rejected.hpp"
#include "syncline/sync/status.hpp"
#include "syncline/sync/task_gate.hpp"

namespace syncline {

/// The application's callbacks, and how they are called: as tasks of a gate, one at a time, with no
/// lock held; what they throw goes to `on_error`. Outlives its client while one runs.
///
/// Thread-safety: any thread; guarded by `mutex_`.
class Callbacks : public std::enable_shared_from_this<Callbacks> {
public:
    struct Set {
        std::function<void(const SyncResult&)> on_sync;
        std::function<void()> on_online;
        std::function<void()> on_offline;
        std::function<void(const SyncError&)> on_error;
        std::function<void(const RejectedMutation&)> on_rejected;
    };

    Callbacks(std::shared_ptr<TaskGate> gate, Set set)
        : gate_(std::move(gate)), set_(std::move(set)) {}

    template <class Function>
    void set(Function Set::*callback, Function function) {
        const std::lock_guard lock(mutex_);
        std::swap(set_.*callback, function);
    }

    /// Calls it later, with what is set by then.
    template <class Function, class... Arguments>
    void call(Function Set::*callback, Arguments... arguments) {
        run([self = this, callback, arguments...] {
            if (const Function function = self->get(callback)) function(arguments...);
        });
    }

    /// Runs `task` later, as a callback is run.
    void run(Task task);

    /// No callback runs after it; waits for one that does, unless that is the caller.
    void close() { gate_->close(); }

    bool running_here() const { return gate_->running_here(); }

private:
    template <class Function>
    Function get(Function Set::*callback) const {
        const std::lock_guard lock(mutex_);
        return set_.*callback;
    }
    void report(const std::exception& fault) const;

    const std::shared_ptr<TaskGate> gate_;
    mutable std::mutex mutex_;
    Set set_;  // guarded by mutex_
};

}  // namespace syncline
