// More than one request or answer holds.

#include <boost/test/unit_test.hpp>
#include <string>

#include "support/sync_world.hpp"

using namespace std::chrono_literals;
using namespace syncline;
using namespace syncline::test;

namespace {

struct SmallBatches : World {
    SmallBatches() : World(options()) {}
    static server::EngineOptions options() {
        server::EngineOptions options;
        options.limits.batch_mutations_max = 7;
        options.page_bytes_min = 1;
        options.page_bytes_default = 600;
        return options;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(batches_and_pages_tests, SmallBatches)

BOOST_AUTO_TEST_CASE(more_queued_mutations_than_one_batch_holds_must_all_arrive) {
    anna.sync();
    for (int i = 0; i < 100; ++i) anna.create("a" + std::to_string(i), "one of a hundred");
    const SyncResult result = anna.sync();
    BOOST_TEST(result.ok);
    BOOST_TEST(result.pushed == 100U);
    BOOST_TEST(anna.state().pending == 0U);
    BOOST_TEST(server.rows().size() == 100U);
    BOOST_TEST(ben.sync().ok);
    BOOST_TEST((ben.rows() == server.rows()));
}

BOOST_AUTO_TEST_CASE(a_batch_larger_than_was_known_is_refused_and_sent_in_parts) {
    // Before the first answer the client does not know that seven is the limit.
    for (int i = 0; i < 30; ++i) anna.create("a" + std::to_string(i), "one of thirty");
    BOOST_TEST(anna.sync().ok);
    BOOST_TEST(server.rows().size() == 30U);
}

BOOST_AUTO_TEST_CASE(a_snapshot_of_many_pages_that_is_cut_goes_on_where_it_was) {
    for (int i = 0; i < 100; ++i) anna.create("a" + std::to_string(i), "one of a hundred");
    anna.sync();
    ben.loop->post([](SyncLoop& sync) { sync.start(); });
    while (ben.state().rows_staged < 20) BOOST_REQUIRE(executor.run_one());
    const std::uint64_t staged = ben.state().rows_staged;
    BOOST_TEST(ben.title("a0") == "-");  // nothing is shown before all is there
    ben.restart();
    BOOST_TEST(ben.state().rows_staged == staged);
    ben.start();
    run();
    BOOST_TEST((ben.rows() == server.rows()));
}

BOOST_AUTO_TEST_CASE(a_change_during_a_snapshot_of_many_pages_is_not_lost) {
    for (int i = 0; i < 100; ++i) anna.create("a" + std::to_string(i), "one of a hundred");
    anna.sync();
    anna.start();
    run();
    ben.start();
    int made = 0;
    while (!ben.state().cursor || ben.state().staging) {
        anna.update("a" + std::to_string(made++ % 100), add_visits(1));
        for (int i = 0; i < 5; ++i) executor.run_one();
    }
    run();
    pass(1s);
    BOOST_TEST(made > 3);
    BOOST_TEST((ben.rows() == server.rows()));
}

BOOST_AUTO_TEST_SUITE_END()
