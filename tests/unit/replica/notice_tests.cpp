#include <atomic>
#include <boost/test/unit_test.hpp>
#include <set>
#include <thread>

#include "replica_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

class Listener final : public ChangeListener {
public:
    bool wants_rows(const EntitySchema& entity) const override {
        const std::lock_guard lock(mutex);
        return wanted.count(std::string(entity.name)) != 0;
    }
    void on_changes(const ChangeSet& changes) override {
        if (++inside != 1) overlapped = true;
        heard.push_back(changes);
        if (also) also(changes);
        --inside;
    }
    void want(const std::string& entity) {
        const std::lock_guard lock(mutex);
        wanted.insert(entity);
    }

    mutable std::mutex mutex;
    std::set<std::string> wanted;
    std::vector<ChangeSet> heard;
    std::function<void(const ChangeSet&)> also;
    std::atomic<int> inside{0};
    std::atomic<bool> overlapped{false};
};

struct NoticeFixture : ReplicaFixture {
    NoticeFixture() {
        listener.want("note");
        replica->set_listener(&listener);
    }
    ~NoticeFixture() { replica->set_listener(nullptr); }
    const ViewChange& only_row() {
        BOOST_REQUIRE(!listener.heard.empty());
        const ChangeSet& last = listener.heard.back();
        BOOST_REQUIRE(last.entities.size() == 1U);
        BOOST_REQUIRE(last.entities[0].rows.size() == 1U);
        return last.entities[0].rows[0];
    }
    Listener listener;
};

