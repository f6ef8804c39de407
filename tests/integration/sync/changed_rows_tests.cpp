// A row of the server's file that changed behind its back and is still a valid one: only the hashes
// tell. Nobody can say what it was; what is known is said, and all go on with what the server has.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

#include "support/sync_world.hpp"

using namespace std::chrono_literals;
using namespace syncline;
using namespace syncline::test;

namespace {

struct ChangedFixture : World {
    ChangedFixture() {
        anna.create("a", "true");
        anna.create("b", "a note");
        anna.sync();
        server.change_silently("note", "a", note_row("a", "false"));
        server.log.clear();
    }
    std::size_t snapshots() const {
        std::size_t count = 0;
        for (std::size_t at = 0; (at = server.log.find("snapshot", at)) != std::string::npos; ++at)
            ++count;
        return count;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(changed_rows_tests, ChangedFixture)

BOOST_AUTO_TEST_CASE(a_client_that_cannot_agree_with_the_server_does_not_resync_for_ever) {
    ben.start();
    pass(24h);
    BOOST_TEST(snapshots() <= 3U);
    BOOST_TEST(ben.title("a") == "false");
    BOOST_TEST(ben.title("b") == "a note");
    BOOST_TEST((ben.cursor() == server.head()));
}

BOOST_AUTO_TEST_CASE(it_goes_on_sending_and_receiving) {
    ben.start();
    pass(1min);
    ben.create("c", "by ben");
    pass(1min);
    BOOST_TEST(ben.state().pending == 0U);
    BOOST_TEST(server.rows().contains("note/c"));
    anna.sync();
    anna.update("b", patch_title("by anna"));
    anna.sync();
    pass(1min);
    BOOST_TEST(ben.title("b") == "by anna");
    BOOST_TEST((ben.cursor() == server.head()));
}

BOOST_AUTO_TEST_CASE(the_status_says_so_and_so_does_one_call) {
    ben.start();
    pass(1h);
    BOOST_REQUIRE(ben.status().last_error.has_value());
    BOOST_TEST(ben.status().last_error->code == "server_differs");
    BOOST_TEST(ben.status().last_error->text.find("note") != std::string::npos);
    BOOST_TEST((ben.status().phase == SyncPhase::idle));
    BOOST_TEST(ben.status().online);
    const auto told =
        std::count_if(ben.errors.begin(), ben.errors.end(),
                      [](const SyncError& error) { return error.code == "server_differs"; });
    BOOST_TEST(told == 1);
    BOOST_TEST(ben.state().resyncs <= 2U);
}

BOOST_AUTO_TEST_CASE(a_client_that_has_the_true_row_keeps_it_until_it_is_changed) {
    anna.start();
    pass(1h);
    BOOST_TEST(anna.state().resyncs == 0U);
    BOOST_TEST(anna.title("a") == "true");
}

// The old sum has the true row in it, the new one the other: the difference stays.
BOOST_AUTO_TEST_CASE(what_is_written_over_the_row_arrives_and_the_difference_is_still_told) {
    ben.start();
    pass(1min);
    server.log.clear();
    ben.update("a", patch_title("mended"));
    pass(1h);
    BOOST_TEST(ben.state().pending == 0U);
    BOOST_TEST(ben.title("a") == "mended");
    BOOST_TEST(snapshots() == 0U);
    BOOST_TEST(ben.status().last_error->code == "server_differs");
}

BOOST_AUTO_TEST_CASE(when_the_server_has_made_its_hashes_anew_all_agree) {
    anna.start();
    ben.start();
    pass(1min);
    BOOST_TEST(server.engine().recount() == 1U);
    server.log.clear();
    pass(10min);
    BOOST_TEST(snapshots() == 1U);  // anna's, who had the true row
    for (const WorldClient* client : {&anna, &ben}) {
        BOOST_TEST(!client->status().last_error.has_value());
        BOOST_TEST(client->title("a") == "false");
        BOOST_TEST((client->rows() == server.rows()));
    }
}

BOOST_AUTO_TEST_CASE(rows_that_differ_besides_are_found_as_ever) {
    ben.start();
    pass(1min);
    server.change_silently("note", "b", note_row("b", "false, too"));
    ben.restart();  // and what it keeps in memory is gone
    server.log.clear();
    anna.sync();
    anna.create("c", "new");
    anna.sync();
    pass(24h);
    BOOST_TEST(ben.title("b") == "false, too");
    BOOST_TEST(ben.title("c") == "new");
    BOOST_TEST(snapshots() <= 4U);
}

BOOST_AUTO_TEST_SUITE_END()
