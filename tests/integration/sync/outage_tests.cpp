// What comes between a device and its server in a long life: tokens that expire at any moment,
// clocks that are set, servers and apps of other versions, days offline. Each ends with nothing
// lost, nothing doubled, and all in step.

#include <array>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>

#include "support/sync_world.hpp"

using namespace std::chrono_literals;
using namespace syncline;
using namespace syncline::test;

namespace {

struct OutageFixture : World {
    OutageFixture() {
        anna.answers_auth = false;
        anna.next_token = [this] { return "token" + std::to_string(++tokens); };
    }
    /// Anna is in step and has one increment of a counter to send.
    void one_to_send() {
        anna.create("a", "counted");
        BOOST_REQUIRE(anna.sync().ok);
        anna.update("a", add_visits(1));
    }
    void check_once() {
        BOOST_TEST(anna.state().pending == 0U);
        BOOST_TEST(anna.rejected.empty());
        ben.sync();
        BOOST_TEST(ben.visits("a") == 1);
        BOOST_TEST((anna.rows() == server.rows()));
    }

    int tokens = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(outage_tests, OutageFixture)

// --- Tokens -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_token_that_expires_before_a_push_is_replaced_and_the_push_is_made) {
    one_to_send();
    network.refuse_next(RequestError::unauthorized);
    BOOST_TEST(anna.sync().ok);
    BOOST_TEST(network.refused == "push ");
    BOOST_TEST(tokens == 2);
    check_once();
}

BOOST_AUTO_TEST_CASE(a_token_that_expires_during_a_push_that_is_done_does_not_do_it_twice) {
    one_to_send();
    network.refuse_answer_of_next(RequestError::unauthorized);
    BOOST_TEST(anna.sync().ok);
    BOOST_TEST(tokens == 2);
    check_once();
}

BOOST_AUTO_TEST_CASE(a_token_that_expires_after_a_push_leaves_what_was_applied_as_it_is) {
    one_to_send();
    anna.start();
    run();
    anna.update("a", patch_title("later"));
    network.refuse_next(RequestError::unauthorized);
    network.refuse_next(RequestError::unauthorized);
    pass(1h);
    BOOST_TEST((anna.status().phase == SyncPhase::auth_needed));
    BOOST_TEST(network.refused == "push push ");
    BOOST_TEST(anna.state().unsent == 1U);
    anna.loop->post([](SyncLoop& loop) { loop.set_token("another"); });
    run();
    BOOST_TEST(anna.title("a") == "later");
    check_once();
}

BOOST_AUTO_TEST_CASE(a_token_that_expires_again_much_later_is_replaced_again) {
    one_to_send();
    anna.start();
    run();
    for (int expiry = 2; expiry <= 4; ++expiry) {
        network.refuse_next(RequestError::unauthorized);
        pass(1h);
        BOOST_TEST((anna.status().phase == SyncPhase::idle));
        BOOST_TEST(tokens == expiry);
    }
    check_once();
}

// After a sleep the stream is cut and the token old: the pull and the next stream go out at one
// moment, with one token, and are both refused.
BOOST_AUTO_TEST_CASE(a_token_that_a_pull_and_a_stream_are_refused_with_is_replaced_once) {
    for (const bool stream_first : {false, true}) {
        BOOST_TEST_CONTEXT("the stream is refused first: " << stream_first) {
            OutageFixture world;
            world.one_to_send();
            world.anna.start();
            world.run();
            world.network.expired = "token" + std::to_string(world.tokens);
            world.anna.memory.set_reachable(false);  // cuts the stream
            world.anna.memory.set_reachable(true);
            if (stream_first) world.anna.faults.inject(testing::Fault::delay);
            world.pass(1min);
            BOOST_TEST((world.anna.status().phase == SyncPhase::idle));
            BOOST_TEST(world.tokens == 2);
            BOOST_TEST(world.anna.errors.empty());
            world.check_once();
        }
    }
}

// --- Refusals of a push that was done
// -------------------------------------------------------------

// But for `client_forked`, which says that nothing was done.
BOOST_AUTO_TEST_CASE(whatever_is_answered_to_a_push_that_was_done_it_is_done_once) {
    for (const RequestError error :
         {RequestError::invalid_request, RequestError::forbidden, RequestError::not_found,
          RequestError::too_large, RequestError::schema_unknown, RequestError::rate_limited,
          RequestError::internal, RequestError::unavailable, RequestError::damaged,
          RequestError::cursor_too_old, RequestError::epoch_changed}) {
        BOOST_TEST_CONTEXT(to_string(error)) {
            OutageFixture world;
            world.one_to_send();
            world.anna.start();
            world.network.refuse_answer_of_next(error);
            world.run();
            world.pass(10min);
            world.check_once();
        }
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_is_overloaded_is_left_alone_as_long_as_it_says) {
    for (const RequestError error : {RequestError::unavailable, RequestError::rate_limited}) {
        OutageFixture world;
        world.one_to_send();
        world.network.refuse_next(error, 20s);
        world.server.log.clear();
        world.anna.start();
        world.pass(20s);
        BOOST_TEST(world.server.log == "");
        world.pass(2s);
        world.check_once();
    }
}

// --- Clocks -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_clock_that_goes_back_years_between_writes_changes_no_order) {
    anna.sync();
    const WallTime today = clock.wall_now();
    for (const int years : {0, -30, 20, -10, 0}) {
        clock.set_wall(today + std::chrono::hours(24 * 365) * years);
        anna.create("n" + std::to_string(years + 100) + std::to_string(anna.state().pending),
                    "a row");
        if (years == 0 && anna.state().pending == 1) anna.create("a", "first");
        anna.update("a", patch_title("in year " + std::to_string(years)));
        anna.update("a", add_visits(1));
        BOOST_TEST(anna.title("a") == "in year " + std::to_string(years));
    }
    anna.update("a", patch_title("last"));
    BOOST_TEST(anna.sync().ok);
    BOOST_TEST(anna.rejected.empty());
    BOOST_TEST(anna.title("a") == "last");
    BOOST_TEST(anna.visits("a") == 5);
    ben.sync();
    BOOST_TEST((ben.rows() == anna.rows()));
}

BOOST_AUTO_TEST_CASE(a_clock_that_goes_back_during_a_wait_does_not_prolong_it) {
    one_to_send();
    anna.start();
    network.refuse_next(RequestError::unavailable, 20s);
    run();
    clock.set_wall(clock.wall_now() - std::chrono::hours(24 * 365 * 30));
    pass(22s);
    check_once();
}

// --- Versions -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_app_that_does_not_know_an_entity_keeps_its_rows_and_stays_in_step) {
    const std::array<EntitySchema, 1> notes{kNote};
    const Schema older{notes};
    Database db(Replica::database_options({}, Durability::normal));
    Replica replica(db, older, std::string(kScope), clock, Random(77));
    testing::MemoryTransport transport(network, executor);
    SyncHooks hooks;
    hooks.token = [] { return std::string("token"); };
    SyncLoop loop(replica, transport, executor, clock, Random(78), {}, std::move(hooks));
    loop.post([](SyncLoop& sync) { sync.start(); });
    for (int i = 0; i < 5; ++i) {
        anna.replica->create(kFolder, folder_row("f" + std::to_string(i), "a folder"));
        anna.create("a" + std::to_string(i), "a note");
        anna.sync();
        replica.create(kNote, note_row("old" + std::to_string(i), "of the older app"));
        run();
        pass(1min);
    }
    BOOST_TEST(replica.sync_state().resyncs == 0U);
    BOOST_TEST(replica.sync_state().pending == 0U);
    BOOST_TEST((*replica.sync_state().cursor == server.head()));
    anna.sync();
    BOOST_TEST(anna.state().resyncs == 0U);
    BOOST_TEST(replica.count(notes[0]).rows == 10U);
    BOOST_TEST((anna.rows() == server.rows()));
}

