#include <boost/test/unit_test.hpp>

#include "replica_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

struct ExplainFixture : ReplicaFixture {
    ExplainFixture() {
        server_note("a", "milk");
        sync();
    }
    Explanation explain(std::string_view id) const { return replica->explain(kNote, id); }
};

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(explain_tests, ExplainFixture)

BOOST_AUTO_TEST_CASE(a_clean_row_is_its_base) {
    const Explanation why = explain("a");
    BOOST_TEST(why.pending.empty());
    BOOST_TEST(why.base_cursor == *state().cursor);
    BOOST_TEST(why.text() ==
               "note a\n"
               "base, as of cursor 1: id = \"a\", title = \"milk\"\n"
               "pending: nothing\n"
               "view, which is the base: id = \"a\", title = \"milk\"\n");
}

BOOST_AUTO_TEST_CASE(base_pending_and_view_are_told_with_what_each_mutation_does) {
    rename("a", "oat milk");
    replica->next_push({});
    replica->transaction([&] {
        create("b", "bread");
        replica->update(kNote, "a", add_visits(3));
    });
    replica->update(kNote, "a", add_tag("cold"));
    const Explanation why = explain("a");
    BOOST_REQUIRE(why.pending.size() == 3U);
    BOOST_TEST((why.pending[0].state == WriteState::sent));
    BOOST_TEST((why.pending[1].state == WriteState::local));
    BOOST_TEST(why.pending[1].transaction == Sequence{2});
    BOOST_TEST(why.base.string(note::kTitle) == "milk");
    BOOST_TEST(why.view.string(note::kTitle) == "oat milk");
    const std::string text = why.text();
    BOOST_TEST(contains(text, "1 update (sent): title = \"oat milk\"\n"), text);
    BOOST_TEST(contains(text, "3 update (local, in transaction 2): visits += 3\n"), text);
    BOOST_TEST(contains(text, "4 update (local): tags gets {\"cold\"}\n"), text);
}

BOOST_AUTO_TEST_CASE(what_shows_nothing_is_told_with_the_reason) {
    rename("a", "mine");
    server.remove("note", "a");
    pull();
    const Explanation why = explain("a");
    BOOST_TEST(!why.base);
    BOOST_TEST(!why.view);
    BOOST_TEST(contains(why.text(), "there is no such row"), why.text());
    BOOST_TEST(contains(why.text(), "view: no such row"), why.text());
}

BOOST_AUTO_TEST_CASE(a_named_mutation_that_touches_the_row_is_among_the_pending_ones) {
    replica->set_mutator(
        "bump", [](Replica& target, ByteView) { target.update(kNote, "a", add_visits(10)); });
    replica->mutate("bump", {});
    const Explanation why = explain("a");
    BOOST_REQUIRE(why.pending.size() == 1U);
    BOOST_TEST(contains(why.text(), "mutate (local): bump"), why.text());
}

BOOST_AUTO_TEST_CASE(each_pending_step_tells_what_the_row_reads_as_after_it) {
    rename("a", "oat milk");
    create("other", "between");
    replica->update(kNote, "a", add_visits(3));
    remove("a");
    create("a", "soy milk");
    const Explanation why = explain("a");
    BOOST_REQUIRE(why.pending.size() == 4U);
    BOOST_TEST(why.pending[0].after.string(note::kTitle) == "oat milk");
    BOOST_TEST(why.pending[0].after.scalar<std::int32_t>(note::kVisits, 0) == 0);
    BOOST_TEST(why.pending[1].after.scalar<std::int32_t>(note::kVisits, 0) == 3);
    BOOST_TEST(!why.pending[2].after);
    BOOST_TEST(why.pending[3].after.string(note::kTitle) == "soy milk");
    const std::string text = why.text();
    BOOST_TEST(contains(text, "    then: id = \"a\", title = \"oat milk\", visits = 3"), text);
    BOOST_TEST(contains(text, "    then: no such row\n"), text);
}

BOOST_AUTO_TEST_CASE(after_a_named_mutation_what_is_known_is_the_view) {
    replica->set_mutator(
        "bump", [](Replica& target, ByteView) { target.update(kNote, "a", add_visits(10)); });
    rename("a", "oat milk");
    replica->mutate("bump", {});
    replica->update(kNote, "a", add_visits(1));
    const Explanation why = explain("a");
    BOOST_REQUIRE(why.pending.size() == 3U);
    BOOST_TEST(why.pending[0].after_known);
    BOOST_TEST(!why.pending[1].after_known);
    BOOST_TEST(why.pending[2].after.scalar<std::int32_t>(note::kVisits, 0) == 11);
}

BOOST_AUTO_TEST_CASE(a_named_mutation_that_failed_when_it_was_replayed_concerns_no_row) {
    bool fails = false;
    replica->set_mutator("bump", [&](Replica& target, ByteView) {
        target.update(kNote, "a", add_visits(10));
        if (fails) throw InvalidArgument("not any more");
    });
    replica->mutate("bump", {});
    fails = true;
    server_note("b", "another row");
    pull();
    BOOST_TEST(state().pending == 1U);
    BOOST_TEST(explain("a").pending.empty());
    BOOST_TEST(!pending("a"));
}

BOOST_AUTO_TEST_CASE(a_recorded_rejection_of_the_row_is_told) {
    server.forbidden_ids.insert("a");
    rename("a", "mine");
    push();
    const Explanation why = explain("a");
    BOOST_TEST(why.rejected.size() == 1U);
    BOOST_TEST(contains(why.text(), "rejected ("), why.text());
    BOOST_TEST(explain("b").rejected.empty());
}

BOOST_AUTO_TEST_CASE(a_row_nobody_knows_is_explained_too) {
    BOOST_TEST(explain("none").text() ==
               "note none\n"
               "base: the server is not known to have such a row\n"
               "pending: nothing\n"
               "view: no such row\n");
}

BOOST_AUTO_TEST_SUITE_END()
