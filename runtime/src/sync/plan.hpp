#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "syncline/base/clock.hpp"
#include "syncline/replica/replica.hpp"
#include "syncline/sync/status.hpp"

namespace syncline {

/// What the loop may do next.
enum class SyncAction : std::uint8_t { none, snapshot, pull, push };

/// Until when something is not tried, and what that is called.
struct SyncHold {
    SteadyTime until;
    SyncPhase phase = SyncPhase::waiting_backoff;
};

/// All that the next action depends on.
struct SyncSituation {
    SyncState state;
    SteadyTime now;
    bool started = false;
    bool waited_for = false;  ///< by a `sync()`
    bool paused = false;
    bool token_needed = false;
    bool online = false;
    bool pull_asked = false;  ///< by `sync()`, a live frame or a gap
    SteadyTime pull_due;      ///< by the interval
    std::chrono::milliseconds push_interval{0};
    SyncHold hold;                           ///< of everything
    SyncHold push_hold;                      ///< of pushes alone
    SyncAction exchange = SyncAction::none;  ///< under way
    SteadyTime exchange_deadline;
};

struct SyncPlan {
    SyncAction action = SyncAction::none;  ///< to begin now
    SyncPhase phase = SyncPhase::idle;     ///< as it is called until then
    std::optional<SteadyTime> next;        ///< when to look again, if nothing happens before
};

/// The next action: a function of the situation and of nothing else.
SyncPlan plan_sync(const SyncSituation& situation);

}  // namespace syncline
