#include <boost/test/unit_test.hpp>

#include "replica_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

/// A file of the present format, with a row, a mutation of it in the queue that is tracked, and one
/// of another scope; `go_back` makes it one of a former format.
struct OldFile : ReplicaFixture {
    OldFile() : ReplicaFixture(false) {
        {
            Replica other(*db, kSchema, "other scope", clock, Random(77));
            other_ticket = other.create(kNote, note_row("o", "theirs"));
            other.track_write(other_ticket);
        }
        create("a", "milk");
        ticket = rename("a", "oat milk");
        replica->track_write(ticket);
        close();
    }

    void go_back(std::uint32_t format, const char* also = "SELECT 1") {
        std::vector<std::string> statements{
            "ALTER TABLE queue DROP COLUMN origin_high", "ALTER TABLE queue DROP COLUMN origin_low",
            "ALTER TABLE scope ADD COLUMN settled INTEGER NOT NULL DEFAULT 0"};
        if (format < 3) {
            // They were counted for all scopes together.
            statements.emplace_back("UPDATE tracked SET number = scope * 10 + number % 10");
            statements.emplace_back("ALTER TABLE scope DROP COLUMN staging_bytes_total");
            statements.emplace_back("ALTER TABLE scope DROP COLUMN staging_priority");
        }
        if (format < 2) {
            statements.emplace_back("ALTER TABLE queue DROP COLUMN ticket");
            statements.emplace_back("DROP TABLE tracked");
            statements.emplace_back("ALTER TABLE scope DROP COLUMN staging_bytes");
        }
        statements.emplace_back(also);
        statements.push_back("PRAGMA user_version = " + std::to_string(format));
        execute(statements);
    }

    void execute(const std::vector<std::string>& statements) {
        DatabaseOptions options =
            Replica::database_options(folder / "client.db", Durability::normal);
        options.migrate = {};
        Database file(std::move(options));
        WriteTransaction transaction = file.begin_write();
        for (const std::string& sql : statements) transaction.connection().execute(sql);
        transaction.commit();
    }

    void check_all_is_there() {
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

    MutationTicket ticket;
    MutationTicket other_ticket;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(migration_tests, OldFile)

BOOST_AUTO_TEST_CASE(a_file_of_the_first_format_is_opened_with_all_that_is_in_it) {
    go_back(1);
    check_all_is_there();
}

BOOST_AUTO_TEST_CASE(a_file_of_the_second_format_is_opened_with_all_that_is_in_it) {
    go_back(2);
    check_all_is_there();
    BOOST_TEST((replica->write_status(ticket)->state == WriteState::applied));
}

BOOST_AUTO_TEST_CASE(a_file_of_the_third_format_is_opened_with_all_that_is_in_it) {
    go_back(3);
    check_all_is_there();
    BOOST_TEST((replica->write_status(ticket)->state == WriteState::applied));
}

BOOST_AUTO_TEST_CASE(what_a_file_of_the_second_format_tracked_is_not_aged_by_another_scope) {
    go_back(2);
    open();
    sync();
    Replica other(*db, kSchema, "other scope", clock, Random(78));
    for (int i = 0; i < 1'100; ++i) {
        const auto made = other.create(kNote, note_row("n" + std::to_string(i), "theirs"));
        BOOST_REQUIRE(other.track_write(made));
    }
    BOOST_TEST((replica->write_status(ticket)->state == WriteState::applied));
    BOOST_TEST((other.write_status(other_ticket)->state == WriteState::local));
}

// The new identity that it took kept what had been applied before from being sent again.
BOOST_AUTO_TEST_CASE(what_a_file_of_the_third_format_held_as_settled_leaves_its_queue) {
    go_back(3, "UPDATE scope SET settled = 1, confirmed = 1 WHERE name = 'scope'");
    open();
    BOOST_TEST(state().unsent == 2U);
    sync();
    BOOST_TEST(state().pending == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
