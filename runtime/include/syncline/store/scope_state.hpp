#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "syncline/base/ids.hpp"
#include "syncline/storage/database.hpp"
#include "syncline/store/base_hashes.hpp"

namespace syncline {

/// A pull of several pages that has not been completed.
struct StagingState {
    bool active = false;
    bool snapshot = false;         ///< rows go to `generation`; else to the table of staged rows
    Epoch epoch;                   ///< of its pages
    std::uint64_t generation = 0;  ///< of a snapshot's rows
    Cursor head;                   ///< largest `Page::to` so far
    Bytes continuation;            ///< where it goes on
    std::uint64_t rows = 0;
    std::uint64_t rows_total = 0;
    std::uint64_t bytes = 0;        ///< of the rows and their keys
    std::uint64_t bytes_total = 0;  ///< the server's estimate; 0: not known
    std::uint8_t priority = 0;      ///< see `Page::priority`

    friend bool operator==(const StagingState&, const StagingState&) = default;
};

/// The row of one scope: everything of it that is not rows, mutations or rejections.
///
/// Rows bear a generation. A scope's base and view are the rows of `generation`; a snapshot is
/// written into a fresh one, which then becomes the base by changing this number.
struct ScopeState {
    std::int64_t key = 0;
    std::uint64_t generation = 0;
    std::uint64_t local_generation = 0;  ///< of rows that are never synchronized
    ClientId client;
    Epoch epoch;                   ///< of the base; zero: there is none
    std::optional<Cursor> cursor;  ///< of the base; none: there is none
    bool wants_snapshot = false;   ///< the next pull must be one
    bool wants_replay = false;     ///< the view must be made anew: the schema learnt an entity

    Sequence floor;         ///< largest sequence that has left the queue
    MutationId floor_id;    ///< its id
    Sequence applied;       ///< last mutation that the base is known to include
    MutationId applied_id;  ///< its id
    Sequence confirmed;     ///< outcomes up to here are durable here
    Epoch confirmed_epoch;  ///< of the history that gave these outcomes
    std::uint64_t resyncs = 0;
    StagingState staging;

    // Not stored: found out anew after a restart, by one more snapshot.
    HashDifference snapshot_difference;  ///< of the last snapshot's rows to the hashes beside them
    bool server_differs = false;         ///< two snapshots in a row had the same one

    /// Whether the rows of a first snapshot become the base as they arrive.
    bool shows_staging() const {
        return staging.active && staging.snapshot && staging.generation == generation;
    }

    friend bool operator==(const ScopeState&, const ScopeState&) = default;
};

/// The scope `name`, made with `client` as its identity if it is not there yet.
ScopeState open_scope(Connection& connection, std::string_view name, ClientId client);

/// The scope `name`, or nothing.
std::optional<ScopeState> find_scope(Connection& connection, std::string_view name);

/// Writes `state` back. Cost: one row.
void save_scope(Connection& connection, const ScopeState& state);

/// Makes every scope of the database replay its view when it is next opened.
void want_replay_everywhere(Connection& connection);

}  // namespace syncline
