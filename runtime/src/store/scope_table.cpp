#include "syncline/store/scope_state.hpp"

#include "syncline/store/store_format.hpp"

namespace syncline {
namespace {

enum Staging : int { none, incremental, snapshot };

constexpr std::string_view kRead =
    "SELECT key, generation, local_generation, client_high, client_low, epoch_high, epoch_low,"
    " cursor, wants_snapshot, wants_replay, floor, floor_id, applied, applied_id, confirmed,"
    " confirmed_epoch_high, confirmed_epoch_low, resyncs, staging, staging_epoch_high,"
    " staging_epoch_low, staging_generation, staging_head, continuation, staging_rows,"
    " staging_total, staging_bytes, staging_bytes_total, staging_priority FROM scope WHERE name = "
    "?";

constexpr std::string_view kWrite =
    "UPDATE scope SET generation = ?2, local_generation = ?3, client_high = ?4, client_low = ?5,"
    " epoch_high = ?6, epoch_low = ?7, cursor = ?8, wants_snapshot = ?9, wants_replay = ?10,"
    " floor = ?11, floor_id = ?12, applied = ?13, applied_id = ?14, confirmed = ?15,"
    " confirmed_epoch_high = ?16, confirmed_epoch_low = ?17, resyncs = ?18,"
    " staging = ?19, staging_epoch_high = ?20, staging_epoch_low = ?21,"
    " staging_generation = ?22, staging_head = ?23, continuation = ?24, staging_rows = ?25,"
    " staging_total = ?26, staging_bytes = ?27, staging_bytes_total = ?28,"
    " staging_priority = ?29 WHERE key = ?1";

template <class Id>
Id read_id(const Statement& row, int column) {
    Id id;
    id.high = row.unsigned_integer(column);
    id.low = row.unsigned_integer(column + 1);
    return id;
}

void bind_id(Statement& row, int index, const Id128& id) {
    row.bind(index, id.high).bind(index + 1, id.low);
}

StagingState read_staging(const Statement& row) {
    StagingState staging;
    staging.active = row.integer(18) != none;
    staging.snapshot = row.integer(18) == snapshot;
    staging.epoch = read_id<Epoch>(row, 19);
    staging.generation = row.unsigned_integer(21);
    staging.head = Cursor{row.unsigned_integer(22)};
    staging.continuation = to_bytes(row.blob(23));
    staging.rows = row.unsigned_integer(24);
    staging.rows_total = row.unsigned_integer(25);
    staging.bytes = row.unsigned_integer(26);
    staging.bytes_total = row.unsigned_integer(27);
    staging.priority = static_cast<std::uint8_t>(row.integer(28));
    return staging;
}

ScopeState read_state(const Statement& row) {
    ScopeState state;
    state.key = row.integer(0);
    state.generation = row.unsigned_integer(1);
    state.local_generation = row.unsigned_integer(2);
    state.client = read_id<ClientId>(row, 3);
    state.epoch = read_id<Epoch>(row, 5);
    if (!row.is_null(7)) state.cursor = Cursor{row.unsigned_integer(7)};
    state.wants_snapshot = row.integer(8) != 0;
    state.wants_replay = row.integer(9) != 0;
    state.floor = Sequence{row.unsigned_integer(10)};
    state.floor_id = MutationId{row.unsigned_integer(11)};
    state.applied = Sequence{row.unsigned_integer(12)};
    state.applied_id = MutationId{row.unsigned_integer(13)};
    state.confirmed = Sequence{row.unsigned_integer(14)};
    state.confirmed_epoch = read_id<Epoch>(row, 15);
    state.resyncs = row.unsigned_integer(17);
    state.staging = read_staging(row);
    return state;
}

void bind_staging(Statement& row, const StagingState& staging) {
    row.bind(19, staging.active ? (staging.snapshot ? snapshot : incremental) : none);
    bind_id(row, 20, staging.epoch);
    row.bind(22, staging.generation).bind(23, staging.head.value);
    row.bind(24, ByteView(staging.continuation));
    row.bind(25, staging.rows).bind(26, staging.rows_total).bind(27, staging.bytes);
    row.bind(28, staging.bytes_total).bind(29, std::int64_t{staging.priority});
}

}  // namespace

std::optional<ScopeState> find_scope(Connection& connection, std::string_view name) {
    StatementUse found(connection.prepare(kRead));
    if (!found->bind(1, name).step()) return std::nullopt;
    return read_state(*found);
}

ScopeState open_scope(Connection& connection, std::string_view name, ClientId client) {
    if (const auto found = find_scope(connection, name)) return *found;
    const std::uint64_t generation = take_generation(connection);
    const std::uint64_t local_generation = take_generation(connection);
    StatementUse added(connection.prepare(
        "INSERT INTO scope (name, generation, local_generation, client_high, client_low)"
        " VALUES (?, ?, ?, ?, ?)"));
    added->bind(1, name).bind(2, generation).bind(3, local_generation);
    bind_id(*added, 4, client);
    added->run();
    return *find_scope(connection, name);
}

void save_scope(Connection& connection, const ScopeState& state) {
    StatementUse row(connection.prepare(kWrite));
    row->bind(1, state.key).bind(2, state.generation).bind(3, state.local_generation);
    bind_id(*row, 4, state.client);
    bind_id(*row, 6, state.epoch);
    if (state.cursor) row->bind(8, state.cursor->value);
    row->bind(9, state.wants_snapshot ? 1 : 0).bind(10, state.wants_replay ? 1 : 0);
    row->bind(11, state.floor.value).bind(12, state.floor_id.value);
    row->bind(13, state.applied.value).bind(14, state.applied_id.value);
    row->bind(15, state.confirmed.value);
    bind_id(*row, 16, state.confirmed_epoch);
    row->bind(18, state.resyncs);
    bind_staging(*row, state.staging);
    row->run();
}

void want_replay_everywhere(Connection& connection) {
    connection.prepare("UPDATE scope SET wants_replay = 1").run();
}

}  // namespace syncline
