#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "syncline/base/clock.hpp"
#include "syncline/sync/status.hpp"

namespace syncline {

/// Counts since the loop was made; the difference of two is what happened in between.
struct SyncCounts {
    std::uint64_t pushed = 0;
    std::uint64_t pulled = 0;
    std::uint64_t rejected = 0;
};

/// Those who called `sync` and wait for its outcome.
///
/// Thread-safety: none.
class SyncWaiters {
public:
    struct Waiter {
        std::function<void(const SyncResult&)> done;
        SteadyTime deadline;
        std::uint64_t pull = 0;         ///< number of the pull request that must be served
        std::uint64_t unprocessed = 0;  ///< mutations of the call's queue not yet processed
        SyncCounts start;
    };
    /// A waiter that is done, and its result: called when the loop's state is whole again.
    using Finished = std::pair<std::function<void(const SyncResult&)>, SyncResult>;

    bool empty() const { return waiters_.empty(); }
    void add(Waiter waiter) { waiters_.push_back(std::move(waiter)); }

    /// Mutations were processed, oldest first.
    void processed(std::uint64_t mutations) {
        for (Waiter& waiter : waiters_) {
            waiter.unprocessed -= std::min(waiter.unprocessed, mutations);
        }
    }

    /// Nothing unsent is left.
    void all_processed() {
        for (Waiter& waiter : waiters_) waiter.unprocessed = 0;
    }

    std::optional<SteadyTime> next_deadline() const {
        std::optional<SteadyTime> next;
        for (const Waiter& waiter : waiters_)
            next = std::min(next.value_or(waiter.deadline), waiter.deadline);
        return next;
    }

    /// Takes out those for which `is_done`, with `result` as far as it is the same for all.
    template <class Predicate>
    std::vector<Finished> take(Predicate is_done, const SyncResult& result,
                               const SyncCounts& counts) {
        std::vector<Finished> finished;
        std::erase_if(waiters_, [&](Waiter& waiter) {
            if (!is_done(std::as_const(waiter))) return false;
            SyncResult own = result;
            own.pushed = counts.pushed - waiter.start.pushed;
            own.pulled = counts.pulled - waiter.start.pulled;
            own.rejected = counts.rejected - waiter.start.rejected;
            finished.emplace_back(std::move(waiter.done), std::move(own));
            return true;
        });
        return finished;
    }

private:
    std::vector<Waiter> waiters_;
};

}  // namespace syncline
