#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "syncline/base/clock.hpp"
#include "syncline/base/ids.hpp"

namespace syncline {

/// What sync is doing; `to_string` gives the enumerator's name.
enum class SyncPhase : std::uint8_t {
    stopped,     ///< not started, and no `sync()` under way
    paused,      ///< until `resume()`
    idle,        ///< all is sent and pulled; waits for a write, a live frame or the interval
    connecting,  ///< tries to reach the server, which did not answer before
    pushing,
    pulling,
    snapshotting,     ///< fetches all rows: the first sync, or a resync
    waiting_backoff,  ///< a try failed; the next one is at `SyncStatus::next_attempt`
    auth_needed,      ///< the token was refused: waits for `set_token` or `sync()`
    upgrade_needed,   ///< the server does not know this schema yet; tries again slowly
    forbidden,        ///< this token may not use this scope; tries again slowly
};

std::string_view to_string(SyncPhase phase);

/// Why a try failed.
struct SyncError {
    /// A word for programs: that of a `RequestError` as the server sent it (`rate_limited`), or
    /// `unreachable`, `timed_out`, `cut`, `cancelled` (by the transport), `invalid_answer` (no
    /// syncline server, or damaged on the way), `local_failed` (this database: disk full …),
    /// `diverged` (the rows here and at the server differed: all are fetched anew),
    /// `server_differs` (the server's rows and its own hashes of them do; sync goes on),
    /// `stopped`, `paused`, `no_server`, `wrong_thread`.
    std::string code;
    std::string text;  ///< a sentence for people: what, where, what to do

    friend bool operator==(const SyncError&, const SyncError&) = default;
};

/// Rows of a multi-page pull or snapshot that have arrived.
struct SyncProgress {
    std::uint64_t rows_done = 0;
    std::uint64_t rows_total = 0;   ///< the server's estimate; 0: nothing under way, or not known
    std::uint64_t bytes_done = 0;   ///< of these rows and their keys
    std::uint64_t bytes_total = 0;  ///< the server's estimate; 0: nothing under way, or not known
    /// Of a first sync: entities with a lower `priority` have arrived. 0: none, or not known.
    std::uint8_t priority = 0;

    friend bool operator==(const SyncProgress&, const SyncProgress&) = default;
};

struct SyncState;

/// What is staged, as stored.
SyncProgress progress_of(const SyncState& state);

/// Where sync stands. Everything that can be waited for is said here.
struct SyncStatus {
    SyncPhase phase = SyncPhase::stopped;
    bool online = false;                     ///< the server answered the last time it was asked
    std::string waiting_for;                 ///< for people; empty: nothing
    SteadyTime since;                        ///< of this phase
    std::optional<SteadyTime> next_attempt;  ///< when sync acts by itself; none: not by itself
    std::optional<SyncError> last_error;     ///< of the last failure; none after a success
    SyncProgress progress;
    Cursor cursor;               ///< of the base; 0: none yet
    std::uint64_t pending = 0;   ///< mutations whose effects have not come back
    std::uint64_t rejected = 0;  ///< recorded rejections
    std::uint64_t resyncs = 0;   ///< times that the rows here and at the server differed

    friend bool operator==(const SyncStatus&, const SyncStatus&) = default;
};

/// What came of a `sync()`.
struct SyncResult {
    bool ok = false;  ///< all that was queued is decided, and the head was reached
    SyncPhase phase = SyncPhase::stopped;  ///< in which it ended
    SyncError error;                       ///< if not `ok`
    std::uint64_t pushed = 0;    ///< mutations that the server decided, rejected ones included
    std::uint64_t pulled = 0;    ///< rows that arrived, own ones that came back included
    std::uint64_t rejected = 0;  ///< mutations that the server rejected
    Cursor cursor;               ///< of the base now

    explicit operator bool() const { return ok; }
};

}  // namespace syncline
