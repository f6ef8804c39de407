#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include "syncline/reactive/source.hpp"
#include "syncline/replica/replica.hpp"
#include "syncline/sync/status.hpp"

namespace syncline {

/// The status of a client as signals. A new status is stored by the sync thread and read at once;
/// its observers are told where the client's callbacks arrive.
///
/// Thread-safety: any thread; guarded by `mutex_`, which is never held while the graph is called.
class StatusBoard {
public:
    StatusBoard(const Replica& replica, SyncStatus status)
        : replica_(replica), status_(std::move(status)) {}

    // Tracked reads.
    SyncStatus status() const;
    bool online() const;
    std::uint64_t pending() const;
    std::uint64_t rejected() const;
    std::optional<SyncError> last_error() const;
    Cursor cursor() const;
    SyncPhase phase() const;
    SyncProgress progress() const;
    std::uint64_t resyncs() const;

    /// Takes `next`, but for the counts of mutations, which are the replica's at this moment. What
    /// changed is to be told by `tell`.
    void store(SyncStatus next);
    /// Takes the replica's counts of mutations.
    void store_counts();

    /// Runs what observes the changes not told yet, as one batch. Throws what an effect throws.
    void tell();
    /// As `tell`, but of the counts alone: a write runs what observes them before it returns.
    void tell_counts();

private:
    /// What changed since observers were told.
    using Changes = std::uint32_t;
    enum Part : Changes {
        online_part = 1,
        pending_part = 2,
        rejected_part = 4,
        error_part = 8,
        cursor_part = 16,
        phase_part = 32,
        progress_part = 64,
        any_part = 128,
        resyncs_part = 256,
    };
    void tell(Changes parts);
    template <class Read>
    auto read(const Source& source, Read read) const;

    void take(const SyncStatus& next);

    const Replica& replica_;
    mutable std::mutex mutex_;
    SyncStatus status_;    // guarded by mutex_
    Changes changes_ = 0;  // guarded by mutex_

    Source online_;
    Source pending_;
    Source rejected_;
    Source error_;
    Source cursor_;
    Source phase_;
    Source progress_;
    Source any_;
    Source resyncs_;
};

}  // namespace syncline
