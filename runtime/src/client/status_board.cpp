#include "status_board.hpp"

#include <utility>

#include "syncline/reactive/batch.hpp"

namespace syncline {

template <class Read>
auto StatusBoard::read(const Source& source, Read read) const {
    source.track();  // before the value is read, so that no change falls in between
    const std::lock_guard lock(mutex_);
    return read(status_);
}

SyncStatus StatusBoard::status() const {
    SyncStatus status = read(any_, [](const SyncStatus& whole) { return whole; });
    const SyncState state = replica_.sync_state();
    status.pending = state.pending;
    status.rejected = state.rejected;
    return status;
}
bool StatusBoard::online() const {
    return read(online_, [](const SyncStatus& status) { return status.online; });
}
std::uint64_t StatusBoard::pending() const {
    pending_.track();
    return replica_.sync_state().pending;  // which a write has changed before anybody is told
}
std::uint64_t StatusBoard::rejected() const {
    rejected_.track();
    return replica_.sync_state().rejected;
}
std::optional<SyncError> StatusBoard::last_error() const {
    return read(error_, [](const SyncStatus& status) { return status.last_error; });
}
Cursor StatusBoard::cursor() const {
    return read(cursor_, [](const SyncStatus& status) { return status.cursor; });
}
SyncPhase StatusBoard::phase() const {
    return read(phase_, [](const SyncStatus& status) { return status.phase; });
}
SyncProgress StatusBoard::progress() const {
    return read(progress_, [](const SyncStatus& status) { return status.progress; });
}

std::uint64_t StatusBoard::resyncs() const {
    return read(resyncs_, [](const SyncStatus& status) { return status.resyncs; });
}

void StatusBoard::store(SyncStatus next) {
    const std::lock_guard lock(mutex_);
    // Counted under the lock: of two threads that store, the later one has the newer counts.
    const SyncState state = replica_.sync_state();
    next.pending = state.pending;
    next.rejected = state.rejected;
    take(next);
}

void StatusBoard::store_counts() {
    const std::lock_guard lock(mutex_);
    const SyncState state = replica_.sync_state();
    if (std::exchange(status_.pending, state.pending) != state.pending) {
        changes_ |= pending_part | any_part;
    }
    if (std::exchange(status_.rejected, state.rejected) != state.rejected) {
        changes_ |= rejected_part | any_part;
    }
}

void StatusBoard::take(const SyncStatus& next) {
    if (next == status_) return;
    changes_ |= any_part;
    if (next.online != status_.online) changes_ |= online_part;
    if (next.pending != status_.pending) changes_ |= pending_part;
    if (next.rejected != status_.rejected) changes_ |= rejected_part;
    if (next.last_error != status_.last_error) changes_ |= error_part;
    if (next.cursor != status_.cursor) changes_ |= cursor_part;
    if (next.phase != status_.phase) changes_ |= phase_part;
    if (next.progress != status_.progress) changes_ |= progress_part;
    if (next.resyncs != status_.resyncs) changes_ |= resyncs_part;
    status_ = next;
}

void StatusBoard::tell() {
    tell(~Changes{0});
}

void StatusBoard::tell_counts() {
    tell(pending_part | rejected_part | any_part);
}

void StatusBoard::tell(Changes parts) {
    Changes changes = 0;
    {
        const std::lock_guard lock(mutex_);
        changes = changes_ & parts;
        changes_ &= ~parts;
    }
    if (changes == 0) return;
    const std::pair<Changes, const Source*> sources[] = {
        {online_part, &online_}, {pending_part, &pending_},   {rejected_part, &rejected_},
        {error_part, &error_},   {cursor_part, &cursor_},     {phase_part, &phase_},
        {any_part, &any_},       {progress_part, &progress_}, {resyncs_part, &resyncs_},
    };
    batch([&] {
        for (const auto& [part, source] : sources) {
            if ((changes & part) != 0) source->trigger();
        }
    });
}

}  // namespace syncline