// --- Days offline -------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(ten_thousand_mutations_queued_offline_arrive_once_each) {
    anna.sync();
    for (int i = 0; i < 5'000; ++i) anna.create("n" + std::to_string(i), "offline");
    // Each another row than the one before: none is a part of another one.
    for (int i = 0; i < 5'000; ++i) anna.update("n" + std::to_string(i), add_visits(1));
    BOOST_TEST(anna.state().pending == 10'000U);
    for (int i = 0; i < 3; ++i) network.refuse_answer_of_next(RequestError::unavailable);
    anna.start();
    run();
    pass(10min);
    BOOST_TEST(anna.state().pending == 0U);
    BOOST_TEST(anna.rejected.empty());
    BOOST_TEST(server.rows().size() == 5'000U);
    BOOST_TEST((anna.rows() == server.rows()));
    for (int i = 0; i < 5'000; i += 97) BOOST_TEST(anna.visits("n" + std::to_string(i)) == 1);
}

// --- What was predicted
// ---------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_the_server_makes_of_a_write_is_what_was_predicted) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            World world;
            Random random(seed);
            world.anna.create("a", "a note");
            world.anna.sync();
            for (int i = 0; i < 30; ++i) {
                const auto value = static_cast<std::int8_t>(random.below(9));
                const Bytes patches[] = {patch_title("title " + std::to_string(value)),
                                         add_visits(value - 4),
                                         add_tag("tag" + std::to_string(value)),
                                         remove_tag("tag" + std::to_string(value)),
                                         patch_best(value),
                                         patch_priority(value),
                                         patch_done(value % 2 == 0)};
                world.anna.update("a", patches[random.below(std::size(patches))]);
            }
            const Rows predicted = world.anna.rows();
            BOOST_REQUIRE(world.anna.sync().ok);
            BOOST_REQUIRE((world.server.rows() == predicted));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
