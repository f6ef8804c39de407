#include "syncline/storage/database.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "connection.hpp"
#include "database_file.hpp"
#include "file_lock.hpp"
#include "memory_vfs.hpp"
#include "sqlite_error.hpp"

namespace syncline {
namespace {

// Pages that a checkpoint copies at a time. A bulk load writes most pages more than once; the
// larger the WAL may grow, the fewer of these copies reach the file.
constexpr int kCheckpointPages = 4'000;
constexpr std::size_t kIdleReadersMax = 8;
constexpr std::size_t kReaderCacheBytes = 4 << 20;

std::filesystem::path resolved(const std::filesystem::path& path, bool is_on_system) {
    if (path.empty() || !is_on_system) return path;
    std::error_code error;
    std::filesystem::path result = std::filesystem::weakly_canonical(path, error);
    return error ? path : result;
}

}  // namespace

struct Database::Impl {
    explicit Impl(DatabaseOptions given);
    ~Impl();

    detail::ConnectionOptions writer_options() const;
    detail::ConnectionOptions reader_options() const;
    std::unique_ptr<detail::SqliteConnection> open_writer();
    std::unique_ptr<detail::SqliteConnection> take_reader();
    void return_reader(std::unique_ptr<detail::SqliteConnection> reader) noexcept;
    std::uint64_t pin(detail::SqliteConnection& reader);
    void commit(std::uint64_t version);
    void publish(std::uint64_t version);
    void checkpoint() noexcept;

    DatabaseOptions options;
    std::string memory_file;  // empty: the database is a file
    detail::FileLock lock;

    std::mutex write_mutex;                      // held by the write transaction
    std::atomic<std::thread::id> write_owner{};  // who has it
    int wal_pages = 0;                           // length of the WAL; guarded by write_mutex
    int checkpointed_pages = 0;                  // its length then; guarded by write_mutex
    std::unique_ptr<detail::SqliteConnection> writer;

    // A commit announces its number in `committing` before it can be seen, and in `committed` when
    // it surely can. A reader that finds both equal to what it read before it began sees exactly
    // the commits up to there, and has asked no lock.
    std::atomic<std::uint64_t> committing{0};
    std::atomic<std::uint64_t> committed{0};

