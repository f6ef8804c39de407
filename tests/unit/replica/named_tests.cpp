#include <boost/test/unit_test.hpp>

#include "replica_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

struct NamedFixture : ReplicaFixture {
    NamedFixture() {
        replica->set_mutator("bump", [](Replica& target, ByteView id) {
            target.update(kNote, as_text(id), add_visits(10));
        });
        server_note("a", "milk");
        sync();
    }
    MutationTicket bump(std::string_view id) {
        return replica->mutate("bump", to_bytes(as_bytes(id)));
    }
    std::int32_t visits(std::string_view id) {
        return replica->get(kNote, id)->scalar<std::int32_t>(note::kVisits, 0);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(named_tests, NamedFixture)

BOOST_AUTO_TEST_CASE(a_named_mutation_is_predicted_and_queued_once) {
    bump("a");
    BOOST_TEST(visits("a") == 10);
    BOOST_TEST(pending("a"));
    BOOST_TEST(state().pending == 1U);
    sync();
    BOOST_TEST(visits("a") == 10);
    BOOST_TEST(!pending("a"));
    BOOST_TEST(state().pending == 0U);
}

BOOST_AUTO_TEST_CASE(a_prediction_sees_the_rows_that_a_snapshot_brings) {
    replica->set_mutator("bump", [](Replica& target, ByteView id) {
        if (target.exists(kNote, as_text(id))) target.update(kNote, as_text(id), add_visits(10));
    });
    bump("b");
    BOOST_TEST(!replica->exists(kNote, "b"));
    server.put("note", "b", note_row({.id = "b", .title = "bread", .visits = 1}));
    replica->request_snapshot();
    pull();
    BOOST_TEST(visits("b") == 11);
}

BOOST_AUTO_TEST_CASE(a_prediction_is_made_again_over_a_new_base) {
    bump("a");
    rename("a", "mine");
    server.put("note", "a", note_row({.id = "a", .title = "theirs", .visits = 5}));
    pull();
    BOOST_TEST(visits("a") == 15);
    BOOST_TEST(title("a") == "mine");
}

BOOST_AUTO_TEST_CASE(a_prediction_that_throws_at_replay_is_one_of_nothing_and_stays_queued) {
    bump("a");
    server.remove("note", "a");
    BOOST_TEST(pull() == PageOutcome::applied);
    BOOST_TEST(title("a") == "-");
    BOOST_TEST(state().pending == 1U);
    push();
    BOOST_TEST(replica->rejected().size() == 1U);
    BOOST_TEST(replica->rejected()[0].entity == "bump");
}

BOOST_AUTO_TEST_CASE(half_a_prediction_that_throws_at_replay_is_undone) {
    bool fail = false;
    replica->set_mutator("two", [&](Replica& target, ByteView) {
        target.update(kNote, "a", patch_title("half"));
        target.create(kNote, note_row("b", "half"));
        if (fail) throw InvalidArgument("no");
    });
    replica->mutate("two", {});
    BOOST_TEST(title("b") == "half");
    fail = true;
    server_note("c", "x");
    pull();
    BOOST_TEST(title("a") == "milk");
    BOOST_TEST(title("b") == "-");
    BOOST_TEST(!pending("a"));
    BOOST_TEST(state().pending == 1U);
}

BOOST_AUTO_TEST_CASE(a_mutator_that_throws_when_called_makes_no_mutation) {
    BOOST_CHECK_THROW(bump("none"), NotFound);
    BOOST_TEST(state().pending == 0U);
    BOOST_CHECK_THROW(replica->transaction([&] {
        create("b", "x");
        try {
            bump("none");
        } catch (const NotFound&) {
        }
    }),
                      InvalidState);
    BOOST_TEST(title("b") == "-");
}

BOOST_AUTO_TEST_CASE(a_mutation_without_a_mutator_is_queued_and_predicts_nothing) {
    replica->mutate("unheard_of", to_bytes(as_bytes("a")));
    BOOST_TEST(visits("a") == 0);
    BOOST_TEST(state().pending == 1U);
    sync();
    BOOST_TEST(visits("a") == 10);
}

BOOST_AUTO_TEST_CASE(a_mutator_may_not_make_another_named_mutation) {
    replica->set_mutator("outer", [&](Replica& target, ByteView) { target.mutate("bump", {}); });
    BOOST_CHECK_THROW(replica->mutate("outer", {}), InvalidState);
}

BOOST_AUTO_TEST_CASE(a_rejected_named_mutation_takes_its_prediction_back) {
    server.forbidden_ids.insert("a");
    bump("a");
    create("b", "bread");
    push();
    BOOST_TEST(visits("a") == 0);
    BOOST_TEST(!pending("a"));
    BOOST_TEST(title("b") == "bread");
}

BOOST_AUTO_TEST_SUITE_END()
