#include <boost/test/unit_test.hpp>

#include "replica_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

struct DiskFixture : ReplicaFixture {
    DiskFixture() : ReplicaFixture(false) { sync(); }

    /// No pages beyond those there are, but for `spare`.
    void fill_disk(int spare) {
        auto tx = db->begin_write();
        StatementUse pages(tx.connection().prepare("PRAGMA page_count"));
        pages->step();
        const std::string limit = std::to_string(pages->integer(0) + spare);
        pages->reset();
        tx.connection().execute("PRAGMA max_page_count=" + limit);
    }
    void empty_disk() {
        auto tx = db->begin_write();
        tx.connection().execute("PRAGMA max_page_count=1000000");
    }
    template <class Action>
    static bool is_full(Action action) {
        try {
            action();
        } catch (const StorageError& error) {
            BOOST_REQUIRE((error.code() == ErrorCode::disk_full));
            return true;
        }
        return false;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(disk_full_tests, DiskFixture)

BOOST_AUTO_TEST_CASE(a_write_on_a_full_disk_fails_whole_and_the_next_one_works) {
    const std::string text(3'000, 'x');
    for (int spare = 0; spare < 6; ++spare) {
        const std::uint64_t pending = state().pending;
        const std::string prefix = std::to_string(spare) + "-";
        fill_disk(spare);
        std::uint64_t done = 0;
        while (!is_full([&] { create(prefix + std::to_string(done), text); })) ++done;
        BOOST_TEST(title(prefix + std::to_string(done)) == "-");
        BOOST_TEST(state().pending == pending + done);
        BOOST_TEST(replica->count(kNote).rows == pending + done);
        empty_disk();
        const MutationTicket next = create(prefix + "next", text);
        BOOST_TEST(next.sequence == Sequence{pending + done + 1});
    }
    reopen();
    BOOST_TEST(state().pending == replica->count(kNote).rows);
}

BOOST_AUTO_TEST_CASE(a_transaction_on_a_full_disk_cannot_be_committed_in_part) {
    const std::string text(3'000, 'x');
    fill_disk(3);
    BOOST_CHECK_THROW(replica->transaction([&] {
        for (int i = 0; i < 50; ++i) {
            try {
                create(std::to_string(i), text);
            } catch (const StorageError&) {
                return;  // as if nothing had happened
            }
        }
    }),
                      Error);
    empty_disk();
    BOOST_TEST(replica->count(kNote).rows == 0U);
    BOOST_TEST(state().pending == 0U);
}

BOOST_AUTO_TEST_CASE(a_page_on_a_full_disk_changes_nothing_and_can_be_applied_again) {
    create("mine", "bread");
    push();
    const Cursor before = *state().cursor;
    for (int i = 0; i < 100; ++i) server_note("s" + std::to_string(i), std::string(500, 'x'));
    fill_disk(2);
    const auto page = next_page();
    BOOST_TEST(is_full([&] { replica->apply_page(page.message); }));
    BOOST_TEST(*state().cursor == before);
    BOOST_TEST(state().pending == 1U);
    BOOST_TEST(title("mine") == "bread");
    BOOST_TEST(replica->count(kNote).rows == 1U);
    empty_disk();
    BOOST_TEST(replica->apply_page(page.message).outcome == PageOutcome::applied);
    BOOST_TEST(replica->count(kNote).rows == 101U);
    BOOST_TEST(state().pending == 0U);
}

BOOST_AUTO_TEST_CASE(a_snapshot_on_a_full_disk_goes_on_when_there_is_room) {
    for (int i = 0; i < 100; ++i) server_note("s" + std::to_string(i), std::string(500, 'x'));
    create("mine", "bread");
    replica->request_snapshot();
    fill_disk(6);
    BOOST_TEST(is_full([&] { pull(10); }));
    BOOST_TEST(title("mine") == "bread");
    empty_disk();
    reopen();
    BOOST_TEST(pull(10) == PageOutcome::applied);
    BOOST_TEST(replica->count(kNote).rows == 101U);
}

BOOST_AUTO_TEST_SUITE_END()
