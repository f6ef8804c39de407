#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "syncline/protocol/row.hpp"
#include "syncline/store/columns.hpp"
#include "syncline/store/row_table.hpp"

namespace syncline {
namespace {

bool has_table(Connection& connection, const std::string& table) {
    StatementUse found(
        connection.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?"));
    return found->bind(1, std::string_view(table)).step();
}

std::set<std::string> columns_of(Connection& connection, const std::string& table) {
    std::set<std::string> names;
    StatementUse column(connection.prepare("SELECT name FROM pragma_table_info(?)"));
    column->bind(1, std::string_view(table));
    while (column->step()) {
        if (column->text(0).starts_with('f')) names.emplace(column->text(0));
    }
    return names;
}

void make_table(Connection& connection, const std::string& table) {
    connection.execute("CREATE TABLE \"" + table +
                       "\" (generation INTEGER NOT NULL, id TEXT NOT NULL,"
                       " cursor INTEGER NOT NULL, pending INTEGER NOT NULL,"
                       " creates INTEGER NOT NULL, data BLOB, base BLOB,"
                       " PRIMARY KEY (generation, id)) WITHOUT ROWID");
}

void add_column(Connection& connection, const std::string& table, const FieldSchema& field) {
    connection.execute("ALTER TABLE \"" + table + "\" ADD COLUMN " + column_name(field.id) + " " +
                       column_type(field));
}

void drop_column(Connection& connection, const std::string& table, const std::string& column) {
    connection.execute("DROP INDEX IF EXISTS \"" + index_name(table, column) + "\"");
    connection.execute("ALTER TABLE \"" + table + "\" DROP COLUMN " + column);
}

struct Place {
    std::uint64_t generation;
    std::string id;
};

std::vector<Place> places_after(Connection& connection, const std::string& table,
                                const Place& last) {
    std::vector<Place> places;
    StatementUse row(connection.prepare("SELECT generation, id FROM \"" + table +
                                        "\" WHERE (generation, id) > (?, ?) LIMIT 1000"));
    row->bind(1, last.generation).bind(2, std::string_view(last.id));
    while (row->step()) places.push_back({row->unsigned_integer(0), std::string(row->text(1))});
    return places;
}

// Writes every row again, and so its columns.
void fill_columns(Connection& connection, const EntitySchema& entity) {
    const RowTable rows(entity);
    Place last{0, ""};
    for (;;) {
        const auto places = places_after(connection, table_name(entity.name), last);
        if (places.empty()) return;
        for (const Place& place : places) {
            const auto row = rows.find(connection, place.generation, place.id);
            rows.put(connection, place.generation, place.id, *row);
        }
        last = places.back();
    }
}

// Bytes that are no row of the entity are left out. The hash still counts them, so that a client of
// an older schema goes on; it tells when the row changes.
void learn_rows(Connection& connection, const EntitySchema& entity) {
    const RowTable rows(entity);
    StatementUse known(connection.prepare(
        "SELECT generation, id, cursor, data FROM unknown_row WHERE entity = ?"));
    known->bind(1, entity.name);
    while (known->step()) {
        NewRow row;
        row.id = known->text(1);
        row.cursor = Cursor{known->unsigned_integer(2)};
        row.data = known->blob(3);
        if (verify_row(*entity.table, row.data)) continue;
        rows.insert(connection, known->unsigned_integer(0), row);
    }
    connection.prepare("DELETE FROM unknown_row WHERE entity = ?").bind(1, entity.name).run();
}

void prepare_columns(Connection& connection, const EntitySchema& entity, bool fill) {
    const std::string table = table_name(entity.name);
    std::set<std::string> old = columns_of(connection, table);
    bool added = false;
    for (const FieldSchema* field : indexed_fields(entity)) {
        if (old.erase(column_name(field->id)) != 0) continue;
        add_column(connection, table, *field);
        added = true;
    }
    for (const std::string& column : old) drop_column(connection, table, column);
    if (fill && added) fill_columns(connection, entity);
}

// Keeps the fingerprint of the schema that the file was used with last.
bool is_other_schema(Connection& connection, const Schema& schema) {
    const std::uint64_t now = fingerprint(schema);
    StatementUse last(connection.prepare("SELECT value FROM meta WHERE name = 'schema'"));
    if (last->step() && last->unsigned_integer(0) == now) return false;
    connection.prepare("INSERT OR REPLACE INTO meta VALUES ('schema', ?1)").bind(1, now).run();
    return true;
}

}  // namespace

bool prepare_row_tables(Connection& connection, const Schema& schema) {
    bool learnt = is_other_schema(connection, schema);
    for (const EntitySchema& entity : schema.entities) {
        const bool is_new = !has_table(connection, table_name(entity.name));
        if (is_new) make_table(connection, table_name(entity.name));
        prepare_columns(connection, entity, !is_new);
        if (is_new) learn_rows(connection, entity);
        learnt = learnt || is_new;
    }
    return learnt;
}

std::vector<std::string> forgotten_entities(Connection& connection, const Schema& schema) {
    std::vector<std::string> names;
    StatementUse table(
        connection.prepare("SELECT substr(name, 5) FROM sqlite_schema"
                           " WHERE type = 'table' AND name LIKE 'row\\_%' ESCAPE '\\'"));
    while (table->step()) {
        if (schema.find(table->text(0)) == nullptr) names.emplace_back(table->text(0));
    }
    return names;
}

void forget_entity(Connection& connection, const std::string& entity) {
    const std::string table = "\"" + table_name(entity) + "\"";
    StatementUse move(
        connection.prepare("INSERT OR REPLACE INTO unknown_row SELECT generation, ?1, id, cursor,"
                           " iif(pending > 0, base, data) FROM " +
                           table + " WHERE iif(pending > 0, base, data) IS NOT NULL"));
    move->bind(1, std::string_view(entity)).run();
    connection.execute("DROP TABLE " + table);
}

std::optional<Bytes> created_row(Connection& connection, std::string_view entity,
                                 std::uint64_t generation, std::string_view id, Sequence sequence) {
    StatementUse row(connection.prepare("SELECT data FROM \"" + table_name(entity) +
                                        "\" WHERE generation = ? AND id = ? AND creates = ?"));
    row->bind(1, generation).bind(2, id).bind(3, sequence.value);
    if (!row->step() || row->is_null(0)) return std::nullopt;
    return to_bytes(row->blob(0));
}

}  // namespace syncline
