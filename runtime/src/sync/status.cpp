#include "syncline/sync/status.hpp"

#include "syncline/replica/replica.hpp"

namespace syncline {

SyncProgress progress_of(const SyncState& state) {
    if (!state.staging) return {};
    return {state.rows_staged, state.rows_total, state.bytes_staged, state.bytes_total,
            state.priority_staged};
}

std::string_view to_string(SyncPhase phase) {
    switch (phase) {
        case SyncPhase::stopped:
            return "stopped";
        case SyncPhase::paused:
            return "paused";
        case SyncPhase::idle:
            return "idle";
        case SyncPhase::connecting:
            return "connecting";
        case SyncPhase::pushing:
            return "pushing";
        case SyncPhase::pulling:
            return "pulling";
        case SyncPhase::snapshotting:
            return "snapshotting";
        case SyncPhase::waiting_backoff:
            return "waiting_backoff";
        case SyncPhase::auth_needed:
            return "auth_needed";
        case SyncPhase::upgrade_needed:
            return "upgrade_needed";
        case SyncPhase::forbidden:
            return "forbidden";
    }
    return "unknown";
}

}  // namespace syncline
