#include "connection.hpp"

#include <SQLiteCpp/Database.h>
#include <sqlite3.h>

#include "sqlite_error.hpp"
#include "statement_impl.hpp"

namespace syncline::detail {
namespace {

constexpr int kBusyMilliseconds = 5'000;

std::unique_ptr<SQLite::Database> open(const ConnectionOptions& options) {
    const int flags =
        SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX | (options.create ? SQLite::OPEN_CREATE : 0);
    try {
        return std::make_unique<SQLite::Database>(options.file.c_str(), flags, kBusyMilliseconds,
                                                  options.vfs);
    } catch (const SQLite::Exception& error) {
        throw_storage_error(options.file, "cannot open the database", error);
    }
}

// Some systems have no folder where anybody may write. A VFS of our own needs none.
bool has_place_for_temporary_files(sqlite3* handle) {
    char* name = nullptr;
    const int known = sqlite3_file_control(handle, "main", SQLITE_FCNTL_TEMPFILENAME, &name);
    const bool none = known == SQLITE_OK && (name == nullptr || *name == 0);
    sqlite3_free(name);
    return !none;
}

}  // namespace

SqliteConnection::SqliteConnection(const ConnectionOptions& options)
    : file_(options.file), database_(open(options)) {
    sqlite3_extended_result_codes(handle(), 1);
    if (!options.temporary_files || !has_place_for_temporary_files(handle())) {
        execute("PRAGMA temp_store=memory");
    }
    execute("PRAGMA secure_delete=off");
    set_cache(options.cache_bytes);
}

SqliteConnection::~SqliteConnection() = default;

sqlite3* SqliteConnection::handle() const {
    return database_->getHandle();
}

Statement& SqliteConnection::prepare(std::string_view sql) {
    auto found = statements_.find(sql);
    if (found == statements_.end()) {
        auto impl = std::make_unique<Statement::Impl>(handle(), file_, sql);
        auto statement = std::make_unique<Statement>(std::move(impl));
        found = statements_.emplace(std::string(sql), std::move(statement)).first;
        return *found->second;
    }
    found->second->reset();
    return *found->second;
}

void SqliteConnection::execute(std::string_view sql) {
    try {
        database_->exec(std::string(sql));
    } catch (const SQLite::Exception& error) {
        throw_storage_error(file_, "cannot run \"" + std::string(sql) + "\"", error);
    }
}

std::int64_t SqliteConnection::number(std::string_view sql) {
    StatementUse statement(prepare(sql));
    return statement->step() ? statement->integer(0) : 0;
}

void SqliteConnection::keep_wal_on_close(bool keep) {
    sqlite3_db_config(handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr);
}

void SqliteConnection::set_cache(std::size_t bytes) noexcept {
    const std::string sql = "PRAGMA cache_size=-" + std::to_string(bytes / 1024);
    sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
}

void SqliteConnection::rollback() noexcept {
    if (sqlite3_get_autocommit(handle()) != 0) return;
    // A statement that still runs would keep the transaction open.
    for (auto& [text, statement] : statements_) statement->reset();
    try {
        prepare("ROLLBACK").run();
    } catch (...) {
        sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

}  // namespace syncline::detail
