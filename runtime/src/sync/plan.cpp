#include "plan.hpp"

#include <algorithm>

namespace syncline {
namespace {

SyncPhase phase_of(const SyncSituation& at) {
    if (!at.online) return SyncPhase::connecting;
    switch (at.exchange) {
        case SyncAction::snapshot:
            return SyncPhase::snapshotting;
        case SyncAction::pull:
            return SyncPhase::pulling;
        case SyncAction::push:
            return SyncPhase::pushing;
        case SyncAction::none:
            break;
    }
    return SyncPhase::idle;
}

// Nothing to do: until a push may go again, the next pull is due, or a wake-up was missed.
SyncPlan rest(const SyncSituation& at, bool push_held) {
    SyncPlan plan;
    if (push_held) plan.phase = at.push_hold.phase;
    if (push_held) plan.next = at.push_hold.until;
    if (!at.started) return plan;
    const SteadyTime look = push_held ? at.push_hold.until : at.now + at.push_interval;
    plan.next = std::min(look, at.pull_due);
    return plan;
}

}  // namespace

SyncPlan plan_sync(const SyncSituation& at) {
    if (!at.started && !at.waited_for) return {SyncAction::none, SyncPhase::stopped, {}};
    if (at.paused) return {SyncAction::none, SyncPhase::paused, {}};
    if (at.exchange != SyncAction::none) {
        return {SyncAction::none, phase_of(at), at.exchange_deadline};
    }
    if (at.token_needed) return {SyncAction::none, SyncPhase::auth_needed, {}};
    if (at.now < at.hold.until) return {SyncAction::none, at.hold.phase, at.hold.until};

    const bool push_held = at.state.unsent > 0 && at.now < at.push_hold.until;
    if (!at.state.cursor || at.state.staging_snapshot) {
        return {SyncAction::snapshot, SyncPhase::snapshotting, {}};
    }
    if (at.state.staging) return {SyncAction::pull, SyncPhase::pulling, {}};
    if (at.state.unsent > 0 && !push_held) return {SyncAction::push, SyncPhase::pushing, {}};
    const bool pull_due = at.started && at.now >= at.pull_due;
    if (at.pull_asked || pull_due) return {SyncAction::pull, SyncPhase::pulling, {}};
    return rest(at, push_held);
}

}  // namespace syncline
