#include "syncline/store/store_format.hpp"

#include <optional>
#include <string>
#include <vector>

namespace syncline {
namespace {

constexpr const char* kTables[] = {
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "INSERT INTO meta VALUES ('generation', 0)",

    "CREATE TABLE scope (key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " generation INTEGER NOT NULL, local_generation INTEGER NOT NULL,"
    " client_high INTEGER NOT NULL, client_low INTEGER NOT NULL,"
    " epoch_high INTEGER NOT NULL DEFAULT 0, epoch_low INTEGER NOT NULL DEFAULT 0,"
    " cursor INTEGER, wants_snapshot INTEGER NOT NULL DEFAULT 0,"
    " wants_replay INTEGER NOT NULL DEFAULT 0,"
    " floor INTEGER NOT NULL DEFAULT 0, floor_id INTEGER NOT NULL DEFAULT 0,"
    " applied INTEGER NOT NULL DEFAULT 0, applied_id INTEGER NOT NULL DEFAULT 0,"
    " confirmed INTEGER NOT NULL DEFAULT 0,"
    " confirmed_epoch_high INTEGER NOT NULL DEFAULT 0,"
    " confirmed_epoch_low INTEGER NOT NULL DEFAULT 0,"
    " resyncs INTEGER NOT NULL DEFAULT 0,"
    " staging INTEGER NOT NULL DEFAULT 0, staging_epoch_high INTEGER NOT NULL DEFAULT 0,"
    " staging_epoch_low INTEGER NOT NULL DEFAULT 0,"
    " staging_generation INTEGER NOT NULL DEFAULT 0, staging_head INTEGER NOT NULL DEFAULT 0,"
    " continuation BLOB, staging_rows INTEGER NOT NULL DEFAULT 0,"
    " staging_total INTEGER NOT NULL DEFAULT 0, staging_bytes INTEGER NOT NULL DEFAULT 0,"
    " staging_bytes_total INTEGER NOT NULL DEFAULT 0,"
    " staging_priority INTEGER NOT NULL DEFAULT 0)",

    "CREATE TABLE base_hash (generation INTEGER NOT NULL, entity TEXT NOT NULL,"
    " high INTEGER NOT NULL, low INTEGER NOT NULL, rows INTEGER NOT NULL,"
    " PRIMARY KEY (generation, entity)) WITHOUT ROWID",

    "CREATE TABLE unknown_row (generation INTEGER NOT NULL, entity TEXT NOT NULL,"
    " id TEXT NOT NULL, cursor INTEGER NOT NULL, data BLOB NOT NULL,"
    " PRIMARY KEY (generation, entity, id)) WITHOUT ROWID",

    "CREATE INDEX unknown_row_entity ON unknown_row (entity)",

    ("CREATE TABLE staged (scope INTEGER NOT NULL, entity TEXT NOT NULL, id TEXT NOT NULL,"
     " cursor INTEGER NOT NULL, data BLOB, PRIMARY KEY (scope, entity, id)) WITHOUT ROWID"),

    "CREATE TABLE abandoned (generation INTEGER PRIMARY KEY)",
};

// Every table whose rows bear a generation.
std::vector<std::string> generation_tables(Connection& connection) {
    std::vector<std::string> names{"base_hash", "unknown_row"};
    StatementUse tables(connection.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'row\\_%' ESCAPE '\\'"));
    while (tables->step()) names.emplace_back(tables->text(0));
    return names;
}

std::string key_columns(const std::string& table) {
    if (table == "base_hash") return "generation, entity";
    return table == "unknown_row" ? "generation, entity, id" : "generation, id";
}

std::size_t sweep_table(Connection& connection, const std::string& table, std::uint64_t generation,
                        std::size_t rows_max) {
    const std::string keys = key_columns(table);
    const std::string sql = "DELETE FROM \"" + table + "\" WHERE (" + keys + ") IN (SELECT " +
                            keys + " FROM \"" + table + "\" WHERE generation = ?1 LIMIT ?2)";
    return static_cast<std::size_t>(
        connection.prepare(sql).bind(1, generation).bind(2, std::uint64_t{rows_max}).run());
}

std::optional<std::uint64_t> oldest_abandoned(Connection& connection) {
    StatementUse first(connection.prepare("SELECT min(generation) FROM abandoned"));
    if (!first->step() || first->is_null(0)) return std::nullopt;
    return first->unsigned_integer(0);
}

}  // namespace

void create_store_tables(Connection& connection) {
    for (const char* sql : kTables) connection.execute(sql);
}

void migrate_store_tables(Connection& connection, std::uint32_t from) {
    const auto add = [&](std::string column) {
        connection.execute("ALTER TABLE scope ADD COLUMN " + column +
                           " INTEGER NOT NULL DEFAULT 0");
    };
    if (from < 2) add("staging_bytes");
    if (from < 3) add("staging_bytes_total");
    if (from < 3) add("staging_priority");
    // What a former identity had had applied was not to be sent again; now it is known again.
    connection.execute("UPDATE scope SET confirmed = 0 WHERE settled <> 0");
    connection.execute("ALTER TABLE scope DROP COLUMN settled");
}

std::uint64_t take_generation(Connection& connection) {
    connection.prepare("UPDATE meta SET value = value + 1 WHERE name = 'generation'").run();
    StatementUse value(connection.prepare("SELECT value FROM meta WHERE name = 'generation'"));
    value->step();
    return value->unsigned_integer(0);
}

void abandon_generation(Connection& connection, std::uint64_t generation) {
    connection.prepare("INSERT OR IGNORE INTO abandoned VALUES (?)").bind(1, generation).run();
}

bool has_abandoned(Connection& connection) {
    return oldest_abandoned(connection).has_value();
}

bool sweep_abandoned(Connection& connection, std::size_t rows_max) {
    const std::optional<std::uint64_t> generation = oldest_abandoned(connection);
    if (!generation) return false;
    for (const std::string& table : generation_tables(connection)) {
        rows_max -= sweep_table(connection, table, *generation, rows_max);
        if (rows_max == 0) return true;
    }
    connection.prepare("DELETE FROM abandoned WHERE generation = ?").bind(1, *generation).run();
    return has_abandoned(connection);
}

}  // namespace syncline