std::string title_of(const Row& row) {
    return row ? std::string(row.string(note::kTitle)) : "-";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(notice_tests, NoticeFixture)

BOOST_AUTO_TEST_CASE(a_write_is_told_before_and_after_when_it_returns) {
    create("a", "milk");
    BOOST_TEST(title_of(only_row().before) == "-");
    BOOST_TEST(title_of(only_row().after) == "milk");
    BOOST_TEST(listener.heard.back().entities[0].count_delta == 1);
    BOOST_TEST(!listener.heard.back().remote);
    rename("a", "bread");
    BOOST_TEST(title_of(only_row().before) == "milk");
    BOOST_TEST(title_of(only_row().after) == "bread");
    remove("a");
    BOOST_TEST(title_of(only_row().after) == "-");
    BOOST_TEST(listener.heard.back().entities[0].count_delta == -1);
}

BOOST_AUTO_TEST_CASE(a_transaction_is_one_notice_with_each_row_once) {
    replica->transaction([&] {
        create("a", "milk");
        rename("a", "bread");
        rename("a", "cream");
    });
    BOOST_TEST(listener.heard.size() == 1U);
    BOOST_TEST(title_of(only_row().before) == "-");
    BOOST_TEST(title_of(only_row().after) == "cream");
    BOOST_TEST(listener.heard[0].entities[0].count_delta == 1);
}

BOOST_AUTO_TEST_CASE(what_was_rolled_back_is_not_told) {
    BOOST_CHECK_THROW(replica->transaction([&] {
        create("a", "milk");
        throw InvalidArgument("no");
    }),
                      InvalidArgument);
    BOOST_TEST(listener.heard.empty());
}

BOOST_AUTO_TEST_CASE(a_confirmed_row_is_told_as_no_longer_pending_without_a_flicker) {
    sync();
    create("a", "milk");
    listener.heard.clear();
    sync();
    const ViewChange& change = only_row();
    BOOST_TEST(title_of(change.before) == "milk");
    BOOST_TEST(title_of(change.after) == "milk");
    BOOST_TEST(change.pending_before);
    BOOST_TEST(!change.pending_after);
    BOOST_TEST(listener.heard.back().remote);
    BOOST_TEST(listener.heard.back().entities[0].count_delta == 0);
}

BOOST_AUTO_TEST_CASE(a_rejection_and_the_servers_row_in_one_answer_are_told_as_one_step) {
    server_note("a", "old");
    sync();
    rename("a", "mine");
    server_note("a", "theirs");
    server.forbidden_ids.insert("a");
    const auto batch = replica->next_push({});
    auto answer = server.push(batch->request);
    const auto page = server.changes(*state().cursor, state().client);
    answer.message.page = page.message;
    listener.heard.clear();
    const Replica::AnswerResult result = replica->apply_answer(answer.message);
    BOOST_TEST(result.rejected.size() == 1U);
    BOOST_TEST(listener.heard.size() == 1U);
    const ViewChange& change = only_row();
    BOOST_TEST(title_of(change.before) == "mine");
    BOOST_TEST(title_of(change.after) == "theirs");
    BOOST_TEST(!change.pending_after);
    BOOST_TEST(replica->rejected().size() == 1U);
}

BOOST_AUTO_TEST_CASE(outcomes_count_though_the_page_beside_them_is_not_valid) {
    sync();
    create("a", "mine");
    server.forbidden_ids.insert("a");
    auto answer = server.push(replica->next_push({})->request);
    auto page = server.changes(*state().cursor, state().client);
    const Bytes broken(20, 0xFF);
    page.message.rows.push_back({"note", "b", page.message.to, ByteView(broken)});
    answer.message.page = page.message;
    const Replica::AnswerResult result = replica->apply_answer(answer.message);
    BOOST_TEST(result.page_fault.has_value());
    BOOST_TEST(!result.page.has_value());
    BOOST_TEST(result.rejected.size() == 1U);
    BOOST_TEST(state().unsent == 0U);
    BOOST_TEST(!replica->exists(kNote, "b"));
}

BOOST_AUTO_TEST_CASE(a_pulled_row_under_a_pending_edit_that_hides_it_is_not_told) {
    server_note("a", "milk");
    sync();
    replica->update(kNote, "a", patch_title("mine"));
    listener.heard.clear();
    server_note("a", "theirs");
    pull();
    for (const ChangeSet& heard : listener.heard) BOOST_TEST(heard.entities.empty());
}

BOOST_AUTO_TEST_CASE(rows_that_nobody_watches_are_only_counted) {
    replica->create(kFolder, folder_row("f", "x"));
    const EntityChanges& changes = listener.heard.back().entities[0];
    BOOST_TEST(changes.entity->name == "folder");
    BOOST_TEST(changes.rows.empty());
    BOOST_TEST(!changes.all);
    BOOST_TEST(changes.count_delta == 1);
}

BOOST_AUTO_TEST_CASE(what_comes_to_be_watched_while_it_is_written_is_told_as_all) {
    replica->transaction([&] {
        replica->create(kFolder, folder_row("f", "x"));
        listener.want("folder");
    });
    BOOST_TEST(listener.heard.back().entities[0].all);
}

BOOST_AUTO_TEST_CASE(a_resync_is_told_as_all) {
    server_note("a", "milk");
    pull();
    BOOST_TEST(listener.heard.back().entities[0].all);
}

BOOST_AUTO_TEST_CASE(versions_ascend_and_are_those_that_reads_see) {
    create("a", "milk");
    create("b", "bread");
    BOOST_TEST(listener.heard[0].version < listener.heard[1].version);
    BOOST_TEST(listener.heard[1].version == replica->count(kNote).version);
}

BOOST_AUTO_TEST_CASE(a_listener_that_writes_hears_of_it_after_the_call) {
    listener.also = [&](const ChangeSet&) {
        if (!replica->exists(kNote, "echo")) create("echo", "x");
    };
    create("a", "milk");
    BOOST_TEST(listener.heard.size() == 2U);
    BOOST_TEST(!listener.overlapped);
}

BOOST_AUTO_TEST_CASE(notices_of_many_threads_come_in_order_one_at_a_time) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 50; ++i) {
                replica->create(kNote, note_row(std::to_string(t) + "-" + std::to_string(i), "x"));
                replica->get(kNote, "0-0");
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    BOOST_TEST(!listener.overlapped);
    BOOST_REQUIRE(listener.heard.size() == 200U);
    for (std::size_t i = 1; i < 200; ++i) {
        BOOST_REQUIRE(listener.heard[i - 1].version < listener.heard[i].version);
    }
    BOOST_TEST(state().pending == 200U);
}

BOOST_AUTO_TEST_CASE(a_longer_queue_is_told_and_a_pull_is_not) {
    int told = 0;
    replica->set_queue_listener([&] { ++told; });
    create("a", "milk");
    replica->transaction([&] {
        create("b", "x");
        create("c", "x");
    });
    pull();
    BOOST_TEST(told == 2);
}

BOOST_AUTO_TEST_SUITE_END()
