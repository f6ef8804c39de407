#pragma once

#include <string>

namespace syncline::detail {

/// Name of a SQLite VFS whose files are in memory and shared by all connections of the process.
///
/// SQLite's own `memdb` has no WAL: readers and the writer would exclude each other there. On this
/// one a database in memory behaves as one in a file does, concurrent readers included.
const char* memory_vfs();

/// A file name that no database of this process has had yet.
std::string new_memory_file();

/// Frees the file `name` and its WAL. No connection may be open on it.
void remove_memory_file(const std::string& name);

}  // namespace syncline::detail
