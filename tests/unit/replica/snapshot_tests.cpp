#include <boost/test/unit_test.hpp>

#include "replica_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

struct SnapshotFixture : ReplicaFixture {
    SnapshotFixture() : ReplicaFixture(false) {}

    void fill_server(int rows) {
        for (int i = 0; i < rows; ++i) server_note("s" + std::to_string(i), "server");
    }
    PageOutcome take_one_page(std::size_t rows_max) {
        return replica->apply_page(next_page(rows_max).message).outcome;
    }
    std::int64_t rows_in(std::string_view table) {
        auto read = db->begin_read();
        StatementUse rows(read.connection().prepare("SELECT count(*) FROM " + std::string(table)));
        rows->step();
        return rows->integer(0);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(snapshot_tests, SnapshotFixture)

BOOST_AUTO_TEST_CASE(a_snapshot_of_many_pages_is_seen_when_it_is_complete) {
    fill_server(10);
    create("mine", "bread");
    BOOST_TEST(take_one_page(4) == PageOutcome::staged);
    BOOST_TEST(state().staging);
    BOOST_TEST(state().staging_snapshot);
    BOOST_TEST(state().rows_staged == 4U);
    BOOST_TEST(replica->count(kNote).rows == 1U);
    BOOST_TEST(pull(4) == PageOutcome::applied);
    BOOST_TEST(replica->count(kNote).rows == 11U);
    BOOST_TEST(!state().staging);
}

BOOST_AUTO_TEST_CASE(a_snapshot_goes_on_where_it_was_when_the_process_died) {
    fill_server(10);
    take_one_page(4);
    reopen();
    BOOST_TEST(state().rows_staged == 4U);
    BOOST_TEST(take_one_page(1'000) == PageOutcome::applied);
    BOOST_TEST(replica->count(kNote).rows == 10U);
}

// --- A first sync that is shown as it arrives ----------------------------------------------------

BOOST_AUTO_TEST_CASE(a_first_sync_that_is_shown_is_read_page_by_page_and_has_no_cursor_yet) {
    replica->show_first_sync(true);
    fill_server(10);
    create("mine", "bread");
    BOOST_TEST(take_one_page(4) == PageOutcome::staged);
    BOOST_TEST(replica->count(kNote).rows == 5U);
    BOOST_TEST(!state().cursor.has_value());
    BOOST_TEST(title("s0") == "server");
    rename("s0", "mine");
    BOOST_TEST(take_one_page(4) == PageOutcome::staged);
    BOOST_TEST(title("s0") == "mine");
    BOOST_TEST(pull(4) == PageOutcome::applied);
    BOOST_TEST(replica->count(kNote).rows == 11U);
    BOOST_TEST(title("s0") == "mine");
    BOOST_TEST(state().pending == 2U);
    sync();
    BOOST_TEST(server_title("s0") == "mine");
    BOOST_TEST(rows_in("abandoned") == 0);
}

BOOST_AUTO_TEST_CASE(a_first_sync_that_is_shown_goes_on_after_the_process_died) {
    replica->show_first_sync(true);
    fill_server(10);
    take_one_page(4);
    reopen();  // shown or not: what was begun goes on as it was
    BOOST_TEST(state().rows_staged == 4U);
    BOOST_TEST(replica->count(kNote).rows == 4U);
    server_note("s1", "changed");
    server.remove("note", "s2");
    BOOST_TEST(take_one_page(3) == PageOutcome::staged);
    BOOST_TEST(replica->count(kNote).rows == 7U);
    BOOST_TEST(pull(4) == PageOutcome::applied);
    BOOST_TEST(replica->count(kNote).rows == 9U);
    BOOST_TEST(title("s1") == "changed");
    BOOST_TEST(title("s2") == "-");
}

BOOST_AUTO_TEST_CASE(what_was_shown_of_another_history_stays_until_all_of_the_new_one_is_there) {
    replica->show_first_sync(true);
    fill_server(10);
    take_one_page(4);
    rename("s0", "mine");
    server.begin_epoch(false);
    server_note("other", "history");
    server_note("s3", "again");
    BOOST_TEST(take_one_page(1) == PageOutcome::epoch_changed);
    BOOST_TEST(take_one_page(1) == PageOutcome::staged);
    BOOST_TEST(replica->count(kNote).rows == 4U);
    BOOST_TEST(title("other") == "-");
    BOOST_TEST(title("s0") == "mine");
    BOOST_TEST(pull() == PageOutcome::applied);
    BOOST_TEST(replica->count(kNote).rows == 2U);
    BOOST_TEST(title("other") == "history");
    BOOST_TEST(state().pending == 1U);
    BOOST_TEST(rows_in("abandoned") == 0);
}

BOOST_AUTO_TEST_CASE(a_resync_is_never_shown_in_parts) {
    replica->show_first_sync(true);
    fill_server(10);
    sync();
    replica->request_snapshot();
    server.remove("note", "s0");
    BOOST_TEST(take_one_page(4) == PageOutcome::staged);
    BOOST_TEST(replica->count(kNote).rows == 10U);
    BOOST_TEST(pull() == PageOutcome::applied);
    BOOST_TEST(replica->count(kNote).rows == 9U);
}

BOOST_AUTO_TEST_CASE(bytes_that_a_server_does_not_announce_are_not_made_up) {
    fill_server(10);
    take_one_page(4);
    BOOST_TEST(state().bytes_staged > 0U);
    BOOST_TEST(state().bytes_total == 0U);
}

BOOST_AUTO_TEST_CASE(what_changes_while_a_snapshot_is_sent_is_not_missed) {
    fill_server(6);
    take_one_page(3);
    server_note("s0", "changed");
    server.remove("note", "s1");
    server_note("late", "new");
    BOOST_TEST(pull(3) == PageOutcome::applied);
    BOOST_TEST(title("s0") == "changed");
    BOOST_TEST(title("s1") == "-");
    BOOST_TEST(title("late") == "new");
}

BOOST_AUTO_TEST_CASE(writes_made_while_a_snapshot_arrives_stay) {
    fill_server(6);
    create("before", "one");
    take_one_page(3);
    create("during", "two");
    rename("before", "three");
    BOOST_TEST(pull(3) == PageOutcome::applied);
    BOOST_TEST(title("before") == "three");
    BOOST_TEST(title("during") == "two");
    BOOST_TEST(state().pending == 3U);
    sync();
    BOOST_TEST(server_title("before") == "three");
}

BOOST_AUTO_TEST_CASE(a_snapshot_replaces_the_base_and_keeps_the_queue) {
    fill_server(3);
    sync();
    rename("s0", "mine");
    create("new", "mine");
    server.remove("note", "s1");
    replica->request_snapshot();
    BOOST_TEST(!state().cursor.has_value());
    BOOST_TEST(title("s0") == "mine");
    BOOST_TEST(title("s1") == "server");
    BOOST_TEST(pull() == PageOutcome::applied);
    BOOST_TEST(title("s0") == "mine");
    BOOST_TEST(title("s1") == "-");
    BOOST_TEST(state().pending == 2U);
}

BOOST_AUTO_TEST_CASE(the_rows_of_an_old_base_are_deleted) {
    fill_server(50);
    sync();
    replica->request_snapshot();
    pull();
    BOOST_TEST(rows_in("row_note") == 50);
    BOOST_TEST(rows_in("abandoned") == 0);
}

BOOST_AUTO_TEST_CASE(a_dropped_snapshot_leaves_no_rows) {
    fill_server(10);
    take_one_page(4);
    replica->request_snapshot();
    BOOST_TEST(!state().staging);
    BOOST_TEST(rows_in("row_note") == 0);
}

BOOST_AUTO_TEST_CASE(a_pull_of_many_pages_is_applied_at_once) {
    sync();
    fill_server(10);
    server.remove("note", "s9");
    BOOST_TEST(take_one_page(4) == PageOutcome::staged);
    BOOST_TEST(!state().staging_snapshot);
    BOOST_TEST(replica->count(kNote).rows == 0U);
    reopen();
    BOOST_TEST(pull(4) == PageOutcome::applied);
    BOOST_TEST(replica->count(kNote).rows == 9U);
    BOOST_TEST(rows_in("staged") == 0);
}

BOOST_AUTO_TEST_CASE(a_live_page_between_the_pages_of_a_pull_is_not_its_last_one) {
    sync();
    const Cursor start = *state().cursor;
    server_note("first", "one");
    const auto live = server.changes(start, state().client);
    fill_server(6);
    take_one_page(3);
    BOOST_TEST(replica->apply_page(live.message).outcome == PageOutcome::applied);
    BOOST_TEST(*state().cursor == live.message.to);
    BOOST_TEST(title("first") == "one");
    BOOST_TEST(state().staging);
    BOOST_TEST(replica->count(kNote).rows == 1U);
}

BOOST_AUTO_TEST_CASE(an_entity_whose_hash_is_not_given_is_no_difference) {
    // A server with an older schema serves rows of entities that it cannot check.
    server_note("a", "milk");
    sync();
    auto page = next_page();
    page.message.hashes = {{"folder", SetHash{}}};
    BOOST_TEST(replica->apply_page(page.message).outcome == PageOutcome::applied);
}

BOOST_AUTO_TEST_CASE(a_difference_in_the_hash_asks_for_a_snapshot_and_heals) {
    fill_server(3);
    sync();
    create("mine", "bread");
    {
        auto tx = db->begin_write();
        tx.connection().execute("UPDATE base_hash SET low = low + 1");
        tx.commit();
    }
    BOOST_TEST(pull() == PageOutcome::diverged);
    BOOST_TEST(!state().cursor.has_value());
    BOOST_TEST(state().resyncs == 1U);
    BOOST_TEST(pull() == PageOutcome::applied);
    BOOST_TEST(title("mine") == "bread");
    BOOST_TEST(state().pending == 1U);
}

BOOST_AUTO_TEST_CASE(another_epoch_keeps_the_queue_and_sends_again_what_it_does_not_know) {
    fill_server(2);
    create("mine", "bread");
    push();
    BOOST_TEST(state().unsent == 0U);
    pull();
    create("more", "cream");
    push();
    BOOST_TEST(state().unsent == 0U);
    server.begin_epoch(false);
    const auto page = server.changes(Cursor{}, state().client);
    BOOST_TEST(replica->apply_page(page.message).outcome == PageOutcome::epoch_changed);
    BOOST_TEST(title("more") == "cream");
    BOOST_TEST(pull() == PageOutcome::applied);
    BOOST_TEST(state().unsent == 1U);
    sync();
    BOOST_TEST(server_title("more") == "cream");
    BOOST_TEST(title("s0") == "-");
}

BOOST_AUTO_TEST_CASE(pages_of_two_histories_are_not_mixed) {
    fill_server(6);
    PullRequest request;
    request.client = state().client;
    BOOST_TEST(replica->apply_page(server.pull(request, 3).message).outcome == PageOutcome::staged);
    server.begin_epoch(false);
    server_note("new", "x");
    const auto page = server.changes(Cursor{}, state().client);
    BOOST_TEST(replica->apply_page(page.message).outcome == PageOutcome::epoch_changed);
    BOOST_TEST(!state().staging);
    BOOST_TEST(pull() == PageOutcome::applied);
    BOOST_TEST(replica->count(kNote).rows == 1U);
}

BOOST_AUTO_TEST_CASE(a_bad_row_changes_nothing) {
    server.put("note", "bad", Bytes(40, 0xff));
    BOOST_CHECK_THROW(pull(), ProtocolError);
    BOOST_TEST(!state().cursor.has_value());
    BOOST_TEST(rows_in("row_note") == 0);
}

BOOST_AUTO_TEST_CASE(a_row_under_another_id_is_refused) {
    server.put("note", "a", note_row("b", "milk"));
    BOOST_CHECK_THROW(pull(), ProtocolError);
}

BOOST_AUTO_TEST_CASE(a_page_of_another_scope_is_refused) {
    auto page = next_page();
    page.message.scope = "other";
    BOOST_CHECK_THROW(replica->apply_page(page.message), ProtocolError);
}

BOOST_AUTO_TEST_SUITE_END()
