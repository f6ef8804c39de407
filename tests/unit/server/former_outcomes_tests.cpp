// Databases that are copies of one another, and what they have in common: done once, whoever sends
// it first, under whatever client id and number.

#include <boost/test/unit_test.hpp>

#include "engine_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

struct FormerFixture : EngineFixture {
    /// `mutation` as a database sends it that has another client id than when it was made.
    static Mutation renumbered(Mutation mutation, std::uint64_t sequence) {
        mutation.sequence = Sequence{sequence};
        return mutation;
    }
    static Transaction made_by(const TestClient& origin, std::vector<Mutation> mutations) {
        Transaction transaction{std::move(mutations)};
        transaction.origin = origin.id;
        return transaction;
    }
    std::int32_t visits() {
        return RowView(row(anna, "note", "n1")).scalar<std::int32_t>(note::kVisits, 0);
    }
    void make_note() {
        apply(anna, anna.create("note", "n1", note_row({.id = "n1", .title = "t"})));
    }
    Mutation visit() { return anna.update("note", "n1", add_visits(1)); }

    TestClient copy{3};   // took this id when it saw the fork
    TestClient other{4};  // so did another copy
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(former_outcomes_tests, FormerFixture)

BOOST_AUTO_TEST_CASE(what_was_done_under_the_first_id_is_not_done_again_under_a_new_one) {
    make_note();
    const Mutation common = visit();
    push(anna.request(common));
    const auto answer =
        push(copy.request(std::vector<Transaction>{made_by(anna, {renumbered(common, 1)})}));
    BOOST_TEST(answer.message.processed.value == 1U);
    BOOST_TEST(answer.message.rejections.empty());
    BOOST_TEST(visits() == 1);
    const auto page = engine.pull(pull_request(copy));
    BOOST_TEST(page.message.applied.value == 1U);
    BOOST_TEST((page.message.applied_id == common.id));
}

BOOST_AUTO_TEST_CASE(what_was_done_under_a_new_id_is_not_done_again_under_the_first_one) {
    make_note();
    const Mutation common = visit();
    push(copy.request(std::vector<Transaction>{made_by(anna, {renumbered(common, 1)})}));
    push(anna.request(common));
    BOOST_TEST(visits() == 1);
    BOOST_TEST(engine.pull(pull_request(anna)).message.applied.value == common.sequence.value);
}

BOOST_AUTO_TEST_CASE(two_copies_with_new_ids_do_it_once) {
    make_note();
    const Mutation common = visit();
    push(copy.request(std::vector<Transaction>{made_by(anna, {renumbered(common, 1)})}));
    push(other.request(std::vector<Transaction>{made_by(anna, {renumbered(common, 7)})}));
    push(other.request(std::vector<Transaction>{made_by(anna, {renumbered(common, 7)})}));
    BOOST_TEST(visits() == 1);
}

// A backup was put back that has nothing of it. One copy has what came first in its queue no more
// and sends the rest; another one, which has all of it, comes later.
BOOST_AUTO_TEST_CASE(of_a_queue_whose_end_is_known_only_the_beginning_is_done) {
    make_note();
    const Mutation first = visit();
    const Mutation second = visit();
    push(anna.request(second));
    const auto answer = push(copy.request(std::vector<Transaction>{
        made_by(anna, {renumbered(first, 1)}), made_by(anna, {renumbered(second, 2)})}));
    BOOST_TEST(answer.message.processed.value == 2U);
    BOOST_TEST(visits() == 2);
}

BOOST_AUTO_TEST_CASE(a_rejection_is_repeated_under_the_new_number_and_kept_there) {
    make_note();
    const Transaction refused{{visit(), anna.create_note("n1", "again")}};
    const auto first = push(anna.request(std::vector<Transaction>{refused}));
    BOOST_REQUIRE(first.message.rejections.size() == 2U);
    apply(ben, ben.update("note", "n1", patch_title("changed")));
    const auto answer = push(copy.request(std::vector<Transaction>{made_by(
        anna, {renumbered(refused.mutations[0], 1), renumbered(refused.mutations[1], 2)})}));
    const auto check = [&](const std::vector<Rejection>& rejections) {
        BOOST_REQUIRE(rejections.size() == 2U);
        BOOST_TEST(rejections[0].sequence.value == 1U);
        BOOST_TEST(rejections[0].code == "transaction");
        BOOST_TEST(rejections[1].sequence.value == 2U);
        BOOST_TEST(rejections[1].code == "already_exists");
        BOOST_TEST(RowView(rejections[1].row).string(note::kTitle) == "t");  // as it was then
    };
    check(answer.message.rejections);
    check(engine.pull(pull_request(copy)).message.rejections);
    BOOST_TEST(visits() == 0);
}

BOOST_AUTO_TEST_CASE(a_withdrawal_of_what_another_copy_had_done_does_not_reject_it) {
    make_note();
    const Mutation common = visit();
    push(anna.request(common));
    Transaction withdrawn = made_by(anna, {renumbered(common, 1)});
    withdrawn.withdrawn = "too_large";
    withdrawn.mutations[0].payload = {};
    withdrawn.mutations[0].key = {};
    const auto answer = push(copy.request(std::vector<Transaction>{withdrawn}));
    BOOST_TEST(answer.message.processed.value == 1U);
    BOOST_TEST(answer.message.rejections.empty());
}

BOOST_AUTO_TEST_CASE(new_mutations_of_a_database_with_a_new_id_are_its_own) {
    make_note();
    const Mutation common = visit();
    push(anna.request(common));
    copy.last = Sequence{1};
    // The same number and id as the common one had, made by another.
    Mutation own = copy.update("note", "n1", add_visits(10));
    own.id = common.id;
    push(copy.request(std::vector<Transaction>{made_by(anna, {renumbered(common, 1)}), {{own}}}));
    BOOST_TEST(visits() == 11);
}

BOOST_AUTO_TEST_CASE(an_origin_that_is_the_client_itself_says_nothing) {
    make_note();
    push(anna.request(std::vector<Transaction>{made_by(anna, {visit()})}));
    BOOST_TEST(visits() == 1);
    BOOST_TEST(!authority.begin_write(anna.scope)->has_origin(anna.id));
}

BOOST_AUTO_TEST_CASE(in_another_scope_it_is_another_mutation) {
    make_note();
    const Mutation common = visit();
    push(anna.request(common));
    copy.scope = "user:2";
    apply(copy, copy.create("note", "n1", note_row({.id = "n1", .title = "t"})));
    push(copy.request(std::vector<Transaction>{made_by(anna, {renumbered(common, 2)})}));
    BOOST_TEST(RowView(row(copy, "note", "n1")).scalar<std::int32_t>(note::kVisits, 0) == 1);
}

BOOST_AUTO_TEST_CASE(a_transaction_of_which_one_receipt_is_left_is_known) {
    // Receipts go from the front, in blocks.
    server::EngineOptions few = options();
    few.receipts_kept = 1;
    server::Engine small(authority, kSchema, clock, few);
    make_note();
    const Mutation a = visit();
    anna.last.value += 5;  // a gap, so that the two lie in blocks of their own
    const Mutation b = visit();
    small.push(anna.request({a, b}));
    anna.confirmed = a.sequence;
    small.push(anna.request(visit()));
    BOOST_REQUIRE(
        authority.begin_write(anna.scope)->receipts(anna.id, a.sequence, a.sequence).empty());
    small.push(copy.request(
        std::vector<Transaction>{made_by(anna, {renumbered(a, 1), renumbered(b, 2)})}));
    BOOST_TEST(visits() == 3);
}

BOOST_AUTO_TEST_CASE(what_is_kept_of_former_ids_goes_when_its_outcome_is_forgotten) {
    server::EngineOptions few = options();
    few.receipts_kept = 2;
    server::Engine small(authority, kSchema, clock, few);
    make_note();
    const Mutation common = visit();
    small.push(copy.request(std::vector<Transaction>{made_by(anna, {renumbered(common, 1)})}));
    BOOST_TEST(authority.begin_write(anna.scope)->has_origin(anna.id));
    copy.last = Sequence{1};
    for (int i = 0; i < 5; ++i) {
        small.push(copy.request(copy.update("note", "n1", add_visits(1))));
        copy.confirmed = copy.last;
    }
    BOOST_TEST(!authority.begin_write(anna.scope)->has_origin(anna.id));
}

BOOST_AUTO_TEST_SUITE_END()
