#include <boost/test/unit_test.hpp>

#include "replica_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

BOOST_FIXTURE_TEST_SUITE(page_tests, ReplicaFixture)

BOOST_AUTO_TEST_CASE(a_first_snapshot_brings_the_rows_and_the_cursor) {
    server_note("a", "milk");
    BOOST_TEST(!state().cursor.has_value());
    BOOST_TEST(pull() == PageOutcome::applied);
    BOOST_TEST(title("a") == "milk");
    BOOST_TEST(!pending("a"));
    BOOST_TEST(*state().cursor == server.head());
}

BOOST_AUTO_TEST_CASE(a_create_made_before_the_first_snapshot_survives_it) {
    create("mine", "bread");
    server_note("a", "milk");
    BOOST_TEST(pull() == PageOutcome::applied);
    BOOST_TEST(title("mine") == "bread");
    BOOST_TEST(pending("mine"));
    sync();
    BOOST_TEST(server_title("mine") == "bread");
    BOOST_TEST(!pending("mine"));
    BOOST_TEST(state().pending == 0U);
}

BOOST_AUTO_TEST_CASE(a_push_does_not_move_the_pull_cursor) {
    sync();
    const Cursor before = *state().cursor;
    server_note("other", "cheese");
    create("a", "milk");
    push();
    BOOST_TEST(*state().cursor == before);
    BOOST_TEST(title("other") == "-");
    BOOST_TEST(pull() == PageOutcome::applied);
    BOOST_TEST(title("other") == "cheese");
}

BOOST_AUTO_TEST_CASE(an_applied_mutation_stays_in_the_overlay_until_a_page_includes_it) {
    sync();
    create("a", "milk");
    push();
    BOOST_TEST(state().pending == 1U);
    BOOST_TEST(state().unsent == 0U);
    BOOST_TEST(!replica->next_push({}).has_value());
    BOOST_TEST(title("a") == "milk");
    BOOST_TEST(pending("a"));
    pull();
    BOOST_TEST(state().pending == 0U);
    BOOST_TEST(title("a") == "milk");
    BOOST_TEST(!pending("a"));
}

BOOST_AUTO_TEST_CASE(a_pull_does_not_overwrite_a_pending_edit) {
    server.put("note", "a", note_row({.id = "a", .title = "milk", .visits = 1}));
    sync();
    rename("a", "my milk");
    server.put("note", "a", note_row({.id = "a", .title = "their milk", .visits = 5}));
    pull();
    BOOST_TEST(title("a") == "my milk");
    // The field that was not edited is the server's.
    BOOST_TEST(replica->get(kNote, "a")->scalar<std::int32_t>(note::kVisits, 0) == 5);
    BOOST_TEST(state().pending == 1U);
    sync();
    BOOST_TEST(server_title("a") == "my milk");
}

BOOST_AUTO_TEST_CASE(a_lost_push_answer_is_found_in_the_next_page) {
    sync();
    const MutationTicket ticket = create("a", "milk");
    push(true);
    BOOST_TEST(state().unsent == 1U);
    pull();
    BOOST_TEST(state().pending == 0U);
    BOOST_TEST(server.times_applied(ticket.id) == 1U);
}

BOOST_AUTO_TEST_CASE(a_lost_rejection_is_recorded_from_the_next_page) {
    sync();
    server.forbidden_ids.insert("a");
    const MutationTicket ticket = create("a", "milk");
    push(true);
    const auto result = replica->apply_page(next_page().message);
    BOOST_REQUIRE(result.rejected.size() == 1U);
    BOOST_TEST((result.rejected[0].id == ticket.id));
    BOOST_TEST(replica->rejected().size() == 1U);
    BOOST_TEST(state().pending == 0U);
    BOOST_TEST(title("a") == "-");
}

BOOST_AUTO_TEST_CASE(a_rejected_mutation_does_not_block_those_behind_it) {
    sync();
    server.forbidden_ids.insert("bad");
    create("bad", "x");
    create("good", "y");
    push();
    BOOST_REQUIRE(replica->rejected().size() == 1U);
    const RejectedMutation rejected = replica->rejected()[0];
    BOOST_TEST(rejected.code == "not_allowed");
    BOOST_TEST(rejected.key == "bad");
    BOOST_TEST(RowView(rejected.payload).string(note::kTitle) == "x");
    BOOST_TEST(title("bad") == "-");
    BOOST_TEST(server_title("good") == "y");
    pull();
    BOOST_TEST(state().pending == 0U);
    BOOST_TEST(state().rejected == 1U);
}

