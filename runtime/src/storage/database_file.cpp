#include "database_file.hpp"

#include <sqlite3.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "sqlite_error.hpp"

#ifndef _WIN32
#include <fcntl.h>
#include <unistd.h>
#endif

namespace syncline::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeaderBytes = 100;
constexpr std::string_view kMagic{"SQLite format 3\0", 16};
using Header = std::array<unsigned char, kHeaderBytes>;

[[noreturn]] void refuse(ErrorCode code, const fs::path& path, const std::string& text) {
    throw StorageError(code, path.string() + ": " + text);
}

fs::path with_suffix(const fs::path& path, const char* suffix) {
    fs::path result = path;
    result += suffix;
    return result;
}

void remove_file(const fs::path& path) {
    std::error_code error;
    fs::remove(path, error);
    if (error) refuse(ErrorCode::storage_failed, path, "cannot be removed: " + error.message());
}

// So that the new name survives a power failure too.
void sync_folder([[maybe_unused]] const fs::path& path) {
#ifndef _WIN32
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    ::fsync(descriptor);
    ::close(descriptor);
#endif
}

bool is_absent_or_empty(const fs::path& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found) return true;
    if (status.type() == fs::file_type::directory) {
        refuse(ErrorCode::storage_failed, path, "is a folder; name a file in it");
    }
    if (error) refuse(ErrorCode::storage_failed, path, "cannot be opened: " + error.message());
    return fs::is_regular_file(status) && fs::file_size(path) == 0;
}

std::uint32_t big_endian(const Header& header, std::size_t at) {
    return std::uint32_t{header[at]} << 24 | std::uint32_t{header[at + 1]} << 16 |
           std::uint32_t{header[at + 2]} << 8 | std::uint32_t{header[at + 3]};
}

std::string foreign_text() {
    return "is not a database of this kind and was not touched; choose another path, or move the "
           "file away";
}

Header read_header(const fs::path& path) {
    // For writing too, so that a missing permission is told now and clearly.
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    if (!file) {
        refuse(ErrorCode::storage_failed, path,
               std::string("cannot be opened for reading and writing: ") + std::strerror(errno));
    }
    Header header{};
    file.read(reinterpret_cast<char*>(header.data()), header.size());
    if (file.gcount() < static_cast<std::streamsize>(header.size())) {
        refuse(ErrorCode::database_foreign, path, foreign_text());
    }
    return header;
}

void check_format(SqliteConnection& connection, const DatabaseOptions& options) {
    const std::int64_t format = connection.number("PRAGMA user_version");
    const auto known = static_cast<std::int64_t>(options.format_version);
    if (format > known) {
        refuse(ErrorCode::database_newer, options.path,
               "was written by a newer version (format " + std::to_string(format) +
                   ", this one reads up to " + std::to_string(known) +
                   ") and was not touched; update the application");
    }
    if (format < known && !options.migrate) {
        refuse(ErrorCode::storage_failed, options.path,
               "was written by an older version (format " + std::to_string(format) +
                   ") that this one cannot bring up to date");
    }
}

void migrate(SqliteConnection& connection, const DatabaseOptions& options) {
    const std::int64_t format = connection.number("PRAGMA user_version");
    if (format == static_cast<std::int64_t>(options.format_version)) return;
    connection.execute("BEGIN IMMEDIATE");
    try {
        options.migrate(connection, static_cast<std::uint32_t>(format));
        connection.execute("PRAGMA user_version=" + std::to_string(options.format_version));
        connection.execute("COMMIT");
    } catch (...) {
        connection.rollback();
        throw;
    }
}

// Closing must not write to a file that is refused.
void check_unmodified(SqliteConnection& connection, const DatabaseOptions& options) {
    connection.keep_wal_on_close(true);
    // Reads the schema, and so finds a file that is shorter than it says.
    connection.number("SELECT count(*) FROM sqlite_schema");
    if (connection.number("PRAGMA application_id") !=
        static_cast<std::int32_t>(options.application_id)) {
        refuse(ErrorCode::database_foreign, options.path, foreign_text());
    }
    check_format(connection, options);
    connection.keep_wal_on_close(false);
}

