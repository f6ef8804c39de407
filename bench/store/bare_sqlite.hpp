#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include "syncline/base/bytes.hpp"

/// The inserts of a create, as a careful person writes them against SQLite itself: prepared once,
/// bound without copies, WAL, synchronous=NORMAL. The tables are the replica's.
class BareSqlite {
public:
    explicit BareSqlite(const std::filesystem::path& path) {
        check(sqlite3_open(path.c_str(), &db_));
        run("PRAGMA journal_mode=WAL");
        run("PRAGMA synchronous=NORMAL");
        run("PRAGMA secure_delete=off");
        run("PRAGMA cache_size=-32768");
        run("PRAGMA wal_autocheckpoint=4000");
        run("CREATE TABLE row_note (generation INTEGER NOT NULL, id TEXT NOT NULL,"
            " cursor INTEGER NOT NULL, pending INTEGER NOT NULL, creates INTEGER NOT NULL,"
            " data BLOB, base BLOB, f10 TEXT, PRIMARY KEY (generation, id)) WITHOUT ROWID");
        run("CREATE INDEX row_note_f10 ON row_note (generation, f10)");
        run("CREATE TABLE queue (scope INTEGER NOT NULL, sequence INTEGER NOT NULL,"
            " id INTEGER NOT NULL, kind INTEGER NOT NULL, tx INTEGER NOT NULL,"
            " base INTEGER NOT NULL, made_at INTEGER NOT NULL, entity TEXT NOT NULL,"
            " key TEXT NOT NULL, payload BLOB, PRIMARY KEY (scope, sequence)) WITHOUT ROWID");
        row_ = prepare("INSERT INTO row_note VALUES (1, ?, 0, ?, ?, ?, NULL, NULL)");
        entry_ = prepare("INSERT INTO queue VALUES (1, ?, ?, 0, ?, 0, ?, 'note', ?, NULL)");
        begin_ = prepare("BEGIN IMMEDIATE");
        commit_ = prepare("COMMIT");
    }
    ~BareSqlite() {
        for (sqlite3_stmt* statement : {row_, entry_, begin_, commit_}) sqlite3_finalize(statement);
        sqlite3_close(db_);
    }
    BareSqlite(const BareSqlite&) = delete;
    BareSqlite& operator=(const BareSqlite&) = delete;

    void begin() { step(begin_); }
    void commit() { step(commit_); }

    void insert_row(std::string_view id, syncline::ByteView row, std::int64_t pending) {
        sqlite3_bind_text(row_, 1, id.data(), static_cast<int>(id.size()), SQLITE_STATIC);
        sqlite3_bind_int64(row_, 2, pending);
        sqlite3_bind_int64(row_, 3, pending != 0 ? sequence_ + 1 : 0);
        sqlite3_bind_blob(row_, 4, row.data(), static_cast<int>(row.size()), SQLITE_STATIC);
        step(row_);
    }
    void insert_entry(std::string_view id) {
        ++sequence_;
        sqlite3_bind_int64(entry_, 1, sequence_);
        sqlite3_bind_int64(entry_, 2, sequence_ * 0x5851f42d4c957f2d);
        sqlite3_bind_int64(entry_, 3, sequence_);
        sqlite3_bind_int64(entry_, 4, 1'700'000'000'000'000 + sequence_);
        sqlite3_bind_text(entry_, 5, id.data(), static_cast<int>(id.size()), SQLITE_STATIC);
        step(entry_);
    }

private:
    void check(int result) const {
        if (result != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(db_));
    }
    void run(const char* sql) { check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr)); }
    sqlite3_stmt* prepare(const char* sql) {
        sqlite3_stmt* statement = nullptr;
        check(sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
        return statement;
    }
    void step(sqlite3_stmt* statement) {
        if (sqlite3_step(statement) != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(db_));
        check(sqlite3_reset(statement));
    }

    sqlite3* db_ = nullptr;
    sqlite3_stmt* row_ = nullptr;
    sqlite3_stmt* entry_ = nullptr;
    sqlite3_stmt* begin_ = nullptr;
    sqlite3_stmt* commit_ = nullptr;
    std::int64_t sequence_ = 0;
};
