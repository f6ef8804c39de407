#pragma once

#include <optional>
#include <string_view>

#include "work.hpp"

namespace syncline::detail {

/// The row `id`, found as `before`, with one more pending mutation: its base is kept, and a create
/// whose payload was the row gets a payload of its own, since the row is about to change. Only the
/// view is left to be set. Rows that are never synchronized come back as they are.
StoredRow with_mutation(Work& work, const RowTable& table, std::string_view id,
                        const std::optional<StoredRow>& before);

/// The view that an entry, not a named one, makes of `view`; what it cannot be applied to stays as
/// it is. Payloads were valid when they were queued, but the schema may have changed since.
std::optional<Bytes> predicted(const EntitySchema& entity, const QueueEntry& entry,
                               const std::optional<Bytes>& view, const Bytes& payload);

/// Applies the prediction of a queued mutation to the view. What cannot be applied predicts
/// nothing; it stays queued, and the server decides. `generation` holds the rows that creates
/// without a payload of their own have made.
void replay(Work& work, const QueueEntry& entry, std::uint64_t generation);

/// Replays everything that is queued. The rows concerned are at their base.
void replay_all(Work& work, std::uint64_t generation);

/// Runs the registered prediction of a named mutation, which may throw.
void predict(Work& work, Sequence sequence, std::string_view name, ByteView arguments,
             WallTime made_at);

/// The payload of `entry`, wherever it is kept.
Bytes payload_of(Connection& connection, const QueueEntry& entry, std::uint64_t generation);

}  // namespace syncline::detail
