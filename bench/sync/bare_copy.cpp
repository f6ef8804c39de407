#include "bare_copy.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <vector>

namespace sync_bench {
namespace {

struct CloseDatabase {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
};
struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
struct FreeValue {
    void operator()(sqlite3_value* value) const { sqlite3_value_free(value); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;
using Value = std::unique_ptr<sqlite3_value, FreeValue>;

void check(bool fine, sqlite3* database) {
    if (!fine) throw std::runtime_error(sqlite3_errmsg(database));
}

Database open(const std::string& path, int flags) {
    sqlite3* database = nullptr;
    const int status = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
    Database owner(database);
    check(status == SQLITE_OK, database);
    return owner;
}

void execute(sqlite3* database, const std::string& sql) {
    check(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK, database);
}

Statement prepare(sqlite3* database, const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK,
          database);
    return Statement(statement);
}

std::string text(sqlite3_stmt* statement, int column) {
    return reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
}

struct Table {
    std::string name;
    std::string sql;
    std::vector<std::vector<Value>> rows;
};

std::vector<std::vector<Value>> read_rows(sqlite3* source, const std::string& table) {
    std::vector<std::vector<Value>> rows;
    const Statement select = prepare(source, "SELECT * FROM \"" + table + "\"");
    while (sqlite3_step(select.get()) == SQLITE_ROW) {
        auto& row = rows.emplace_back();
        for (int i = 0; i < sqlite3_column_count(select.get()); ++i) {
            row.emplace_back(sqlite3_value_dup(sqlite3_column_value(select.get(), i)));
        }
    }
    return rows;
}

std::vector<Table> read_tables(sqlite3* source) {
    std::vector<Table> tables;
    const Statement select = prepare(
        source,
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    while (sqlite3_step(select.get()) == SQLITE_ROW) {
        tables.push_back({text(select.get(), 0), text(select.get(), 1), {}});
    }
    for (auto& table : tables) table.rows = read_rows(source, table.name);
    return tables;
}

std::vector<std::string> read_index_sql(sqlite3* source) {
    std::vector<std::string> indexes;
    const Statement select =
        prepare(source, "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL");
    while (sqlite3_step(select.get()) == SQLITE_ROW) indexes.push_back(text(select.get(), 0));
    return indexes;
}

Statement prepare_insert(sqlite3* target, const Table& table) {
    std::string places = "?";
    for (std::size_t i = 1; i < table.rows.front().size(); ++i) places += ", ?";
    return prepare(target, "INSERT INTO \"" + table.name + "\" VALUES (" + places + ")");
}

void insert(sqlite3* target, sqlite3_stmt* statement, const std::vector<Value>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
        sqlite3_bind_value(statement, static_cast<int>(i) + 1, row[i].get());
    }
    check(sqlite3_step(statement) == SQLITE_DONE, target);
    sqlite3_reset(statement);
}

/// Row by row, as a program makes them: the first of every table, the second of every table, …
void insert_all(sqlite3* target, const std::vector<Table>& tables) {
    std::vector<Statement> inserts;
    std::size_t most = 0;
    for (const auto& table : tables) {
        inserts.push_back(table.rows.empty() ? nullptr : prepare_insert(target, table));
        most = std::max(most, table.rows.size());
    }
    for (std::size_t i = 0; i < most; ++i) {
        for (std::size_t t = 0; t < tables.size(); ++t) {
            if (i < tables[t].rows.size()) insert(target, inserts[t].get(), tables[t].rows[i]);
        }
    }
}

}  // namespace

double bare_copy(const std::string& source_path, const std::string& target_path) {
    const Database source = open(source_path, SQLITE_OPEN_READONLY);
    const auto tables = read_tables(source.get());

    const Database target = open(target_path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    execute(target.get(),
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
            "PRAGMA cache_size = -32768");
    for (const auto& table : tables) execute(target.get(), table.sql);
    for (const auto& sql : read_index_sql(source.get())) execute(target.get(), sql);

    const auto start = std::chrono::steady_clock::now();
    execute(target.get(), "BEGIN IMMEDIATE");
    insert_all(target.get(), tables);
    execute(target.get(), "COMMIT");
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace sync_bench
