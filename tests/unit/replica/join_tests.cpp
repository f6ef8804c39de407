#include <boost/test/unit_test.hpp>

#include "replica_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

struct JoinFixture : ReplicaFixture {
    explicit JoinFixture(bool in_memory = true) : ReplicaFixture(in_memory) {
        server_note("a", "milk");
        server_note("b", "bread");
        server.put("folder", "f", folder_row("f", "inbox"));
        sync();
    }

    MutationTicket set_done(std::string_view id, bool done) {
        return replica->update(kNote, id, patch_done(done));
    }
    MutationTicket visit(std::string_view id) { return replica->update(kNote, id, add_visits(1)); }
    bool done(std::string_view id) {
        return replica->get(kNote, id)->scalar<bool>(note::kDone, false);
    }
    std::int32_t server_visits(std::string_view id) {
        return RowView(*server.row("note", id)).scalar<std::int32_t>(note::kVisits, 0);
    }
    std::uint64_t pending() const { return state().pending; }
};

struct FileFixture : JoinFixture {
    FileFixture() : JoinFixture(false) {}
};

bool same(MutationTicket a, MutationTicket b) {
    return a.sequence == b.sequence && a.id == b.id;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(join_tests, JoinFixture)

BOOST_AUTO_TEST_CASE(a_thousand_changes_of_one_row_are_one_mutation) {
    for (int i = 0; i < 1'000; ++i) {
        set_done("a", false);
        set_done("a", true);
    }
    BOOST_TEST(pending() == 1U);
    BOOST_TEST(done("a"));
    sync();
    BOOST_TEST(pending() == 0U);
    BOOST_TEST(RowView(*server.row("note", "a")).scalar<bool>(note::kDone, false));
}

BOOST_AUTO_TEST_CASE(rows_of_two_entities_with_one_id_are_two_rows) {
    create("x", "a note");
    replica->create(kFolder, folder_row("x", "a folder"));
    rename("x", "note");
    replica->update(kFolder, "x", patch_folder_name("folder"));
    BOOST_TEST(pending() == 4U);
    sync();
    BOOST_TEST(server_title("x") == "note");
    const auto row = server.row("folder", "x");
    BOOST_TEST(RowView(*row).string(folder::kName) == "folder");
}

BOOST_AUTO_TEST_CASE(a_row_that_is_put_again_and_again_is_one_mutation) {
    for (const char* text : {"one", "two", "three"}) {
        replica->put(kNote, "a", note_row("a", text), patch_title(text));
    }
    BOOST_TEST(pending() == 1U);
    BOOST_TEST(title("a") == "three");
    replica->put(kNote, "new", note_row("new", "x"), patch_title("x"));
    BOOST_TEST(title("new") == "x");
}

BOOST_AUTO_TEST_CASE(a_part_has_the_ticket_of_the_whole) {
    const MutationTicket first = set_done("a", true);
    const MutationTicket second = rename("a", "oat milk");
    BOOST_TEST(same(first, second));
    BOOST_TEST(title("a") == "oat milk");
    BOOST_TEST(done("a"));
}

BOOST_AUTO_TEST_CASE(amounts_are_added_up_and_arrive_once) {
    for (int i = 0; i < 100; ++i) visit("a");
    BOOST_TEST(pending() == 1U);
    push(true);  // the answer is lost
    push();
    BOOST_REQUIRE(pull() == PageOutcome::applied);
    BOOST_TEST(server_visits("a") == 100);
}

BOOST_AUTO_TEST_CASE(what_was_handed_out_never_changes) {
    visit("a");
    const auto sent = replica->next_push({});
    visit("a");
    BOOST_TEST(pending() == 2U);
    server.push(sent->request);  // and its answer is lost
    push();
    BOOST_REQUIRE(pull() == PageOutcome::applied);
    BOOST_TEST(server_visits("a") == 2);
}

BOOST_AUTO_TEST_CASE(nothing_is_joined_across_a_mutation_of_another_row) {
    set_done("a", true);
    set_done("b", true);
    set_done("a", false);
    BOOST_TEST(pending() == 3U);
}

BOOST_AUTO_TEST_CASE(nothing_is_joined_across_a_create_a_remove_or_a_named_mutation) {
    set_done("a", true);
    create("c", "x");
    set_done("a", false);
    replica->mutate("unheard_of", {});
    set_done("a", true);
    remove("b");
    set_done("a", false);
    BOOST_TEST(pending() == 7U);
}

BOOST_AUTO_TEST_CASE(a_patch_is_no_part_of_a_create) {
    create("c", "x");
    set_done("c", true);
    set_done("c", false);
    BOOST_TEST(pending() == 2U);
}

BOOST_AUTO_TEST_CASE(what_a_transaction_holds_shares_no_fate_with_what_is_outside) {
    set_done("a", true);
    replica->transaction([&] {
        set_done("a", false);
        set_done("b", true);
    });
    set_done("b", false);
    BOOST_TEST(pending() == 4U);
    const auto batch = replica->next_push({});
    BOOST_REQUIRE(batch->request.transactions.size() == 3U);
    BOOST_TEST(batch->request.transactions[1].mutations.size() == 2U);
}

BOOST_AUTO_TEST_CASE(patches_within_one_transaction_are_joined) {
    replica->transaction([&] {
        create("c", "x");
        for (int i = 0; i < 10; ++i) visit("a");
    });
    BOOST_TEST(pending() == 2U);
    sync();
    BOOST_TEST(server_visits("a") == 10);
}

BOOST_AUTO_TEST_CASE(a_transaction_that_is_rolled_back_leaves_the_mutation_as_it_was) {
    visit("a");
    try {
        replica->transaction([&] {
            visit("a");
            visit("a");
            throw 1;
        });
    } catch (int) {
    }
    visit("a");
    BOOST_TEST(pending() == 1U);
    sync();
    BOOST_TEST(server_visits("a") == 2);
}

BOOST_AUTO_TEST_CASE(a_patch_made_on_another_version_of_the_row_stands_alone) {
    set_done("a", true);
    server_note("a", "theirs");
    pull();
    set_done("a", false);
    BOOST_TEST(pending() == 2U);
    BOOST_TEST(title("a") == "theirs");
}

BOOST_AUTO_TEST_CASE(a_rejection_bears_the_ticket_and_the_whole_patch) {
    const MutationTicket ticket = set_done("a", true);
    rename("a", "oat milk");
    server.forbidden_ids.insert("a");
    push();
    BOOST_REQUIRE(replica->rejected().size() == 1U);
    BOOST_TEST((replica->rejected()[0].id == ticket.id));
    BOOST_TEST(patch_entries(replica->rejected()[0].payload).size() == 2U);
    BOOST_TEST(title("a") == "milk");
}

BOOST_AUTO_TEST_CASE(a_patch_that_grows_long_is_continued_in_another_one) {
    for (int i = 0; i < 40; ++i) {
        replica->update(kNote, "a", add_tag(std::string(4'000, 'x') + std::to_string(i)));
    }
    BOOST_TEST(pending() > 1U);
    BOOST_TEST(pending() < 10U);
    sync();
    BOOST_TEST(RowView(*server.row("note", "a")).string_elements(note::kTags).size() == 40U);
}

BOOST_AUTO_TEST_CASE(a_long_text_written_again_and_again_is_one_mutation) {
    for (char c = 'a'; c < 'e'; ++c) rename("a", std::string(100'000, c));
    BOOST_TEST(pending() == 1U);
}

// A copy of the file that was made in between may have sent the first part. The same number with
// the same id would be taken for it, and what was added would be lost.
BOOST_AUTO_TEST_CASE(the_whole_is_another_mutation_to_the_server_than_its_first_part) {
    const MutationTicket ticket = visit("a");
    visit("a");
    const auto batch = replica->next_push({});
    const Mutation& sent = batch->request.transactions[0].mutations[0];
    BOOST_TEST(sent.sequence == ticket.sequence);
    BOOST_TEST((sent.id != ticket.id));
}

BOOST_AUTO_TEST_CASE(stamps_are_those_of_the_last_part_and_never_go_back) {
    clock.wall += std::chrono::seconds(10);
    const auto latest = clock.wall;
    set_done("a", true);
    clock.wall -= std::chrono::seconds(5);
    set_done("a", false);
    server.put("note", "a", note_row("a", "theirs"));  // made anew over another base
    pull();
    const auto stamp = replica->get(kNote, "a")->scalar<std::int64_t>(note::kUpdatedAt, 0);
    BOOST_TEST(stamp == latest.time_since_epoch().count());
}

BOOST_FIXTURE_TEST_CASE(what_is_in_the_file_when_it_is_opened_may_have_been_sent, FileFixture) {
    visit("a");
    push(true);
    reopen();
    visit("a");
    visit("a");
    BOOST_TEST(pending() == 2U);
    sync();
    BOOST_TEST(server_visits("a") == 3);
}

BOOST_FIXTURE_TEST_CASE(what_was_joined_is_in_the_file, FileFixture) {
    visit("a");
    visit("a");
    reopen();
    BOOST_TEST(pending() == 1U);
    sync();
    BOOST_TEST(server_visits("a") == 2);
}

BOOST_AUTO_TEST_SUITE_END()
