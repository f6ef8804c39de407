#include <boost/test/unit_test.hpp>

#include "replica_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

struct IdentityFixture : ReplicaFixture {
    IdentityFixture() : ReplicaFixture(false) {}
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(identity_tests, IdentityFixture)

BOOST_AUTO_TEST_CASE(sequences_go_on_after_the_queue_was_emptied_and_the_file_reopened) {
    create("a", "milk");
    create("b", "bread");
    sync();
    BOOST_TEST(state().pending == 0U);
    reopen();
    BOOST_TEST(create("c", "eggs").sequence == Sequence{3});
}

BOOST_AUTO_TEST_CASE(sequences_go_on_after_a_rejected_last_mutation) {
    sync();
    server.forbidden_ids.insert("b");
    create("a", "milk");
    create("b", "bread");
    push();
    reopen();
    BOOST_TEST(create("c", "eggs").sequence == Sequence{3});
}

BOOST_AUTO_TEST_CASE(a_ticket_from_before_is_not_taken_for_the_write_that_has_its_number_now) {
    create("a", "milk");
    sync();
    const MutationTicket second = create("b", "bread");
    const MutationTicket third = create("c", "eggs");
    replica->take_new_identity();
    Limits one;
    one.batch_mutations_max = 1;
    replica->apply_outcomes(server.push(replica->next_push(one)->request).message);
    pull();
    BOOST_TEST(state().pending == 1U);
    BOOST_TEST(!replica->write_status(second).has_value());
    BOOST_TEST((replica->write_status(third)->state == WriteState::local));
}

BOOST_AUTO_TEST_CASE(the_identity_is_kept_in_the_file) {
    const ClientId client = state().client;
    reopen();
    BOOST_TEST((state().client == client));
}

BOOST_AUTO_TEST_CASE(a_page_with_another_id_for_our_sequence_is_a_fork) {
    sync();
    create("a", "milk");
    push();
    auto page = next_page();
    page.message.applied_id = MutationId{12345};
    BOOST_TEST(replica->apply_page(page.message).outcome == PageOutcome::forked);
    BOOST_TEST(state().pending == 1U);
}

BOOST_AUTO_TEST_CASE(a_page_with_a_sequence_never_made_is_a_fork) {
    sync();
    auto page = next_page();
    page.message.applied = Sequence{5};
    BOOST_TEST(replica->apply_page(page.message).outcome == PageOutcome::forked);
}

BOOST_AUTO_TEST_CASE(the_id_of_a_mutation_that_left_is_still_known) {
    sync();
    create("a", "milk");
    sync();
    auto page = next_page();
    BOOST_TEST(replica->apply_page(page.message).outcome == PageOutcome::applied);
    page.message.applied_id = MutationId{12345};
    BOOST_TEST(replica->apply_page(page.message).outcome == PageOutcome::forked);
}

BOOST_AUTO_TEST_CASE(a_new_identity_numbers_the_queue_anew_and_loses_nothing) {
    create("a", "milk");
    sync();
    const ClientId before = state().client;
    const MutationTicket first = create("b", "bread");
    replica->transaction([&] {
        create("c", "eggs");
        rename("a", "cream");
    });
    replica->take_new_identity();
    BOOST_TEST((state().client != before));
    BOOST_TEST(state().pending == 3U);
    const auto push_now = replica->next_push({});
    BOOST_REQUIRE(push_now->request.transactions.size() == 2U);
    const Mutation& sent = push_now->request.transactions[0].mutations[0];
    BOOST_TEST(sent.sequence == Sequence{1});
    BOOST_TEST((sent.id == first.id));
    BOOST_TEST(RowView(sent.payload).string(note::kTitle) == "bread");
    BOOST_TEST(push_now->request.transactions[1].mutations.size() == 2U);
    reopen();
    BOOST_TEST(create("d", "x").sequence == Sequence{4});
    sync();
    BOOST_TEST(state().pending == 0U);
    BOOST_TEST(server_title("a") == "cream");
    BOOST_TEST(server_title("c") == "eggs");
}

BOOST_AUTO_TEST_CASE(copies_take_different_identities_and_what_they_have_in_common_is_done_once) {
    sync();
    const MutationTicket ticket = create("a", "milk");
    close();
    std::filesystem::copy_file(folder / "client.db", folder / "copy.db");
    open();
    Database copied(Replica::database_options(folder / "copy.db", Durability::normal));
    Replica copy(copied, kSchema, "scope", clock, Random(99));
    copy.create(kNote, note_row("b", "bread"));
    const ClientId former = state().client;
    replica->take_new_identity();
    copy.take_new_identity();
    BOOST_TEST((state().client != former));
    BOOST_TEST((state().client != copy.sync_state().client));
    sync();
    copy.apply_outcomes(server.push(copy.next_push({})->request).message);
    BOOST_TEST(server.rows().size() == 2U);
    BOOST_TEST(server.times_applied(ticket.id) == 1U);
    BOOST_TEST(copy.sync_state().rejected == 0U);
}

BOOST_AUTO_TEST_CASE(
    a_mutation_says_under_which_identity_it_was_made_however_many_there_were_since) {
    create("a", "milk");
    const ClientId first = state().client;
    BOOST_TEST(!replica->next_push({})->request.transactions[0].origin);
    replica->take_new_identity();
    const ClientId second = state().client;
    create("b", "bread");
    replica->take_new_identity();
    reopen();
    create("c", "eggs");
    const auto push_now = replica->next_push({});
    BOOST_REQUIRE(push_now->request.transactions.size() == 3U);
    BOOST_TEST((push_now->request.transactions[0].origin == first));
    BOOST_TEST((push_now->request.transactions[1].origin == second));
    BOOST_TEST(!push_now->request.transactions[2].origin);
}

BOOST_AUTO_TEST_CASE(what_is_decided_is_sent_again_under_a_new_identity_and_not_done_again) {
    sync();
    const MutationTicket ticket = create("a", "milk");
    push();
    create("b", "bread");
    replica->take_new_identity();
    BOOST_TEST(state().pending == 2U);
    BOOST_TEST(state().unsent == 2U);
    BOOST_TEST(title("a") == "milk");
    sync();
    BOOST_TEST(state().pending == 0U);
    BOOST_TEST(server.times_applied(ticket.id) == 1U);
    BOOST_TEST(title("a") == "milk");
    BOOST_TEST(server_title("b") == "bread");
}

BOOST_AUTO_TEST_SUITE_END()
