#include "syncline/store/row_table.hpp"

#include <algorithm>

#include "select_sql.hpp"
#include "syncline/base/error.hpp"
#include "syncline/protocol/row.hpp"
#include "syncline/store/columns.hpp"

namespace syncline {
namespace {

// Parameters 1 to 7 of an insert; the indexed columns follow.
constexpr int kFirstColumn = 8;

std::string insert_sql(const std::string& table, const std::vector<const FieldSchema*>& columns) {
    std::string names = "generation, id, cursor, pending, creates, data, base";
    std::string values = "?1, ?2, ?3, ?4, ?5, ?6, ?7";
    int index = kFirstColumn;
    for (const FieldSchema* field : columns) {
        names += ", " + column_name(field->id);
        values += ", ?" + std::to_string(index++);
    }
    return "INSERT INTO " + table + " (" + names + ") VALUES (" + values + ")";
}

std::string replace_sql(const std::vector<const FieldSchema*>& columns) {
    std::string sql =
        " ON CONFLICT DO UPDATE SET cursor = ?3, pending = ?4, creates = ?5, data = ?6, base = ?7";
    int index = kFirstColumn;
    for (const FieldSchema* field : columns) {
        sql += ", " + column_name(field->id) + " = ?" + std::to_string(index++);
    }
    return sql;
}

std::string quoted(const std::string& name) {
    return "\"" + name + "\"";
}

// The generation that a scope's rows are in, as of the state that is read.
std::string generation_of_scope(const EntitySchema& entity) {
    return std::string("(SELECT ") + (entity.local ? "local_generation" : "generation") +
           " FROM scope WHERE key = ?1)";
}

}  // namespace

RowTable::RowTable(const EntitySchema& entity)
    : entity_(&entity), columns_(indexed_fields(entity)) {
    for (const FieldSchema& field : entity.table->fields) {
        has_stamps_ = has_stamps_ || field.stamp != Stamp::none;
        has_unique_ = has_unique_ || field.unique;
    }
    const std::string table = quoted(table_name(entity.name));
    const std::string of_row = " WHERE generation = ?1 AND id = ?2";
    const std::string of_view = " WHERE generation = " + generation_of_scope(entity);
    const std::string insert = insert_sql(table, columns_);
    sql_.insert = insert + " ON CONFLICT DO NOTHING";
    sql_.put = insert + replace_sql(columns_);
    sql_.find = "SELECT cursor, pending, creates, data, base FROM " + table + of_row;
    sql_.erase = "DELETE FROM " + table + of_row;
    sql_.view = "SELECT data FROM " + table + of_view + " AND id = ?2 AND data IS NOT NULL";
    sql_.in_view = "SELECT 1 FROM " + table + of_view + " AND id = ?2 AND data IS NOT NULL";
    sql_.is_pending = "SELECT pending > 0 FROM " + table + of_view + " AND id = ?2";
    sql_.count = "SELECT count(*) FROM " + table + of_view + " AND data IS NOT NULL";
    sql_.select = "SELECT data FROM " + table + of_view + " AND data IS NOT NULL";
}

// A file can change under us as anything else can: what it holds is looked into only after this.
ByteView RowTable::verified(ByteView row) const {
    const auto fault = verify_row(*entity_->table, row);
    if (!fault) return row;
    throw StorageError(ErrorCode::database_damaged,
                       "a stored row of " + std::string(entity_->name) + " is damaged (" + *fault +
                           "); restore the file from a backup, or move it away and sync anew");
}

std::optional<Bytes> RowTable::optional_row(const Statement& row, int column) const {
    if (row.is_null(column)) return std::nullopt;
    return to_bytes(verified(row.blob(column)));
}

void RowTable::bind_columns(Statement& statement, int first, ByteView row) const {
    for (const FieldSchema* field : columns_) bind_column(statement, first++, *field, RowView(row));
}

bool RowTable::insert(Connection& connection, std::uint64_t generation, const NewRow& row) const {
    StatementUse statement(connection.prepare(sql_.insert));
    statement->bind(1, generation).bind(2, row.id).bind(3, row.cursor.value);
    statement->bind(4, std::uint64_t{row.pending}).bind(5, row.create.value).bind(6, row.data);
    bind_columns(*statement, kFirstColumn, row.data);
    return statement->run() > 0;
}

std::optional<StoredRow> RowTable::find(Connection& connection, std::uint64_t generation,
                                        std::string_view id) const {
    StatementUse row(connection.prepare(sql_.find));
    if (!row->bind(1, generation).bind(2, id).step()) return std::nullopt;
    StoredRow found;
    found.cursor = Cursor{row->unsigned_integer(0)};
    found.pending = static_cast<std::uint32_t>(row->integer(1));
    found.create = Sequence{row->unsigned_integer(2)};
    found.data = optional_row(*row, 3);
    found.base = optional_row(*row, 4);
    return found;
}

void RowTable::put(Connection& connection, std::uint64_t generation, std::string_view id,
                   const StoredRow& row) const {
    StatementUse statement(connection.prepare(sql_.put));
    statement->bind(1, generation).bind(2, id).bind(3, row.cursor.value);
    statement->bind(4, std::uint64_t{row.pending}).bind(5, row.create.value);
    if (row.data) {
        statement->bind(6, ByteView(*row.data));
        bind_columns(*statement, kFirstColumn, *row.data);
    }
    if (row.base) statement->bind(7, ByteView(*row.base));
    statement->run();
}

void RowTable::erase(Connection& connection, std::uint64_t generation, std::string_view id) const {
    connection.prepare(sql_.erase).bind(1, generation).bind(2, id).run();
}

std::optional<std::string> RowTable::unique_conflict(Connection& connection,
                                                     std::uint64_t generation, std::string_view id,
                                                     ByteView row) const {
    for (const FieldSchema* field : columns_) {
        if (!field->unique) continue;
        const std::string sql = "SELECT id FROM " + quoted(table_name(entity_->name)) +
                                " WHERE generation = ?1 AND " + column_name(field->id) +
                                " = ?3 AND id <> ?2 AND data IS NOT NULL LIMIT 1";
        StatementUse other(connection.prepare(sql));
        other->bind(1, generation).bind(2, id);
        bind_column(*other, 3, *field, RowView(row));
        if (other->step()) return std::string(other->text(0));
    }
    return std::nullopt;
}

std::optional<Bytes> RowTable::view(Connection& connection, std::int64_t scope,
                                    std::string_view id) const {
    StatementUse row(connection.prepare(sql_.view));
    if (!row->bind(1, scope).bind(2, id).step()) return std::nullopt;
    return to_bytes(verified(row->blob(0)));
}

bool RowTable::in_view(Connection& connection, std::int64_t scope, std::string_view id) const {
    StatementUse row(connection.prepare(sql_.in_view));
    return row->bind(1, scope).bind(2, id).step();
}

bool RowTable::is_pending(Connection& connection, std::int64_t scope, std::string_view id) const {
    StatementUse row(connection.prepare(sql_.is_pending));
    return row->bind(1, scope).bind(2, id).step() && row->integer(0) != 0;
}

std::uint64_t RowTable::count(Connection& connection, std::int64_t scope) const {
    StatementUse rows(connection.prepare(sql_.count));
    rows->bind(1, scope).step();
    return rows->unsigned_integer(0);
}

void RowTable::select(Connection& connection, std::int64_t scope, const StoreQuery& query,
                      int depth, const std::function<bool(ByteView)>& visit) const {
    detail::SelectSql select(*entity_, query);
    std::string sql = sql_.select + select.text();
    if (depth > 0) sql += " /* " + std::to_string(depth) + " */";
    StatementUse rows(connection.prepare(sql));
    rows->bind(1, scope);
    select.bind(*rows, 2);
    while (rows->step()) {
        if (!visit(verified(rows->blob(0)))) return;
    }
}

}  // namespace syncline
