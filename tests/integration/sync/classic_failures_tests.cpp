// The failures that systems of this kind are known for, each by its name.

#include <boost/test/unit_test.hpp>
#include <string>

#include "support/sync_world.hpp"

using namespace std::chrono_literals;
using namespace syncline;
using namespace syncline::test;
using testing::Fault;

BOOST_FIXTURE_TEST_SUITE(classic_failures_tests, World)

BOOST_AUTO_TEST_CASE(a_push_must_not_move_the_pull_cursor) {
    anna.create("a", "by anna");
    BOOST_TEST(anna.sync().ok);
    ben.create("b", "by ben");
    // Ben's push is answered from behind what anna wrote; his cursor must still bring him that.
    BOOST_TEST(ben.sync().ok);
    BOOST_TEST(ben.title("a") == "by anna");

    // And an answer without a page, as a server may give, leaves the cursor where it was.
    const Cursor before = ben.cursor();
    PushResponse answer;
    answer.epoch = ben.state().epoch;
    answer.processed = Sequence{1};
    ben.replica->apply_outcomes(answer);
    BOOST_TEST((ben.cursor() == before));
}

BOOST_AUTO_TEST_CASE(a_pull_must_not_overwrite_a_pending_edit) {
    anna.create("a", "first");
    anna.sync();
    ben.sync();
    ben.update("a", patch_title("by ben, not sent yet"));
    anna.update("a", patch_done(true));
    anna.sync();
    ben.start();
    ben.faults.inject(Fault::lost_request);  // the push; the pull after it brings anna's edit
    run();
    BOOST_TEST(ben.title("a") == "by ben, not sent yet");
    pass(2min);
    BOOST_TEST(ben.title("a") == "by ben, not sent yet");
    anna.sync();
    BOOST_TEST(anna.title("a") == "by ben, not sent yet");
    BOOST_TEST((anna.rows() == ben.rows()));
}

BOOST_AUTO_TEST_CASE(a_conflict_must_not_empty_the_queue) {
    anna.replica->create(kFolder, folder_row("f", "first"));
    anna.sync();
    ben.sync();
    // `conflict: reject`: the second of two concurrent edits is refused.
    anna.replica->update(kFolder, "f", patch_folder_name("by anna"));
    ben.replica->update(kFolder, "f", patch_folder_name("by ben"));
    ben.create("b1", "behind the conflict");
    ben.create("b2", "and another");
    anna.sync();
    BOOST_TEST(ben.sync().ok);
    BOOST_REQUIRE(ben.rejected.size() == 1U);
    BOOST_TEST(ben.replica->rejected().size() == 1U);
    anna.sync();
    BOOST_TEST(anna.title("b1") == "behind the conflict");
    BOOST_TEST(anna.title("b2") == "and another");
    BOOST_TEST((anna.rows() == ben.rows()));
}

BOOST_AUTO_TEST_CASE(a_lost_push_answer_must_not_apply_twice_or_lose_the_outcome) {
    anna.create("a", "counted");
    anna.replica->create(kFolder, folder_row("f", "first"));
    anna.sync();
    ben.sync();
    anna.replica->update(kFolder, "f", patch_folder_name("by anna"));
    anna.sync();

    ben.update("a", add_visits(1));
    ben.replica->update(kFolder, "f", patch_folder_name("refused"));
    ben.faults.inject(Fault::lost_answer);
    BOOST_TEST(!ben.sync().ok);
    BOOST_TEST(ben.state().unsent == 2U);
    BOOST_TEST(ben.sync().ok);
    BOOST_TEST(ben.state().pending == 0U);
    BOOST_TEST(ben.visits("a") == 1);
    BOOST_TEST(ben.replica->rejected().size() == 1U);
    BOOST_TEST((ben.rows() == server.rows()));
}

