#include <boost/test/unit_test.hpp>

#include "replica_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

// A file as the first format had it, with a row and a mutation of it in the queue.
struct OldFile : ReplicaFixture {
    OldFile() : ReplicaFixture(false) {
        create("a", "milk");
        rename("a", "oat milk");
        close();
        DatabaseOptions options =
            Replica::database_options(folder / "client.db", Durability::normal);
        options.migrate = {};
        Database file(std::move(options));
        WriteTransaction transaction = file.begin_write();
        for (const char* sql :
             {"ALTER TABLE queue DROP COLUMN ticket", "DROP TABLE tracked",
              "ALTER TABLE queue DROP COLUMN origin_high",
              "ALTER TABLE queue DROP COLUMN origin_low",
              "ALTER TABLE scope ADD COLUMN settled INTEGER NOT NULL DEFAULT 0",
              "ALTER TABLE scope DROP COLUMN staging_bytes",
              "ALTER TABLE scope DROP COLUMN staging_bytes_total",
              "ALTER TABLE scope DROP COLUMN staging_priority", "PRAGMA user_version = 1"}) {
            transaction.connection().execute(sql);
        }
        transaction.commit();
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(migration_tests, OldFile)

BOOST_AUTO_TEST_CASE(a_file_of_the_first_format_is_opened_with_all_that_is_in_it) {
    open();
    BOOST_TEST(title("a") == "oat milk");
    BOOST_TEST(state().pending == 2U);
    rename("a", "soy milk");
    rename("a", "no milk");
    BOOST_TEST(state().pending == 3U);
    sync();
    BOOST_TEST(server_title("a") == "no milk");
    reopen();
    BOOST_TEST(title("a") == "no milk");
}

BOOST_AUTO_TEST_SUITE_END()
