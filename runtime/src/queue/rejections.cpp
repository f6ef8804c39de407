#include "syncline/queue/rejections.hpp"

namespace syncline {
namespace {

RejectedMutation read_rejected(const Statement& row) {
    RejectedMutation rejected;
    rejected.id = MutationId{row.unsigned_integer(0)};
    rejected.sequence = Sequence{row.unsigned_integer(1)};
    rejected.kind = static_cast<MutationKind>(row.integer(2));
    rejected.entity = row.text(3);
    rejected.key = row.text(4);
    rejected.payload = to_bytes(row.blob(5));
    rejected.code = row.text(6);
    rejected.reason = row.text(7);
    rejected.server_row = to_bytes(row.blob(8));
    rejected.made_at = WallTime(std::chrono::microseconds(row.integer(9)));
    return rejected;
}

}  // namespace

void Rejections::add(Connection& connection, const RejectedMutation& rejected) const {
    StatementUse row(connection.prepare(
        "INSERT OR IGNORE INTO rejected (scope, id, sequence, kind, entity, key, payload, code,"
        " reason, server_row, made_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"));
    row->bind(1, scope_).bind(2, rejected.id.value).bind(3, rejected.sequence.value);
    row->bind(4, static_cast<int>(rejected.kind));
    row->bind(5, std::string_view(rejected.entity)).bind(6, std::string_view(rejected.key));
    row->bind(7, ByteView(rejected.payload));
    row->bind(8, std::string_view(rejected.code)).bind(9, std::string_view(rejected.reason));
    row->bind(10, ByteView(rejected.server_row));
    row->bind(11, std::int64_t{rejected.made_at.time_since_epoch().count()});
    row->run();
}

std::vector<RejectedMutation> Rejections::all(Connection& connection) const {
    std::vector<RejectedMutation> result;
    StatementUse row(connection.prepare(
        "SELECT id, sequence, kind, entity, key, payload, code, reason, server_row, made_at"
        " FROM rejected WHERE scope = ? ORDER BY sequence"));
    row->bind(1, scope_);
    while (row->step()) result.push_back(read_rejected(*row));
    return result;
}

std::optional<RejectedMutation> Rejections::find(Connection& connection, MutationId id) const {
    StatementUse row(connection.prepare(
        "SELECT id, sequence, kind, entity, key, payload, code, reason, server_row, made_at"
        " FROM rejected WHERE scope = ? AND id = ?"));
    if (!row->bind(1, scope_).bind(2, id.value).step()) return std::nullopt;
    return read_rejected(*row);
}

bool Rejections::erase(Connection& connection, MutationId id) const {
    return connection.prepare("DELETE FROM rejected WHERE scope = ? AND id = ?")
               .bind(1, scope_)
               .bind(2, id.value)
               .run() > 0;
}

std::uint64_t Rejections::count(Connection& connection) const {
    StatementUse rows(connection.prepare("SELECT count(*) FROM rejected WHERE scope = ?"));
    rows->bind(1, scope_).step();
    return rows->unsigned_integer(0);
}

}  // namespace syncline