BOOST_AUTO_TEST_CASE(a_rejected_mutation_must_not_block_the_ones_behind_it) {
    anna.create("a", "first");
    anna.sync();
    ben.sync();
    anna.replica->remove(kNote, "a");
    anna.sync();
    ben.update("a", patch_title("of a row that is gone"));
    for (int i = 0; i < 10; ++i) ben.create("b" + std::to_string(i), "behind it");
    BOOST_TEST(ben.sync().ok);
    BOOST_TEST(ben.state().pending == 0U);
    BOOST_TEST(ben.replica->rejected().size() == 1U);
    BOOST_TEST(server.rows().size() == 10U);
}

BOOST_AUTO_TEST_CASE(a_create_made_before_the_first_snapshot_must_survive_it) {
    anna.create("a", "at the server");
    anna.sync();
    ben.create("b", "before anything was pulled");
    ben.start();
    run();
    BOOST_TEST(server.log.find("push") != std::string::npos);
    BOOST_TEST(ben.title("a") == "at the server");
    BOOST_TEST(ben.title("b") == "before anything was pulled");
    BOOST_TEST(server.rows().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_change_arriving_while_another_is_applied_must_not_be_lost) {
    ben.start();
    run();
    // Each of anna's commits happens while ben is at some other step of taking the one before.
    for (int steps = 0; steps < 40; ++steps) {
        anna.create("a" + std::to_string(steps), "one of many");
        anna.sync();
        ben.create("b" + std::to_string(steps), "one of his");
        for (int i = 0; i < steps; ++i) executor.run_one();
    }
    run();
    pass(1s);
    BOOST_TEST(ben.state().pending == 0U);
    BOOST_TEST((ben.rows() == server.rows()));
    BOOST_TEST((ben.cursor() == server.head()));
}

BOOST_AUTO_TEST_CASE(a_change_is_found_though_its_live_frame_was_lost) {
    ben.start();
    run();
    ben.faults.inject(Fault::lost_frame);
    anna.create("a", "in a lost frame");
    anna.sync();
    run();
    BOOST_TEST(ben.title("a") == "-");
    pass(30s);  // the pull interval
    BOOST_TEST(ben.title("a") == "in a lost frame");

    // Or earlier, by the next frame, which does not follow on what is here.
    ben.faults.inject(Fault::lost_frame);
    anna.create("b", "lost");
    anna.sync();
    anna.create("c", "arrives");
    anna.sync();
    run();
    BOOST_TEST(ben.title("b") == "lost");
    BOOST_TEST(ben.title("c") == "arrives");
}

BOOST_AUTO_TEST_CASE(a_live_change_arrives_without_any_request) {
    ben.start();
    run();
    anna.start();
    run();
    server.log.clear();
    anna.create("a", "hello");
    run();
    BOOST_TEST(ben.title("a") == "hello");
    BOOST_TEST(server.log == "push ");
}

BOOST_AUTO_TEST_CASE(an_old_cursor_resyncs_and_keeps_the_queue) {
    anna.create("a", "stays");
    anna.create("gone", "is deleted");
    anna.sync();
    ben.sync();
    ben.create("b", "made offline");
    anna.replica->remove(kNote, "gone");
    anna.sync();
    server.engine().purge(kScope, server.head());
    BOOST_TEST(ben.sync().ok);
    BOOST_TEST(ben.title("gone") == "-");
    BOOST_TEST(ben.title("b") == "made offline");
    BOOST_TEST((ben.rows() == server.rows()));
}

BOOST_AUTO_TEST_CASE(a_server_whose_history_is_another_one_gets_the_queue) {
    anna.create("a", "in the old history");
    anna.sync();
    ben.sync();
    ben.create("b", "made offline");
    WorldServer other(clock, 99);
    network.server = &other;
    BOOST_TEST(ben.sync().ok);
    BOOST_TEST(ben.state().pending == 0U);
    BOOST_TEST(ben.title("b") == "made offline");
    BOOST_TEST((ben.rows() == other.rows()));
    network.server = &server;
}

BOOST_AUTO_TEST_SUITE_END()