    std::mutex pool_mutex;
    std::vector<std::unique_ptr<detail::SqliteConnection>> idle;  // guarded by pool_mutex
};

Database::Impl::Impl(DatabaseOptions given) : options(std::move(given)) {
    options.path = resolved(options.path, options.vfs.empty());
    writer = open_writer();
    sqlite3_wal_hook(
        writer->handle(),
        [](void* self, sqlite3*, const char*, int pages) {
            static_cast<Impl*>(self)->wal_pages = pages;
            return SQLITE_OK;
        },
        this);
}

Database::Impl::~Impl() {
    idle.clear();
    writer.reset();
    if (!memory_file.empty()) detail::remove_memory_file(memory_file);
}

detail::ConnectionOptions Database::Impl::writer_options() const {
    detail::ConnectionOptions how = reader_options();
    how.cache_bytes = options.cache_bytes;
    how.temporary_files = memory_file.empty();
    return how;
}

detail::ConnectionOptions Database::Impl::reader_options() const {
    if (!memory_file.empty()) {
        return {.file = memory_file, .vfs = detail::memory_vfs(), .cache_bytes = kReaderCacheBytes};
    }
    const char* const vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
    return {.file = options.path.string(), .vfs = vfs, .cache_bytes = kReaderCacheBytes};
}

std::unique_ptr<detail::SqliteConnection> Database::Impl::open_writer() {
    if (!options.path.empty() && !options.vfs.empty()) {
        auto how = writer_options();
        detail::make_file_on_vfs_if_absent(options, how);
        return detail::open_file(options, how);
    }
    if (!options.path.empty()) {
        lock = detail::FileLock(options.path);
        detail::make_file_if_absent(options);
        detail::check_header(options);
        return detail::open_file(options, writer_options());
    }
    memory_file = detail::new_memory_file();
    auto how = writer_options();
    how.create = true;
    auto connection = std::make_unique<detail::SqliteConnection>(how);
    detail::fill_new_database(*connection, options);
    detail::set_pragmas(*connection, options.durability);
    return connection;
}

std::unique_ptr<detail::SqliteConnection> Database::Impl::take_reader() {
    {
        const std::lock_guard guard(pool_mutex);
        if (!idle.empty()) {
            auto reader = std::move(idle.back());
            idle.pop_back();
            return reader;
        }
    }
    auto reader = std::make_unique<detail::SqliteConnection>(reader_options());
    reader->execute("PRAGMA query_only=on");
    return reader;
}

void Database::Impl::return_reader(std::unique_ptr<detail::SqliteConnection> reader) noexcept {
    reader->rollback();
    const std::lock_guard guard(pool_mutex);
    if (idle.size() < kIdleReadersMax) idle.push_back(std::move(reader));
}

std::uint64_t Database::Impl::pin(detail::SqliteConnection& reader) {
    for (;;) {
        const std::uint64_t before = committed.load();
        reader.prepare("BEGIN").run();
        reader.number("SELECT 1 FROM sqlite_schema LIMIT 1");
        if (committing.load() == before) return before;
        // Caught in the middle of a commit: whether it is seen cannot be told. The wait is for the
        // commit alone, not for the transaction that it ends.
        reader.rollback();
        if (committed.load() == before) committed.wait(before);
    }
}

void Database::Impl::commit(std::uint64_t version) {
    committing = version;
    try {
        writer->prepare("COMMIT").run();
    } catch (...) {
        // The number is spent on a commit of nothing, so that readers who wait for it go on.
        writer->rollback();
        publish(version);
        throw;
    }
    publish(version);
}

void Database::Impl::publish(std::uint64_t version) {
    committed = version;
    committed.notify_all();
}

void Database::Impl::checkpoint() noexcept {
    if (wal_pages < checkpointed_pages) checkpointed_pages = 0;  // the WAL began anew
    if (wal_pages < checkpointed_pages + kCheckpointPages) return;
    // If it fails, the next one gets its work; the commit is durable in the WAL regardless.
    sqlite3_wal_checkpoint_v2(writer->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                              nullptr);
    // While a reader keeps the WAL from beginning anew, it grows: do not try at every commit.
    checkpointed_pages = wal_pages;
}

Database::Database(DatabaseOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Database::~Database() = default;

std::uint64_t Database::version() const {
    return impl_->committed;
}

const std::filesystem::path& Database::path() const {
    return impl_->options.path;
}

struct WriteTransaction::Impl {
    explicit Impl(Database::Impl& database) : db(database), lock(db.write_mutex) {
        db.write_owner = std::this_thread::get_id();
    }
    ~Impl() {
        if (!done) db.writer->rollback();
        if (limited) db.writer->set_cache(db.options.cache_bytes);
        db.write_owner = std::thread::id();
    }

    Database::Impl& db;
    std::unique_lock<std::mutex> lock;
    std::uint64_t version = 0;
    bool done = false;
    bool limited = false;  // the page cache
};

WriteTransaction::WriteTransaction(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WriteTransaction::WriteTransaction(WriteTransaction&&) noexcept = default;
WriteTransaction::~WriteTransaction() = default;

Connection& WriteTransaction::connection() {
    return *impl_->db.writer;
}

std::uint64_t WriteTransaction::version() const {
    return impl_->version;
}

void WriteTransaction::limit_cache(std::size_t bytes) {
    impl_->limited = true;
    impl_->db.writer->set_cache(std::min(bytes, impl_->db.options.cache_bytes));
}

void WriteTransaction::commit() {
    if (impl_->done) throw InvalidState("a write transaction was committed twice");
    impl_->done = true;
    impl_->db.commit(impl_->version);
    impl_->db.checkpoint();
}

WriteTransaction Database::begin_write() {
    if (impl_->write_owner.load() == std::this_thread::get_id()) {
        throw InvalidState("this thread has a write transaction open already");
    }
    auto transaction = std::make_unique<WriteTransaction::Impl>(*impl_);
    impl_->writer->prepare("BEGIN IMMEDIATE").run();
    transaction->version = impl_->committed + 1;
    return WriteTransaction(std::move(transaction));
}

struct ReadTransaction::Impl {
    explicit Impl(Database::Impl& database) : db(database), reader(db.take_reader()) {
        version = db.pin(*reader);
    }
    ~Impl() {
        if (reader) db.return_reader(std::move(reader));
    }

    Database::Impl& db;
    std::unique_ptr<detail::SqliteConnection> reader;
    std::uint64_t version = 0;
};

ReadTransaction::ReadTransaction(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ReadTransaction::ReadTransaction(ReadTransaction&&) noexcept = default;
ReadTransaction::~ReadTransaction() = default;

Connection& ReadTransaction::connection() {
    return *impl_->reader;
}

std::uint64_t ReadTransaction::version() const {
    return impl_->version;
}

ReadTransaction Database::begin_read() {
    return ReadTransaction(std::make_unique<ReadTransaction::Impl>(*impl_));
}

}  // namespace syncline
