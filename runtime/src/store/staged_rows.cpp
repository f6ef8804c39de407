#include "syncline/store/staged_rows.hpp"

namespace syncline {

void stage_row(Connection& connection, std::int64_t scope, const RowChange& change) {
    StatementUse row(
        connection.prepare("INSERT INTO staged VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE"
                           " SET cursor = ?4, data = ?5 WHERE cursor <= ?4"));
    row->bind(1, scope).bind(2, change.entity).bind(3, change.key).bind(4, change.cursor.value);
    if (change.data) row->bind(5, *change.data);
    row->run();
}

void for_each_staged(Connection& connection, std::int64_t scope,
                     const std::function<void(const RowChange&)>& visit) {
    StatementUse row(
        connection.prepare("SELECT entity, id, cursor, data FROM staged WHERE scope = ?"));
    row->bind(1, scope);
    while (row->step()) {
        RowChange change;
        change.entity = row->text(0);
        change.key = row->text(1);
        change.cursor = Cursor{row->unsigned_integer(2)};
        if (!row->is_null(3)) change.data = row->blob(3);
        visit(change);
    }
}

void drop_staged(Connection& connection, std::int64_t scope) {
    connection.prepare("DELETE FROM staged WHERE scope = ?").bind(1, scope).run();
}

}  // namespace syncline
