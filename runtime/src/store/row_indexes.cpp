#include "syncline/store/row_indexes.hpp"

#include <optional>
#include <set>
#include <string>

#include "syncline/store/columns.hpp"

namespace syncline {
namespace {

struct Index {
    std::string table;
    std::string column;
    std::string name() const { return index_name(table, column); }
};

std::set<std::string> indexes_there(Connection& connection) {
    std::set<std::string> names;
    StatementUse index(
        connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND name LIKE"
                           " 'row\\_%' ESCAPE '\\'"));
    while (index->step()) names.emplace(index->text(0));
    return names;
}

std::optional<Index> missing_index(Connection& connection, const Schema& schema) {
    const std::set<std::string> there = indexes_there(connection);
    for (const EntitySchema& entity : schema.entities) {
        for (const FieldSchema* field : indexed_fields(entity)) {
            Index index{table_name(entity.name), column_name(field->id)};
            if (there.count(index.name()) == 0) return index;
        }
    }
    return std::nullopt;
}

bool has_more_rows(Connection& connection, const std::string& table, std::size_t rows_max) {
    StatementUse row(connection.prepare("SELECT 1 FROM \"" + table + "\" LIMIT 1 OFFSET ?"));
    return row->bind(1, std::uint64_t{rows_max}).step();
}

}  // namespace

bool lacks_row_indexes(Connection& connection, const Schema& schema) {
    return missing_index(connection, schema).has_value();
}

void drop_row_indexes(Connection& connection, const Schema& schema, std::size_t rows_max) {
    for (const EntitySchema& entity : schema.entities) {
        const std::string table = table_name(entity.name);
        if (entity.local || has_more_rows(connection, table, rows_max)) continue;
        for (const FieldSchema* field : indexed_fields(entity)) {
            connection.execute("DROP INDEX IF EXISTS \"" +
                               index_name(table, column_name(field->id)) + "\"");
        }
    }
}

// The primary key's columns end every index of a table without rowid: ties are in order of id.
bool make_row_index(Connection& connection, const Schema& schema) {
    const auto index = missing_index(connection, schema);
    if (!index) return false;
    connection.execute("CREATE INDEX \"" + index->name() + "\" ON \"" + index->table +
                       "\" (generation, " + index->column + ")");
    return true;
}

}  // namespace syncline
