#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "syncline/storage/database.hpp"

struct sqlite3;

namespace SQLite {
class Database;
}

namespace syncline::detail {

/// How a connection is opened.
struct ConnectionOptions {
    std::string file;           ///< as SQLite gets it, UTF-8
    const char* vfs = nullptr;  ///< nullptr: the system's files
    bool create = false;        ///< make the file if absent
    std::size_t cache_bytes = 2 << 20;
    /// Whether what is sorted may go to temporary files, where there is a place for them, beyond
    /// what the cache may take; else it stays in memory.
    bool temporary_files = false;
};

/// An open SQLite connection and its prepared statements. Thread-safety: one thread at a time.
class SqliteConnection final : public Connection {
public:
    /// Throws: `StorageError`.
    explicit SqliteConnection(const ConnectionOptions& options);
    ~SqliteConnection() override;

    Statement& prepare(std::string_view sql) override;
    void execute(std::string_view sql) override;

    /// The single number that `sql` yields.
    std::int64_t number(std::string_view sql);

    /// Whether closing the last connection leaves the WAL as it is.
    void keep_wal_on_close(bool keep);

    /// Of the page cache, from now on; pages beyond it are let go.
    void set_cache(std::size_t bytes) noexcept;

    /// Undoes an open transaction; nothing if there is none.
    void rollback() noexcept;

    sqlite3* handle() const;
    const std::string& file() const { return file_; }

private:
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };

    std::string file_;
    std::unique_ptr<SQLite::Database> database_;
    std::unordered_map<std::string, std::unique_ptr<Statement>, TextHash, std::equal_to<>>
        statements_;
};

}  // namespace syncline::detail
