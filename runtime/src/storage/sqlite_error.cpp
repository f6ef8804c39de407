#include "sqlite_error.hpp"

#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

namespace syncline::detail {
namespace {

std::string_view advice(ErrorCode code) {
    switch (code) {
        case ErrorCode::disk_full:
            return "; nothing was changed: make room and try again";
        case ErrorCode::database_damaged:
            return "; close the application and put back a good copy of the file, or move it away "
                   "and let a new one be filled from the server";
        case ErrorCode::database_in_use:
            return "; another connection holds it: close that one";
        default:
            return "";
    }
}

}  // namespace

ErrorCode storage_code(int result) {
    switch (result & 0xff) {
        case SQLITE_FULL:
            return ErrorCode::disk_full;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return ErrorCode::database_damaged;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return ErrorCode::database_in_use;
        default:
            return ErrorCode::storage_failed;
    }
}

void throw_storage_error(const std::string& file, std::string_view what, int result,
                         std::string_view message) {
    const ErrorCode code = storage_code(result);
    std::string text = file;
    text.append(": ").append(what).append(": ").append(message);
    text.append(" (SQLite ").append(std::to_string(result)).append(")").append(advice(code));
    throw StorageError(code, text);
}

void throw_storage_error(const std::string& file, std::string_view what, int result,
                         sqlite3* handle) {
    throw_storage_error(file, what, result,
                        handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(result));
}

void throw_storage_error(const std::string& file, std::string_view what,
                         const SQLite::Exception& error) {
    const int extended = error.getExtendedErrorCode();
    throw_storage_error(file, what, extended > 0 ? extended : error.getErrorCode(),
                        std::string_view(error.what()));
}

}  // namespace syncline::detail
