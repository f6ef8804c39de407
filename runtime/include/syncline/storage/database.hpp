#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "syncline/base/bytes.hpp"
#include "syncline/storage/statement.hpp"

namespace syncline {

/// What a returned write survives.
enum class Durability : std::uint8_t {
    normal,  ///< the process being killed (SQLite synchronous=NORMAL)
    full,    ///< the power failing (synchronous=FULL: an fsync for every transaction)
};

/// One connection to a database, as a transaction lends it. Thread-safety: one thread at a time.
class Connection {
public:
    virtual ~Connection() = default;

    /// The statement for `sql`, prepared once and kept; reset, nothing bound.
    /// Not reentrant: two uses of one text at a time need two texts.
    virtual Statement& prepare(std::string_view sql) = 0;

    /// Runs statements that return nothing; for schema changes, not for hot paths.
    virtual void execute(std::string_view sql) = 0;
};

struct DatabaseOptions {
    /// The file; made if absent. Empty: a private database in memory, gone with the object.
    std::filesystem::path path;
    /// A registered SQLite VFS to which `path` belongs, e.g. that of a `testing::MemoryDisk`;
    /// empty: the system's files. Another one is not locked against other processes.
    std::string vfs = {};
    std::uint32_t application_id = 0;  ///< kind of file; another one is refused as foreign
    std::uint32_t format_version = 1;  ///< a file with a higher one is refused as newer
    Durability durability = Durability::normal;
    std::size_t cache_bytes = 16 << 20;  ///< page cache of the writing connection
    /// Makes the tables of a new file; runs in the transaction that also marks the file as ours.
    std::function<void(Connection&)> create;
    /// Brings a file of format `from` < `format_version` up to date, in one transaction.
    std::function<void(Connection&, std::uint32_t from)> migrate;
};

/// The right to write. Everything done through it is committed together, or not at all.
///
/// Bound to the thread that made it. The destructor rolls back what was not committed.
class WriteTransaction {
public:
    WriteTransaction(WriteTransaction&&) noexcept;
    WriteTransaction& operator=(WriteTransaction&&) = delete;
    ~WriteTransaction();

    Connection& connection();

    /// Until it ends, the page cache takes no more than `bytes`: enough for what is read or written
    /// in order, from one end to the other.
    void limit_cache(std::size_t bytes);

    /// Makes it durable as `Durability` says. Throws: `StorageError` (`disk_full` …); then nothing
    /// of it is in the file, and the transaction is over.
    void commit();

    /// Number that this transaction's commit will have or has: `Database::version` after it.
    std::uint64_t version() const;

private:
    friend class Database;
    struct Impl;
    explicit WriteTransaction(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// One whole state of the database, however long it is kept; never blocks a writer, nor is blocked.
class ReadTransaction {
public:
    ReadTransaction(ReadTransaction&&) noexcept;
    ReadTransaction& operator=(ReadTransaction&&) = delete;
    ~ReadTransaction();

    Connection& connection();

    /// Number of the last commit (of this `Database` object) that it sees: exactly those up to it.
    std::uint64_t version() const;

private:
    friend class Database;
    struct Impl;
    explicit ReadTransaction(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// A SQLite file in WAL mode: one writer at a time, readers beside it on connections of their own.
///
/// One process opens a file; a second is refused (`database_in_use`), by a lock on `<path>-lock`
/// that ends with the process, however it ends. Thread-safety: any thread.
class Database {
public:
    /// Throws: `StorageError` with `database_in_use`, `database_foreign`, `database_newer`,
    /// `database_damaged` or `storage_failed`, each saying what to do. The file is not touched
    /// then.
    explicit Database(DatabaseOptions options);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// Blocks while another thread writes. One per thread at a time (`InvalidState`).
    WriteTransaction begin_write();

    /// Never waits for another thread's transaction; at most for a COMMIT that is being made at
    /// this moment, with `Durability::full` that is its fsync. Uses an idle connection, or opens
    /// one.
    ReadTransaction begin_read();

    /// Number of the last commit; ascends, and may skip a number when a commit fails.
    std::uint64_t version() const;

    const std::filesystem::path& path() const;

private:
    friend class WriteTransaction;
    friend class ReadTransaction;
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace syncline
