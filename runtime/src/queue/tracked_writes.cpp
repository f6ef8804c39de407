#include "syncline/queue/tracked_writes.hpp"

namespace syncline {
namespace {

constexpr std::int64_t kDecidedKept = 1'000;

// A number is the scope's key and, below, a count of that scope's own: what other scopes track
// neither ages what is here, nor has to be stepped over.
constexpr int kCountBits = 32;

std::int64_t last_number(Connection& connection, std::int64_t scope) {
    const std::int64_t none = scope << kCountBits;
    StatementUse row(
        connection.prepare("SELECT max(number) FROM tracked WHERE number > ?1 AND number < ?2"));
    row->bind(1, none).bind(2, (scope + 1) << kCountBits);
    return row->step() && !row->is_null(0) ? row->integer(0) : none;
}

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
    const std::int64_t last = last_number(connection, scope_);
    connection.prepare("DELETE FROM tracked WHERE number > ?1 AND number <= ?2 AND state >= 2")
        .bind(1, scope_ << kCountBits)
        .bind(2, last - kDecidedKept)
        .run();
    StatementUse row(connection.prepare(
        "INSERT OR IGNORE INTO tracked (scope, id, state, cursor, code, reason, number)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
    row->bind(7, last + 1);
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
