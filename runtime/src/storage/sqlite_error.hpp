#pragma once

#include <string>

#include "syncline/base/error.hpp"

struct sqlite3;

namespace SQLite {
class Exception;
}

namespace syncline::detail {

/// Our code for one of SQLite's result codes, plain or extended.
ErrorCode storage_code(int result);

/// Throws a `StorageError` for `result`; `what` says what was tried, e.g. "cannot write".
[[noreturn]] void throw_storage_error(const std::string& file, std::string_view what, int result,
                                      std::string_view message);

/// As above, with the message that the connection has for its last error.
[[noreturn]] void throw_storage_error(const std::string& file, std::string_view what, int result,
                                      sqlite3* handle);

/// As above, for what SQLiteCpp threw.
[[noreturn]] void throw_storage_error(const std::string& file, std::string_view what,
                                      const SQLite::Exception& error);

}  // namespace syncline::detail