// After a death the WAL may hold a commit whose sync was not made, or has failed. SQLite shows it
// from now on; what was seen must not be taken away by a power failure again. A checkpoint syncs
// the WAL, copies it into the file, and syncs that: should the system have dropped the WAL's pages
// after the sync that failed, the file has them.
void bring_to_disk(SqliteConnection& connection, const std::string& file) {
    const int result = sqlite3_wal_checkpoint_v2(connection.handle(), nullptr,
                                                 SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    // Where there is no room to copy, the WAL was synced all the same: a reader can open the file.
    const int kind = result & 0xff;
    if (kind == SQLITE_OK || kind == SQLITE_FULL || kind == SQLITE_BUSY) return;
    throw_storage_error(file, "cannot bring what was found to the disk", result,
                        connection.handle());
}

}  // namespace

void make_file_if_absent(const DatabaseOptions& options) {
    if (!is_absent_or_empty(options.path)) return;
    const fs::path fresh = with_suffix(options.path, "-new");
    for (const char* suffix :
         {"-new", "-new-journal", "-new-wal", "-new-shm", "-wal", "-shm", "-journal"}) {
        remove_file(with_suffix(options.path, suffix));  // left by a death, or by a removed file
    }
    {
        SqliteConnection connection({.file = fresh.string(), .create = true});
        fill_new_database(connection, options);
    }
    std::error_code error;
    fs::rename(fresh, options.path, error);
    if (error) {
        refuse(ErrorCode::storage_failed, options.path, "cannot be made: " + error.message());
    }
    sync_folder(options.path);
}

void make_file_on_vfs_if_absent(const DatabaseOptions& options, ConnectionOptions how) {
    how.create = true;
    SqliteConnection connection(how);
    if (connection.number("SELECT count(*) FROM sqlite_schema") > 0) return;
    fill_new_database(connection, options);
}

void fill_new_database(SqliteConnection& connection, const DatabaseOptions& options) {
    connection.execute("PRAGMA journal_mode=WAL");
    connection.execute("BEGIN IMMEDIATE");
    try {
        connection.execute("PRAGMA application_id=" +
                           std::to_string(static_cast<std::int32_t>(options.application_id)));
        connection.execute("PRAGMA user_version=" + std::to_string(options.format_version));
        if (options.create) options.create(connection);
        connection.execute("COMMIT");
    } catch (...) {
        connection.rollback();
        throw;
    }
}

void check_header(const DatabaseOptions& options) {
    const Header header = read_header(options.path);
    const std::string_view magic(reinterpret_cast<const char*>(header.data()), kMagic.size());
    if (magic != kMagic || big_endian(header, 68) != options.application_id) {
        refuse(ErrorCode::database_foreign, options.path, foreign_text());
    }
    if (big_endian(header, 60) > options.format_version) {
        refuse(ErrorCode::database_newer, options.path,
               "was written by a newer version and was not touched; update the application");
    }
}

std::unique_ptr<SqliteConnection> open_file(const DatabaseOptions& options,
                                            const ConnectionOptions& how) {
    auto connection = std::make_unique<SqliteConnection>(how);
    check_unmodified(*connection, options);
    migrate(*connection, options);
    set_pragmas(*connection, options.durability);
    if (options.durability == Durability::full) bring_to_disk(*connection, how.file);
    return connection;
}

void set_pragmas(SqliteConnection& connection, Durability durability) {
    connection.execute(durability == Durability::full ? "PRAGMA synchronous=FULL"
                                                      : "PRAGMA synchronous=NORMAL");
    connection.execute("PRAGMA foreign_keys=off");
}

}  // namespace syncline::detail
