#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "syncline/replica/changes.hpp"

namespace syncline::detail {

/// Hands change sets to the listener: after the commit, in commit order, one at a time.
///
/// Locks, in the order in which they may be taken:
///
///     delivery_mutex_   held while the listener is called; never taken by one who holds a write
///                       transaction, so a listener may wait for anything but another notice
///     the database's write mutex
///     state_mutex_      for moments; nothing is called with it held but `wants_rows`
///
/// Reads of the replica take none of them.
///
/// Thread-safety: any thread.
class Publisher {
public:
    void set_listener(ChangeListener* listener);
    void set_queue_listener(std::function<void()> on_queued);

    /// False if there is no listener.
    bool wants_rows(const EntitySchema& entity) const;

    /// Adds a notice. Called while the write transaction that made it is open but committed, so
    /// that notices line up in commit order.
    void add(ChangeSet changes);

    /// Delivers what was added. Returns when the caller's own notices have been delivered, unless
    /// it is called by the listener itself: then the call that runs delivers them next.
    void deliver();

    void tell_queued();

    /// Called when something became of a tracked write.
    void set_write_listener(std::function<void()> on_writes);
    void tell_writes();

private:
    void call(const std::shared_ptr<std::function<void()>>& listener);
    /// The oldest notice and who is to hear of it; nothing if there is none.
    std::optional<std::pair<ChangeSet, ChangeListener*>> take_notice();

    std::mutex delivery_mutex_;
    std::atomic<std::thread::id> delivering_{};  // who holds delivery_mutex_
    mutable std::mutex state_mutex_;
    std::deque<ChangeSet> notices_;                     // guarded by state_mutex_
    ChangeListener* listener_ = nullptr;                // guarded by state_mutex_; calls by both
    std::shared_ptr<std::function<void()>> on_queued_;  // guarded by state_mutex_
    std::shared_ptr<std::function<void()>> on_writes_;  // guarded by state_mutex_
};

}  // namespace syncline::detail
