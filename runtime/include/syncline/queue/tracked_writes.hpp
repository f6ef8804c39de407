#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "syncline/base/ids.hpp"
#include "syncline/storage/database.hpp"

namespace syncline {

/// Where a mutation stands.
enum class WriteState : std::uint8_t {
    local,     ///< in the queue; this process has not sent it
    sent,      ///< given to the transport, or decided by the server; not in the base yet
    applied,   ///< the base includes it
    rejected,  ///< the server refused it: see `RejectedMutation`
};

std::string_view to_string(WriteState state);

/// What became of a mutation so far.
struct WriteStatus {
    WriteState state = WriteState::local;
    Cursor cursor;       ///< of a base that includes it, if applied
    std::string code;    ///< if rejected, as in `RejectedMutation`
    std::string reason;  ///< if rejected

    bool decided() const { return state == WriteState::applied || state == WriteState::rejected; }
    friend bool operator==(const WriteStatus&, const WriteStatus&) = default;
};

/// The outcomes of those mutations of one scope that somebody asked about. Undecided ones stay;
/// of the others the last thousand.
///
/// Thread-safety: immutable; the connections passed in are used by one thread at a time.
class TrackedWrites {
public:
    explicit TrackedWrites(std::int64_t scope) : scope_(scope) {}

    /// Adds `id` with `status`; nothing if it is there.
    void add(Connection& connection, MutationId id, const WriteStatus& status) const;
    /// Notes an outcome. Returns whether `id` is tracked and had none.
    bool decide(Connection& connection, MutationId id, const WriteStatus& status) const;
    /// Nothing: not tracked. Undecided ones are `local`.
    std::optional<WriteStatus> find(Connection& connection, MutationId id) const;
    /// Those without an outcome.
    std::uint64_t undecided(Connection& connection) const;

private:
    std::int64_t scope_;
};

}  // namespace syncline
