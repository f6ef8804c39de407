// What an application learns of a single write, through every way that it may go.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/client_fixture.hpp"
#include "support/temporary_folder.hpp"
#include "syncline/base/error.hpp"
#include "syncline/reactive/effect.hpp"

using namespace std::chrono_literals;
using namespace syncline;
using namespace syncline::test;

namespace syncline {
inline std::ostream& operator<<(std::ostream& out, WriteState state) {
    return out << to_string(state);
}
}  // namespace syncline

namespace {

struct HandleFixture : ClientFixture {
    HandleFixture() { open(); }

    void open() {
        client.reset();
        ClientOptions with_file = options();
        with_file.database = folder / "client.db";
        client = std::make_unique<Client>(kSchema, std::move(with_file));
    }
    MutationTicket create(std::string_view id) {
        return ClientFixture::create(*client, id, "a note");
    }
    MutationTicket rename(std::string_view id, std::string_view title) {
        return client->model().replica().update(kNote, id, patch_title(title));
    }
    void sync() { ClientFixture::sync(*client); }

    TemporaryFolder folder;
    std::unique_ptr<Client> client;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(write_handle_tests, HandleFixture)

BOOST_AUTO_TEST_CASE(a_write_is_local_then_sent_then_applied_at_a_cursor) {
    const WriteHandle write = client->write(create("a"));
    std::vector<WriteState> seen;
    Effect watch([&] { seen.push_back(write.state()); });
    sync();
    // Sent and applied may be told at once, but never in another order.
    BOOST_TEST(seen.front() == WriteState::local);
    BOOST_TEST(seen.back() == WriteState::applied);
    BOOST_TEST(std::is_sorted(seen.begin(), seen.end()));
    BOOST_TEST((write.status().cursor == client->cursor()));
}

BOOST_AUTO_TEST_CASE(a_rejected_write_says_why) {
    ben.create("a", "by ben");
    ben.sync();
    run();
    const WriteHandle write = client->write(create("a"));
    sync();
    BOOST_TEST(write.state() == WriteState::rejected);
    BOOST_TEST(write.status().code == "already_exists");
    BOOST_TEST(!write.status().reason.empty());
    client->discard(write.id());
    BOOST_TEST(client->find_write(write.id())->state() == WriteState::rejected);
}

BOOST_AUTO_TEST_CASE(the_last_write_of_a_thread_stands_for_its_transaction) {
    BOOST_TEST(!client->last_write().has_value());
    client->transaction([&] {
        create("a");
        create("b");
    });
    const auto write = client->last_write();
    BOOST_REQUIRE(write.has_value());
    BOOST_TEST(write->ticket().sequence.value == 2U);
    sync();
    BOOST_TEST(write->state() == WriteState::applied);
}

BOOST_AUTO_TEST_CASE(each_client_has_a_last_write_of_its_own) {
    const MutationTicket own = create("a");
    {
        Client other(kSchema, options());
        const MutationTicket others = ClientFixture::create(other, "b", "a note");
        BOOST_TEST((other.last_write()->id() == others.id));
        BOOST_REQUIRE(client->last_write().has_value());
        BOOST_TEST((client->last_write()->id() == own.id));
    }
    Client third(kSchema, options());
    BOOST_TEST(!third.last_write().has_value());
    ClientFixture::create(third, "c", "a note");
    BOOST_TEST((client->last_write()->id() == own.id));
}

BOOST_AUTO_TEST_CASE(a_transaction_that_throws_is_nobodys_last_write) {
    create("a");
    const MutationId id = client->last_write()->id();
    try {
        client->transaction([&] {
            create("b");
            throw 1;
        });
    } catch (int) {
    }
    BOOST_TEST((client->last_write()->id() == id));
}

BOOST_AUTO_TEST_CASE(a_write_is_found_by_its_id_after_a_restart) {
    const MutationId applied = client->write(create("a")).id();
    sync();
    const MutationId waiting = create("b").id;  // never asked about
    open();
    BOOST_TEST(client->find_write(applied)->state() == WriteState::applied);
    const auto write = client->find_write(waiting);
    BOOST_REQUIRE(write.has_value());
    BOOST_TEST(write->state() == WriteState::local);
    BOOST_TEST(!client->find_write(MutationId{1}).has_value());
    sync();
    BOOST_TEST(write->state() == WriteState::applied);
}

BOOST_AUTO_TEST_CASE(an_outcome_that_comes_after_a_restart_is_known) {
    const MutationId id = client->write(create("a")).id();
    open();
    sync();
    BOOST_TEST(client->find_write(id)->state() == WriteState::applied);
}

BOOST_AUTO_TEST_CASE(patches_that_were_joined_are_one_write) {
    create("a");
    sync();
    const WriteHandle first = client->write(rename("a", "one"));
    const WriteHandle second = client->write(rename("a", "two"));
    BOOST_TEST((first.id() == second.id()));
    sync();
    BOOST_TEST(first.state() == WriteState::applied);
    BOOST_TEST(second.state() == WriteState::applied);
}

BOOST_AUTO_TEST_CASE(a_write_that_is_done_when_first_asked_about_is_known_by_its_ticket) {
    const MutationTicket ticket = create("a");
    sync();
    BOOST_TEST(client->write(ticket).state() == WriteState::applied);
    BOOST_CHECK_THROW(client->write(MutationTicket{}), NotFound);
}

BOOST_AUTO_TEST_CASE(waiting_ends_with_the_time_given_and_at_once_when_it_is_decided) {
    const WriteHandle write = client->write(create("a"));
    BOOST_TEST(write.wait(1ms).state == WriteState::local);
    sync();
    BOOST_TEST(write.wait(10min).state == WriteState::applied);
}

BOOST_AUTO_TEST_CASE(a_time_without_end_is_no_time_in_the_past) {
    constexpr auto kForever = std::chrono::milliseconds::max();
    create("a");
    std::vector<SyncResult> results;
    const auto note = [&](const SyncResult& done) { results.push_back(done); };
    client->flush_async(note, kForever);
    client->sync_async(note, kForever);
    run();
    BOOST_REQUIRE(results.size() == 2U);
    for (const SyncResult& result : results) BOOST_TEST(result.ok, result.error.text);
    // Waited for by other threads, while this one works for the client.
    const WriteHandle write = client->write(create("b"));
    auto waited = std::async(std::launch::async, [&] { return write.wait(kForever); });
    auto synced = std::async(std::launch::async, [&] { return client->sync(kForever); });
    const auto is_ready = [](const auto& result) {
        return result.wait_for(0s) == std::future_status::ready;
    };
    while (!is_ready(waited) || !is_ready(synced)) {
        if (!executor.run_one()) std::this_thread::yield();
    }
    BOOST_TEST(waited.get().state == WriteState::applied);
    BOOST_TEST(synced.get().ok);
}

BOOST_AUTO_TEST_CASE(a_handle_may_outlive_its_client) {
    const WriteHandle write = client->write(create("a"));
    client.reset();
    BOOST_TEST(write.state() == WriteState::local);
    BOOST_TEST(write.wait(10min).state == WriteState::local);
}

// Nobody asked before the record went.
BOOST_AUTO_TEST_CASE(a_write_whose_rejection_was_discarded_or_retried_is_not_said_to_be_applied) {
    for (const char* id : {"a", "b"}) ben.create(id, "by ben");
    ben.sync();
    run();
    const MutationTicket discarded = create("a");
    const MutationTicket retried = create("b");
    sync();
    BOOST_REQUIRE(client->rejected().size() == 2U);
    client->discard(discarded.id);
    client->retry(retried.id, note_row("c", "under another id"));
    for (const MutationTicket ticket : {discarded, retried}) {
        BOOST_TEST(client->write(ticket).state() == WriteState::rejected);
        BOOST_TEST(client->write(ticket).status().code == "already_exists");
    }
}

// --- Flush --------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_flush_is_done_when_what_is_queued_is_decided) {
    sync();
    create("a");
    std::optional<SyncResult> result;
    client->flush_async([&](const SyncResult& done) { result = done; }, 5s);
    run();
    BOOST_REQUIRE(result.has_value());
    BOOST_TEST(result->ok);
    BOOST_TEST(result->pushed == 1U);
}

BOOST_AUTO_TEST_CASE(a_flush_of_nothing_is_done_at_once_and_asks_nobody) {
    sync();
    server.log.clear();
    std::optional<SyncResult> result;
    client->flush_async([&](const SyncResult& done) { result = done; }, 5s);
    run();
    BOOST_TEST(result->ok);
    BOOST_TEST(server.log.empty());
}

BOOST_AUTO_TEST_CASE(a_payload_that_was_refused_is_sent_again_edited) {
    const MutationTicket ticket = create("a");
    sync();
    BOOST_TEST((client->write(ticket).state() == WriteState::applied));
    ben.sync();
    run();
    const MutationTicket again = create("b");
    ben.create("b", "by ben");
    ben.sync();
    run();
    sync();
    BOOST_REQUIRE(client->rejected().size() == 1U);
    const auto retried = client->retry(again.id, note_row("c", "under another id"));
    sync();
    BOOST_TEST(client->rejected().empty());
    BOOST_TEST((client->write(retried).state() == WriteState::applied));
}

BOOST_AUTO_TEST_SUITE_END()
