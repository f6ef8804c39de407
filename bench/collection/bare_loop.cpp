#include "bare_loop.hpp"

#include <sqlite3.h>

#include <stdexcept>

namespace collection_bench {

namespace {

struct CloseDatabase {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

void check(int status, int expected, sqlite3* database) {
    if (status != expected) throw std::runtime_error(sqlite3_errmsg(database));
}

Database open(const std::filesystem::path& path) {
    sqlite3* database = nullptr;
    const int status = sqlite3_open(path.c_str(), &database);
    Database owner(database);
    check(status, SQLITE_OK, database);
    return owner;
}

void execute(sqlite3* database, const char* sql) {
    check(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK, database);
}

Statement prepare(sqlite3* database, const char* sql) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr),
          SQLITE_OK, database);
    return Statement(statement);
}

void bind_text(sqlite3_stmt* statement, int index, const std::string& text) {
    sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), nullptr);
}

}  // namespace

struct BareLoop::Impl {
    explicit Impl(const std::filesystem::path& path) : database(open(path)) {
        sqlite3* const db = database.get();
        execute(db, "PRAGMA journal_mode=WAL");
        execute(db, "PRAGMA synchronous=NORMAL");
        // As syncline's own, or the two would be compared by their settings.
        execute(db, "PRAGMA cache_size=-32768");
        execute(db, "PRAGMA wal_autocheckpoint=4000");
        execute(db,
                "CREATE TABLE row_todo (generation INTEGER NOT NULL, id TEXT NOT NULL,"
                " cursor INTEGER NOT NULL, pending INTEGER NOT NULL, creates INTEGER NOT NULL,"
                " data BLOB, base BLOB, f7 TEXT, PRIMARY KEY (generation, id)) WITHOUT ROWID;"
                "CREATE INDEX row_todo_f7 ON row_todo (generation, f7);"
                "CREATE TABLE queue (scope INTEGER NOT NULL, sequence INTEGER NOT NULL,"
                " id INTEGER NOT NULL, kind INTEGER NOT NULL, tx INTEGER NOT NULL,"
                " base INTEGER NOT NULL, made_at INTEGER NOT NULL, entity TEXT NOT NULL,"
                " key TEXT NOT NULL, payload BLOB, PRIMARY KEY (scope, sequence)) WITHOUT ROWID");
        begin = prepare(db, "BEGIN IMMEDIATE");
        commit = prepare(db, "COMMIT");
        row = prepare(db, "INSERT INTO row_todo VALUES (1, ?1, 0, 1, 1, ?2, NULL, ?3)");
        entry = prepare(db, "INSERT INTO queue VALUES (1, ?1, ?2, 0, ?1, 0, ?3, 'todo', ?4, NULL)");
    }

    void run(const Statement& statement) const {
        check(sqlite3_step(statement.get()), SQLITE_DONE, database.get());
        sqlite3_reset(statement.get());
    }

    Database database;
    Statement begin;
    Statement commit;
    Statement row;
    Statement entry;
    std::int64_t sequence = 0;
};

BareLoop::BareLoop(const std::filesystem::path& path) : impl_(std::make_unique<Impl>(path)) {}
BareLoop::~BareLoop() = default;

void BareLoop::begin() {
    impl_->run(impl_->begin);
}
void BareLoop::commit() {
    impl_->run(impl_->commit);
}

void BareLoop::insert(const std::string& id, syncline::ByteView row, const std::string& list_id) {
    sqlite3_stmt* const into_rows = impl_->row.get();
    bind_text(into_rows, 1, id);
    sqlite3_bind_blob(into_rows, 2, row.data(), static_cast<int>(row.size()), nullptr);
    bind_text(into_rows, 3, list_id);
    impl_->run(impl_->row);

    const std::int64_t sequence = ++impl_->sequence;
    sqlite3_stmt* const into_queue = impl_->entry.get();
    sqlite3_bind_int64(into_queue, 1, sequence);
    sqlite3_bind_int64(into_queue, 2, sequence * 0x1357924680ACE1);  // as wide as a random one
    sqlite3_bind_int64(into_queue, 3, 1'700'000'000'000'000 + sequence);
    bind_text(into_queue, 4, id);
    impl_->run(impl_->entry);
}

}  // namespace collection_bench
