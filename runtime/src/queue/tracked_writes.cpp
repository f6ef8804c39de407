#include "syncline/queue/tracked_writes.hpp"

namespace syncline {
namespace {

constexpr std::uint64_t kDecidedKept = 1'000;

}  // namespace

std::string_view to_string(WriteState state) {
    switch (state) {
        case WriteState::local:
            return "local";
        case WriteState::sent:
            return "sent";
        case WriteState::applied:
            return "applied";
        case WriteState::rejected:
            return "rejected";
    }
    return "unknown";
}

void TrackedWrites::add(Connection& connection, MutationId id, const WriteStatus& status) const {
    connection
        .prepare(
            "DELETE FROM tracked WHERE scope = ?1 AND state >= 2 AND number <="
            " (SELECT max(number) FROM tracked) - ?2")
        .bind(1, scope_)
        .bind(2, kDecidedKept)
        .run();
    StatementUse row(
        connection.prepare("INSERT OR IGNORE INTO tracked (scope, id, state, cursor, code, reason)"
                           " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
    row->bind(1, scope_).bind(2, id.value).bind(3, static_cast<int>(status.state));
    row->bind(4, status.cursor.value).bind(5, std::string_view(status.code));
    row->bind(6, std::string_view(status.reason));
    row->run();
}

bool TrackedWrites::decide(Connection& connection, MutationId id, const WriteStatus& status) const {
    StatementUse row(
        connection.prepare("UPDATE tracked SET state = ?3, cursor = ?4, code = ?5, reason = ?6"
                           " WHERE scope = ?1 AND id = ?2 AND state < 2"));
    row->bind(1, scope_).bind(2, id.value).bind(3, static_cast<int>(status.state));
    row->bind(4, status.cursor.value).bind(5, std::string_view(status.code));
    row->bind(6, std::string_view(status.reason));
    return row->run() > 0;
}

std::optional<WriteStatus> TrackedWrites::find(Connection& connection, MutationId id) const {
    StatementUse row(connection.prepare(
        "SELECT state, cursor, code, reason FROM tracked WHERE scope = ? AND id = ?"));
    if (!row->bind(1, scope_).bind(2, id.value).step()) return std::nullopt;
    WriteStatus status;
    status.state = static_cast<WriteState>(row->integer(0));
    status.cursor = Cursor{row->unsigned_integer(1)};
    status.code = row->text(2);
    status.reason = row->text(3);
    return status;
}

std::uint64_t TrackedWrites::undecided(Connection& connection) const {
    StatementUse rows(
        connection.prepare("SELECT count(*) FROM tracked WHERE scope = ? AND state < 2"));
    rows->bind(1, scope_).step();
    return rows->unsigned_integer(0);
}

}  // namespace syncline
