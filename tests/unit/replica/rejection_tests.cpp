#include <boost/test/unit_test.hpp>

#include "replica_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

struct RejectionFixture : ReplicaFixture {
    RejectionFixture() { sync(); }

    RejectedMutation rejected_create(std::string_view id) {
        server.forbidden_ids.insert(std::string(id));
        create(id, "refused");
        push();
        server.forbidden_ids.clear();
        BOOST_REQUIRE(replica->rejected().size() == 1U);
        return replica->rejected()[0];
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rejection_tests, RejectionFixture)

BOOST_AUTO_TEST_CASE(a_retried_mutation_is_a_new_one_and_its_record_is_gone) {
    const RejectedMutation record = rejected_create("a");
    const MutationTicket ticket = replica->retry_rejected(record.id);
    BOOST_TEST((ticket.id != record.id));
    BOOST_TEST(ticket.sequence > record.sequence);
    BOOST_TEST(replica->rejected().empty());
    BOOST_TEST(state().rejected == 0U);
    sync();
    BOOST_TEST(server_title("a") == "refused");
}

BOOST_AUTO_TEST_CASE(a_mutation_that_can_no_longer_be_made_keeps_its_record) {
    const RejectedMutation record = rejected_create("a");
    create("a", "another");
    BOOST_CHECK_THROW(replica->retry_rejected(record.id), InvalidArgument);
    BOOST_TEST(replica->rejected().size() == 1U);
    BOOST_CHECK_THROW(replica->retry_rejected(MutationId{1}), NotFound);
}

BOOST_AUTO_TEST_CASE(a_discarded_record_is_gone_once) {
    const RejectedMutation record = rejected_create("a");
    BOOST_TEST(replica->discard_rejected(record.id));
    BOOST_TEST(!replica->discard_rejected(record.id));
    BOOST_TEST(state().rejected == 0U);
}

BOOST_AUTO_TEST_CASE(a_transaction_larger_than_the_server_takes_is_withdrawn) {
    Limits limits;
    limits.transaction_bytes_max = 2'000;
    create("first", "y");
    create("big", std::string(5'000, 'x'));
    create("small", "y");
    const auto before = replica->next_push(limits);
    BOOST_REQUIRE(before->request.transactions.size() == 1U);
    replica->apply_outcomes(server.push(before->request).message);
    const auto batch = replica->next_push(limits);
    BOOST_REQUIRE(batch);
    BOOST_REQUIRE(batch->request.transactions.size() == 1U);
    const Transaction& withdrawn = batch->request.transactions[0];
    BOOST_TEST(withdrawn.withdrawn == "too_large");
    BOOST_TEST(withdrawn.mutations[0].payload.empty());
    BOOST_TEST(title("big").size() == 5'000U);  // until the server has decided
    replica->apply_outcomes(server.push(batch->request).message);
    const auto behind = replica->next_push(limits);
    BOOST_TEST(behind->request.transactions[0].mutations[0].key == "small");
    BOOST_REQUIRE(replica->rejected().size() == 1U);
    BOOST_TEST(replica->rejected()[0].payload.size() > 5'000U);
    BOOST_TEST(replica->rejected()[0].code == "too_large");
    BOOST_TEST(title("big") == "-");
}

BOOST_AUTO_TEST_CASE(a_batch_keeps_within_the_limits_and_takes_one_transaction_at_least) {
    replica->transaction([&] {
        for (int i = 0; i < 5; ++i) create("t" + std::to_string(i), "x");
    });
    for (int i = 0; i < 5; ++i) create("s" + std::to_string(i), "x");
    Limits limits;
    limits.batch_mutations_max = 3;
    auto batch = replica->next_push(limits);
    BOOST_REQUIRE(batch->request.transactions.size() == 1U);
    BOOST_TEST(batch->request.transactions[0].mutations.size() == 5U);
    replica->apply_outcomes(server.push(batch->request).message);
    batch = replica->next_push(limits);
    BOOST_TEST(batch->request.transactions.size() == 3U);
}

BOOST_AUTO_TEST_CASE(more_mutations_than_a_batch_holds_all_arrive) {
    for (int i = 0; i < 100; ++i) create("n" + std::to_string(i), "x");
    Limits limits;
    limits.batch_mutations_max = 7;
    while (const auto batch = replica->next_push(limits)) {
        replica->apply_outcomes(server.push(batch->request).message);
    }
    pull();
    BOOST_TEST(state().pending == 0U);
    BOOST_TEST(server.rows().size() == 100U);
}

BOOST_AUTO_TEST_CASE(outcomes_of_another_history_are_not_believed) {
    create("a", "milk");
    const auto batch = replica->next_push({});
    PushResponse answer;
    answer.epoch.low = 999;
    answer.processed = Sequence{1};
    replica->apply_outcomes(answer);
    BOOST_TEST(state().unsent == 1U);
}

BOOST_AUTO_TEST_CASE(a_retry_with_a_patch_of_nothing_is_refused_and_the_record_stays) {
    server_note("a", "milk");
    sync();
    server.forbidden_ids.insert("a");
    const MutationTicket ticket = rename("a", "mine");
    push();
    BOOST_REQUIRE(replica->rejected().size() == 1U);
    BOOST_CHECK_THROW(replica->retry_rejected(ticket.id, Bytes{}), InvalidArgument);
    BOOST_CHECK_THROW(replica->retry_rejected(ticket.id, Bytes(20, 0xFF)), InvalidArgument);
    BOOST_TEST(replica->rejected().size() == 1U);
    BOOST_TEST(state().rejected == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_behind_a_withdrawn_transaction_is_not_withdrawn_with_it) {
    sync();
    const MutationTicket given_up = create("a", "milk");
    create("b", "bread");
    const auto batch = replica->next_push({}, Withdrawal{given_up, "no", "because"});
    BOOST_REQUIRE(batch->request.transactions.size() == 1U);
    replica->apply_outcomes(server.push(batch->request).message);
    sync();
    BOOST_TEST(replica->rejected().size() == 1U);
    BOOST_TEST(server_title("a") == "-");
    BOOST_TEST(server_title("b") == "bread");
}

BOOST_AUTO_TEST_CASE(outcomes_that_are_not_taken_do_not_count_as_processed) {
    sync();
    create("a", "milk");
    push();
    create("b", "bread");
    replica->request_snapshot();
    PushResponse answer = server.push(replica->next_push({})->request).message;
    answer.epoch.low += 1;
    const Replica::AnswerResult result = replica->apply_answer(answer);
    BOOST_TEST(result.processed == Sequence{1});
    BOOST_TEST(state().unsent == 1U);
}

BOOST_AUTO_TEST_CASE(an_answer_to_more_than_was_made_decides_nothing_that_is_made_later) {
    sync();
    create("a", "milk");
    PushResponse answer = server.push(replica->next_push({})->request).message;
    answer.processed = Sequence{1'000};
    replica->apply_outcomes(answer);
    BOOST_TEST(state().unsent == 0U);
    create("b", "bread");
    BOOST_TEST(state().unsent == 1U);
    sync();
    BOOST_TEST(server_title("b") == "bread");
}

BOOST_AUTO_TEST_SUITE_END()
