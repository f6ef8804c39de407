#pragma once

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

#include "../../support/temporary_folder.hpp"
#include "syncline/base/error.hpp"
#include "syncline/storage/database.hpp"

/// A database of one table of texts.
struct StorageFixture {
    TemporaryFolder folder;

    syncline::DatabaseOptions options(const std::filesystem::path& path) const {
        syncline::DatabaseOptions result;
        result.path = path;
        result.application_id = 0x54657374;
        result.create = [](syncline::Connection& connection) {
            connection.execute("CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT)");
        };
        return result;
    }

    static void add(syncline::Connection& connection, std::string_view text) {
        connection.prepare("INSERT INTO word (text) VALUES (?)").bind(1, text).run();
    }

    static void add_committed(syncline::Database& db, std::string_view text) {
        auto tx = db.begin_write();
        add(tx.connection(), text);
        tx.commit();
    }

    static std::int64_t count(syncline::Connection& connection) {
        syncline::StatementUse rows(connection.prepare("SELECT count(*) FROM word"));
        rows->step();
        return rows->integer(0);
    }

    static std::int64_t count(syncline::Database& db) {
        auto read = db.begin_read();
        return count(read.connection());
    }
};

/// The code of the `StorageError` that `action` throws; `internal` if it throws none.
template <class Action>
syncline::ErrorCode storage_error(Action action) {
    try {
        action();
    } catch (const syncline::StorageError& error) {
        BOOST_TEST_MESSAGE(error.what());
        return error.code();
    }
    return syncline::ErrorCode::internal;
}

namespace syncline {
inline std::ostream& operator<<(std::ostream& out, ErrorCode code) {
    return out << to_string(code);
}
}  // namespace syncline
