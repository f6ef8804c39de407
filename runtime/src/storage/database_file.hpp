#pragma once

#include <filesystem>
#include <memory>

#include "connection.hpp"
#include "syncline/storage/database.hpp"

namespace syncline::detail {

/// Makes the database at `path` if there is none yet (or an empty file): under another name first,
/// so that what bears the name `path` is always whole. The caller holds its lock.
void make_file_if_absent(const DatabaseOptions& options);

/// As `make_file_if_absent` on another VFS, which has no folder to make it beside: a death within
/// leaves a file without tables, which is filled the next time.
void make_file_on_vfs_if_absent(const DatabaseOptions& options, ConnectionOptions connection);

/// Makes a new database with the tables and marks of `options` on `connection`, in WAL mode.
void fill_new_database(SqliteConnection& connection, const DatabaseOptions& options);

/// Throws: `StorageError` if the file at `options.path` is not a SQLite file of this kind, judged
/// by its first bytes, before SQLite touches it.
void check_header(const DatabaseOptions& options);

/// Opens the file for writing, checks that it can be used, and brings its format up to date.
/// Throws: `StorageError`; the file is as it was then.
std::unique_ptr<SqliteConnection> open_file(const DatabaseOptions& options,
                                            const ConnectionOptions& connection);

/// What every connection that stays open is told.
void set_pragmas(SqliteConnection& connection, Durability durability);

}  // namespace syncline::detail
