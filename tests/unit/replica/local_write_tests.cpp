#include <boost/test/unit_test.hpp>

#include "replica_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

BOOST_FIXTURE_TEST_SUITE(local_write_tests, ReplicaFixture)

BOOST_AUTO_TEST_CASE(a_created_row_is_read_and_queued) {
    const MutationTicket ticket = create("a", "milk");
    BOOST_TEST(title("a") == "milk");
    BOOST_TEST(pending("a"));
    BOOST_TEST(ticket.sequence == Sequence{1});
    BOOST_TEST(state().pending == 1U);
    BOOST_TEST(state().unsent == 1U);
    BOOST_TEST(replica->count(kNote).rows == 1U);
}

BOOST_AUTO_TEST_CASE(a_second_row_with_one_id_is_refused) {
    create("a", "milk");
    BOOST_CHECK_THROW(create("a", "bread"), InvalidArgument);
    BOOST_TEST(title("a") == "milk");
    BOOST_TEST(state().pending == 1U);
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_row_are_refused) {
    BOOST_CHECK_THROW(replica->create(kNote, Bytes{1, 2, 3}), InvalidArgument);
    BOOST_CHECK_THROW(replica->update(kNote, "a", Bytes{1, 2, 3}), NotFound);
    create("a", "milk");
    BOOST_CHECK_THROW(replica->update(kNote, "a", Bytes{1, 2, 3}), InvalidArgument);
    BOOST_TEST(state().pending == 1U);
}

BOOST_AUTO_TEST_CASE(an_update_changes_the_view_and_is_queued_after_the_create) {
    create("a", "milk");
    BOOST_TEST(rename("a", "bread").sequence == Sequence{2});
    BOOST_TEST(title("a") == "bread");
    const auto push = replica->next_push({});
    BOOST_REQUIRE(push);
    BOOST_REQUIRE(push->request.transactions.size() == 2U);
    const Mutation& made = push->request.transactions[0].mutations[0];
    BOOST_TEST((made.kind == MutationKind::create));
    // What is sent is the row as it was created, not as it became.
    BOOST_TEST(RowView(made.payload).string(note::kTitle) == "milk");
}

BOOST_AUTO_TEST_CASE(an_update_of_no_row_is_not_found) {
    BOOST_CHECK_THROW(rename("a", "x"), NotFound);
}

BOOST_AUTO_TEST_CASE(an_empty_patch_writes_nothing) {
    create("a", "milk");
    replica->update(kNote, "a", {});
    replica->update(kNote, "a", PatchBuilder(kNote).finish());
    BOOST_TEST(state().pending == 1U);
}

BOOST_AUTO_TEST_CASE(a_removed_row_is_gone_and_can_be_made_again) {
    create("a", "milk");
    BOOST_TEST(remove("a").has_value());
    BOOST_TEST(!remove("a").has_value());
    BOOST_TEST(title("a") == "-");
    BOOST_TEST(pending("a"));
    create("a", "bread");
    BOOST_TEST(title("a") == "bread");
    BOOST_TEST(state().pending == 3U);
}

BOOST_AUTO_TEST_CASE(a_transaction_that_throws_leaves_nothing) {
    create("a", "milk");
    BOOST_CHECK_THROW(replica->transaction([&] {
        create("b", "bread");
        rename("a", "cream");
        throw InvalidArgument("no");
    }),
                      InvalidArgument);
    BOOST_TEST(title("a") == "milk");
    BOOST_TEST(title("b") == "-");
    BOOST_TEST(state().pending == 1U);
    BOOST_TEST(create("c", "eggs").sequence == Sequence{2});
}

BOOST_AUTO_TEST_CASE(a_transaction_reads_its_own_writes_and_others_do_not) {
    replica->transaction([&] {
        create("a", "milk");
        BOOST_TEST(title("a") == "milk");
        BOOST_TEST(replica->count(kNote).rows == 1U);
        BOOST_TEST(state().pending == 1U);
    });
}

BOOST_AUTO_TEST_CASE(the_mutations_of_a_transaction_are_sent_as_one) {
    replica->transaction([&] {
        create("a", "milk");
        replica->transaction([&] { create("b", "bread"); });
    });
    create("c", "eggs");
    const auto push = replica->next_push({});
    BOOST_REQUIRE(push->request.transactions.size() == 2U);
    BOOST_TEST(push->request.transactions[0].mutations.size() == 2U);
}

BOOST_AUTO_TEST_CASE(half_of_a_transaction_cannot_be_saved_by_catching_its_failure) {
    BOOST_CHECK_THROW(replica->transaction([&] {
        try {
            replica->transaction([&] {
                create("a", "milk");
                throw InvalidArgument("no");
            });
        } catch (const InvalidArgument&) {
        }
        create("b", "bread");
    }),
                      InvalidState);
    BOOST_TEST(title("a") == "-");
    BOOST_TEST(title("b") == "-");
    BOOST_TEST(state().pending == 0U);
}

BOOST_AUTO_TEST_CASE(a_refused_write_that_wrote_nothing_may_be_caught) {
    replica->transaction([&] {
        create("a", "milk");
        BOOST_CHECK_THROW(create("a", "bread"), InvalidArgument);
        create("b", "bread");
    });
    BOOST_TEST(replica->count(kNote).rows == 2U);
}

BOOST_AUTO_TEST_CASE(read_sees_one_state) {
    create("a", "milk");
    replica->read([&] {
        BOOST_TEST(replica->count(kNote).rows == 1U);
        create("b", "bread");
        BOOST_TEST(replica->count(kNote).rows == 1U);
    });
    BOOST_TEST(replica->count(kNote).rows == 2U);
}

BOOST_AUTO_TEST_CASE(a_visitor_may_write_and_select_again) {
    for (const char* id : {"a", "b", "c"}) create(id, "milk");
    int seen = 0;
    const auto nested = [&](Row row) {
        rename(row.string(note::kId), "bread");
        replica->select(kNote, {}, [&](Row) { return ++seen > 0; });
        return true;
    };
    replica->select(kNote, {}, nested);
    BOOST_TEST(seen == 9);
    replica->read([&] { replica->select(kNote, {}, nested); });
    BOOST_TEST(seen == 18);
    replica->transaction([&] { replica->select(kNote, {}, nested); });
    BOOST_TEST(seen == 27);
}

BOOST_AUTO_TEST_SUITE_END()
