#pragma once

#include <string>
#include <string_view>

#include "syncline/storage/statement.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace syncline {

// SQLiteCpp's statements copy what is bound and allocate for each column read; rows pass through
// here by the hundred thousand, so these are SQLite's own.
struct Statement::Impl {
    Impl(sqlite3* connection, std::string file_name, std::string_view sql);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void check(int result, std::string_view what) const;

    sqlite3* handle;
    sqlite3_stmt* statement = nullptr;
    std::string file;
    bool bound = false;
};

}  // namespace syncline