BOOST_AUTO_TEST_CASE(a_rejected_update_shows_the_base_again) {
    server_note("a", "milk");
    sync();
    rename("a", "one");
    replica->next_push({});  // so that the next one is a mutation of its own
    rename("a", "two");
    PushResponse answer;
    answer.epoch = server.epoch();
    answer.processed = Sequence{2};
    Rejection rejection;
    rejection.sequence = Sequence{2};
    rejection.code = "no";
    answer.rejections.push_back(rejection);
    BOOST_TEST(replica->apply_outcomes(answer).size() == 1U);
    BOOST_TEST(title("a") == "one");
    BOOST_TEST(replica->apply_outcomes(answer).empty());
    BOOST_TEST(replica->rejected().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_page_that_comes_twice_changes_nothing) {
    sync();
    server_note("a", "milk");
    const auto page = next_page();
    BOOST_TEST(replica->apply_page(page.message).outcome == PageOutcome::applied);
    rename("a", "bread");
    BOOST_TEST(replica->apply_page(page.message).outcome == PageOutcome::applied);
    BOOST_TEST(title("a") == "bread");
    BOOST_TEST(state().pending == 1U);
}

BOOST_AUTO_TEST_CASE(an_old_page_is_ignored) {
    sync();
    server_note("a", "old");
    const auto old = next_page();
    server_note("a", "new");
    pull();
    BOOST_TEST(replica->apply_page(old.message).outcome == PageOutcome::ignored);
    BOOST_TEST(title("a") == "new");
}

BOOST_AUTO_TEST_CASE(a_row_that_is_older_than_the_base_is_not_taken) {
    sync();
    server_note("first", "x");
    server_note("a", "new");
    server.put("unheard", "u", note_row("u", "new"));
    pull();
    Page page;
    page.scope = "scope";
    page.epoch = server.epoch();
    page.from = page.to = *state().cursor;
    const Bytes older = note_row("a", "old");
    const Bytes older_unknown = note_row("u", "old");
    page.rows = {{"note", "a", Cursor{1}, ByteView(older)},
                 {"unheard", "u", Cursor{1}, ByteView(older_unknown)}};
    BOOST_TEST(replica->apply_page(page).outcome == PageOutcome::applied);
    BOOST_TEST(title("a") == "new");
    // With something pending, which is replayed on the base.
    replica->set_mutator("visit",
                         [](Replica& rows, ByteView) { rows.update(kNote, "a", add_visits(1)); });
    replica->mutate("visit", Bytes{});
    BOOST_TEST(replica->apply_page(page).outcome == PageOutcome::applied);
    BOOST_TEST(replica->explain(kNote, "a").base.string(note::kTitle) == "new");
    // The hashes tell whether the unknown one was taken.
    server_note("b", "another");
    BOOST_TEST(pull() == PageOutcome::applied);
}

BOOST_AUTO_TEST_CASE(of_a_row_that_is_staged_twice_the_newer_one_counts) {
    sync();
    const Bytes older = note_row("a", "old");
    const Bytes newer = note_row("a", "new");
    const Bytes place(8, 1);
    Page page;
    page.scope = "scope";
    page.epoch = server.epoch();
    page.from = *state().cursor;
    page.to = Cursor{page.from.value + 5};
    page.more = true;
    page.continuation = place;
    page.rows = {{"note", "a", Cursor{page.from.value + 4}, ByteView(newer)}};
    BOOST_TEST(replica->apply_page(page).outcome == PageOutcome::staged);
    page.rows = {{"note", "a", Cursor{page.from.value + 2}, ByteView(older)}};
    BOOST_TEST(replica->apply_page(page).outcome == PageOutcome::staged);
    page.more = false;
    page.rows.clear();
    BOOST_TEST(replica->apply_page(page).outcome == PageOutcome::applied);
    BOOST_TEST(title("a") == "new");
}

BOOST_AUTO_TEST_CASE(rows_of_an_entity_of_which_there_are_none_here_are_a_difference) {
    server_note("a", "milk");
    sync();
    Page page;
    page.scope = "scope";
    page.epoch = server.epoch();
    page.from = page.to = *state().cursor;
    const auto changes = server.changes(page.from, state().client);
    page.hashes = changes.message.hashes;
    BOOST_TEST(replica->apply_page(page).outcome == PageOutcome::applied);
    page.hashes.push_back({"nobody_here", {1, 2}});
    BOOST_TEST(replica->apply_page(page).outcome == PageOutcome::diverged);
}

BOOST_AUTO_TEST_CASE(a_page_from_beyond_the_cursor_is_a_gap) {
    sync();
    server_note("a", "one");
    const Cursor between = server.head();
    server_note("b", "two");
    const auto page = server.changes(between, state().client);
    BOOST_TEST(replica->apply_page(page.message).outcome == PageOutcome::gap);
    BOOST_TEST(title("b") == "-");
}

BOOST_AUTO_TEST_CASE(a_snapshot_that_nobody_asked_for_is_ignored) {
    sync();
    PullRequest request;
    request.snapshot = true;
    request.client = state().client;
    server_note("a", "milk");
    BOOST_TEST(replica->apply_page(server.pull(request, 10).message).outcome ==
               PageOutcome::ignored);
}

BOOST_AUTO_TEST_SUITE_END()
