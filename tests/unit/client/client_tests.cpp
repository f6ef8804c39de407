#include "syncline/client/client.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/client_fixture.hpp"
#include "support/temporary_folder.hpp"
#include "syncline/base/error.hpp"
#include "syncline/reactive/effect.hpp"

using namespace std::chrono_literals;
using namespace syncline;
using namespace syncline::test;

namespace {

const EntitySchema& kNotes = kEntities[0];

struct SmallPages : ClientFixture {
    SmallPages() : ClientFixture(engine()) {}
    static server::EngineOptions engine() {
        server::EngineOptions options;
        options.page_bytes_min = 1;
        options.page_bytes_default = 600;
        return options;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(client_tests, ClientFixture)

// --- Without a server ---------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(without_a_server_it_works_and_says_clearly_that_it_does_not_sync) {
    std::vector<std::string> errors;
    ClientOptions offline;
    offline.sync_executor = &executor;
    offline.on_error = [&](const SyncError& error) { errors.push_back(error.code); };
    Client client(kSchema, std::move(offline));
    client.start();
    create(client, "a", "kept here");
    run();
    BOOST_TEST(client.pending() == 1U);
    BOOST_TEST((errors == std::vector<std::string>{"no_server"}));
    const SyncResult result = client.sync();
    BOOST_TEST(!result.ok);
    BOOST_TEST(result.error.code == "no_server");
    BOOST_TEST(client.status().waiting_for.find("ClientOptions::server") != std::string::npos);
    client.pause();
    client.resume();
    client.network_available();
    client.set_token("unused");
    client.stop();
}

BOOST_AUTO_TEST_CASE(an_address_that_is_none_is_refused_at_once) {
    ClientOptions wrong;
    wrong.server = "not an address";
    BOOST_CHECK_THROW(Client(kSchema, std::move(wrong)), InvalidArgument);
}

BOOST_AUTO_TEST_CASE(counts_of_a_reopened_database_are_right) {
    const TemporaryFolder folder;
    const auto open = [&] {
        ClientOptions options;
        options.database = folder / "client.db";
        options.sync_executor = &executor;
        return std::make_unique<Client>(kSchema, std::move(options));
    };
    auto client = open();
    create(*client, "a", "first");
    create(*client, "b", "second");
    client.reset();
    client = open();
    BOOST_TEST(client->pending() == 2U);
    BOOST_TEST(client->status().pending == 2U);
    BOOST_TEST((client->phase() == SyncPhase::stopped));
}

// --- Sync ---------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_started_client_keeps_in_step) {
    Client client(kSchema, options());
    client.start();
    client.start();
    create(client, "mine", "by the client");
    run();
    BOOST_TEST(client.pending() == 0U);
    BOOST_TEST(client.online());
    BOOST_TEST((client.phase() == SyncPhase::idle));
    BOOST_TEST((client.cursor() == server.head()));
    ben.create("b", "by ben");
    ben.sync();
    run();
    BOOST_TEST(client.model().exists(kNotes, "b"));
}

BOOST_FIXTURE_TEST_CASE(a_first_sync_tells_how_far_it_is_in_rows_and_bytes, SmallPages) {
    for (int i = 0; i < 100; ++i) ben.create("b" + std::to_string(i), "one of a hundred");
    ben.sync();
    std::uint64_t bytes = 0;
    for (const auto& [name, row] : server.rows()) bytes += name.size() - 5 + row.size();  // "note/"
    Client client(kSchema, options());
    std::vector<SyncProgress> seen;
    Effect watch([&] { seen.push_back(client.progress()); });
    BOOST_TEST(sync(client).ok);
    BOOST_TEST(seen.size() > 5U);
    BOOST_TEST((seen.front() == SyncProgress{}));
    BOOST_TEST((seen.back() == SyncProgress{}));
    const auto under_way = std::span(seen).subspan(1, seen.size() - 2);
    std::uint64_t rows_before = 0;
    std::uint64_t bytes_before = 0;
    for (const SyncProgress& progress : under_way) {
        BOOST_TEST(progress.rows_total == 100U);
        BOOST_TEST(progress.bytes_total == bytes);
        BOOST_TEST(progress.rows_done > rows_before);
        BOOST_TEST(progress.bytes_done > bytes_before);
        rows_before = progress.rows_done;
        bytes_before = progress.bytes_done;
    }
    BOOST_TEST(bytes_before < bytes);
    BOOST_TEST(bytes_before > bytes * 9 / 10);
}

BOOST_AUTO_TEST_CASE(a_resync_because_of_a_difference_is_told_and_counted) {
    const TemporaryFolder folder;
    const auto open = [&] {
        ClientOptions with_file = options();
        with_file.database = folder / "client.db";
        return std::make_unique<Client>(kSchema, std::move(with_file));
    };
    ben.create("b", "by ben");
    ben.sync();
    auto client = open();
    BOOST_TEST(sync(*client).ok);
    client.reset();
    {
        Database file(Replica::database_options(folder / "client.db", Durability::normal));
        auto transaction = file.begin_write();
        transaction.connection().execute("UPDATE base_hash SET low = low + 1");
        transaction.commit();
    }
    client = open();
    std::vector<std::uint64_t> seen;
    Effect watch([&] { seen.push_back(client->resyncs()); });
    create(*client, "mine", "kept");
    sync(*client);
    BOOST_TEST(sync(*client).ok);
    BOOST_TEST((seen == std::vector<std::uint64_t>{0, 1}));
    BOOST_TEST(client->status().resyncs == 1U);
    BOOST_TEST(client->pending() == 0U);
    BOOST_TEST(server.rows().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_sync_says_what_it_did) {
    ben.create("b", "by ben");
    ben.sync();
    Client client(kSchema, options());
    create(client, "a", "by the client");
    const SyncResult result = sync(client);
    BOOST_TEST(result.ok);
    BOOST_TEST(result.pushed == 1U);
    BOOST_TEST(result.pulled >= 1U);
    BOOST_TEST((result.cursor == client.cursor()));
    BOOST_TEST(client.pending() == 0U);
}

BOOST_AUTO_TEST_CASE(a_stopped_client_sends_nothing_and_may_be_started_again) {
    Client client(kSchema, options());
    client.start();
    run();
    client.stop();
    client.stop();
    run();
    server.log.clear();
    create(client, "a", "while stopped");
    pass(1h);
    BOOST_TEST(server.log == "");
    client.start();
    run();
    BOOST_TEST(client.pending() == 0U);
}

BOOST_AUTO_TEST_CASE(two_clients_converge_through_their_own_interface) {
    Client first(kSchema, options());
    Client second(kSchema, options());
    first.start();
    second.start();
    create(first, "a", "by the first");
    create(second, "b", "by the second");
    run();
    BOOST_TEST(first.model().count(kNotes) == 2U);
    BOOST_TEST(second.model().count(kNotes) == 2U);
    BOOST_TEST((first.cursor() == second.cursor()));
}

// --- Transactions and named mutations -----------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_transaction_returns_what_its_body_returns) {
    Client client(kSchema, options());
    const std::string id = client.transaction([&] {
        create(client, "a", "first");
        create(client, "b", "second");
        return std::string("a");
    });
    BOOST_TEST(id == "a");
    client.transaction([&] { create(client, "c", "third"); });
    BOOST_TEST(client.pending() == 3U);
}

BOOST_AUTO_TEST_CASE(a_transaction_that_throws_writes_nothing) {
    Client client(kSchema, options());
    const auto fails = [&] {
        create(client, "a", "first");
        throw std::runtime_error("no");
    };
    BOOST_CHECK_THROW(client.transaction(fails), std::runtime_error);
    BOOST_TEST(client.pending() == 0U);
    BOOST_TEST(!client.model().exists(kNotes, "a"));
}

BOOST_AUTO_TEST_CASE(a_named_mutation_is_predicted_and_the_server_decides) {
    Client client(kSchema, options());
    client.set_mutator("make", [](Replica& replica, ByteView arguments) {
        replica.create(kNote, note_row(as_text(arguments), "predicted"));
    });
    client.mutate("make", to_bytes(as_bytes("a")));
    BOOST_TEST(client.model().exists(kNotes, "a"));
    BOOST_TEST(client.pending() == 1U);
    BOOST_TEST(sync(client).ok);  // this server knows no such mutator
    BOOST_TEST(client.pending() == 0U);
    BOOST_TEST(client.rejected_count() == 1U);
    BOOST_TEST(!client.model().exists(kNotes, "a"));
}

// --- Status as signals --------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_write_changes_pending_before_it_returns) {
    Client client(kSchema, options());
    std::string seen;
    const Effect watch([&] { seen += std::to_string(client.pending()) + " "; });
    create(client, "a", "first");
    BOOST_TEST(seen == "0 1 ");
    client.transaction([&] {
        create(client, "b", "second");
        create(client, "c", "third");
    });
    BOOST_TEST(seen == "0 1 3 ");
}

BOOST_AUTO_TEST_CASE(effects_follow_the_status) {
    Client client(kSchema, options());
    std::string online;
    std::string phases;
    std::string cursors;
    const Effect on([&] { online += client.online() ? "on " : "off "; });
    const Effect at([&] { phases += std::string(to_string(client.phase())) + " "; });
    const Effect where([&] { cursors += std::to_string(client.cursor().value) + " "; });
    client.start();
    run();
    create(client, "a", "first");
    run();
    client.stop();
    run();
    BOOST_TEST(online == "off on off ");
    BOOST_TEST(phases.starts_with("stopped "));
    BOOST_TEST(phases.ends_with("idle stopped "));
    BOOST_TEST(cursors == "0 1 ");
}

BOOST_AUTO_TEST_CASE(the_last_error_says_why_and_goes_after_a_success) {
    ClientOptions given = options();
    auto* const memory = dynamic_cast<testing::MemoryTransport*>(given.transport.get());
    Client client(kSchema, std::move(given));
    memory->set_reachable(false);
    const SyncResult failed = sync(client);
    BOOST_TEST(failed.error.code == "unreachable");
    BOOST_REQUIRE(client.last_error().has_value());
    BOOST_TEST(client.last_error()->code == "unreachable");
    memory->set_reachable(true);
    BOOST_TEST(sync(client).ok);
    BOOST_TEST(!client.last_error().has_value());
}

// --- Rejections ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_rejection_is_reported_kept_retried_and_discarded) {
    std::vector<std::string> reported;
    ClientOptions given = options();
    given.on_rejected = [&](const RejectedMutation& mutation) { reported.push_back(mutation.key); };
    Client client(kSchema, std::move(given));
    std::string counts;
    const Effect watch([&] { counts += std::to_string(client.rejected_count()) + " "; });

    client.model().replica().create(kFolder, folder_row("f", "first"));
    sync(client);
    ben.sync();
    client.model().replica().update(kFolder, "f", patch_folder_name("by the client"));
    ben.replica->update(kFolder, "f", patch_folder_name("by ben"));
    ben.sync();
    BOOST_TEST(sync(client).rejected == 1U);
    BOOST_TEST((reported == std::vector<std::string>{"f"}));
    BOOST_REQUIRE(client.rejected().size() == 1U);

    client.retry(client.rejected()[0].id);
    BOOST_TEST(client.rejected_count() == 0U);
    BOOST_TEST(client.pending() == 1U);
    BOOST_TEST(sync(client).rejected == 0U);  // now made on what ben wrote
    BOOST_TEST(counts == "0 1 0 ");
    BOOST_TEST(!client.discard(MutationId{4711}));
    BOOST_CHECK_THROW(client.retry(MutationId{4711}), NotFound);
}

BOOST_AUTO_TEST_CASE(an_effect_hears_of_a_rejection_and_of_its_end) {
    for (const char* id : {"a", "b"}) ben.create(id, "by ben");
    ben.sync();
    Client client(kSchema, options());
    const MutationTicket one = create(client, "a", "mine");
    const MutationTicket other = create(client, "b", "mine");
    std::vector<std::uint64_t> counts;
    std::vector<std::uint64_t> told;
    Effect watch_count([&] { counts.push_back(client.rejected_count()); });
    Effect watch_status([&] { told.push_back(client.status().rejected); });
    sync(client);
    BOOST_TEST(client.discard(one.id));
    run();
    BOOST_TEST(counts.back() == 1U);
    BOOST_TEST(told.back() == 1U);
    client.retry(other.id, note_row("c", "under another id"));
    run();
    BOOST_TEST(counts.back() == 0U);
    BOOST_TEST(told.back() == 0U);
}

BOOST_AUTO_TEST_CASE(a_discarded_rejection_is_gone) {
    Client client(kSchema, options());
    client.mutate("unknown", {});
    sync(client);
    BOOST_REQUIRE(client.rejected().size() == 1U);
    BOOST_TEST(client.discard(client.rejected()[0].id));
    BOOST_TEST(client.rejected_count() == 0U);
    BOOST_TEST(client.rejected().empty());
}

// --- Callbacks ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(callbacks_and_notices_of_remote_changes_wait_for_the_executor) {
    testing::ManualExecutor ui(clock);
    std::string log;
    ClientOptions given = options();
    given.executor = &ui;
    given.on_online = [&] { log += "online "; };
    given.on_sync = [&](const SyncResult&) { log += "sync "; };
    Client client(kSchema, std::move(given));
    const Effect watch([&] { log += std::to_string(client.model().count(kNotes)) + "-notes "; });
    log.clear();
    ben.create("b", "by ben");
    ben.sync();
    client.start();
    run();
    BOOST_TEST(log == "");
    BOOST_TEST(client.online());  // a read sees it at once
    BOOST_TEST(client.model().exists(kNotes, "b"));
    ui.run_until_idle();
    BOOST_TEST(log.find("online ") != std::string::npos);
    BOOST_TEST(log.find("sync ") != std::string::npos);
    BOOST_TEST(log.find("1-notes ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(callbacks_may_be_set_and_taken_away_later) {
    Client client(kSchema, options());
    int synced = 0;
    client.on_sync([&](const SyncResult&) { ++synced; });
    sync(client);
    BOOST_TEST(synced == 1);
    client.on_sync({});
    sync(client);
    BOOST_TEST(synced == 1);
}

BOOST_AUTO_TEST_CASE(what_a_callback_throws_is_reported_and_sync_goes_on) {
    std::string text;
    ClientOptions given = options();
    given.on_sync = [](const SyncResult&) { throw std::runtime_error("broken callback"); };
    given.on_error = [&](const SyncError& error) {
        text = error.code + ": " + error.text;
        throw std::runtime_error("broken, too");
    };
    Client client(kSchema, std::move(given));
    client.start();
    run();
    BOOST_TEST(text.starts_with("callback_failed"));
    BOOST_TEST(text.find("broken callback") != std::string::npos);
    create(client, "a", "later");
    run();
    BOOST_TEST(client.pending() == 0U);
}

BOOST_AUTO_TEST_CASE(in_a_callback_a_client_may_write_stop_and_ask_for_a_sync) {
    std::optional<Client> client;
    std::string log;
    ClientOptions given = options();
    given.on_sync = [&](const SyncResult&) {
        log += "synced ";
        if (client->model().exists(kNotes, "a")) return;
        create(*client, "a", "from the callback");
        log += client->sync().error.code + " ";  // would wait for itself
        client->sync_async([&](const SyncResult& result) {
            log += result.ok ? "again " : "no ";
            client->stop();
        });
    };
    client.emplace(kSchema, std::move(given));
    client->start();
    run();
    BOOST_TEST(log.starts_with("synced wrong_thread synced "));
    BOOST_TEST(log.ends_with("again "));
    BOOST_TEST(!client->model().replica().sync_state().unsent);
    BOOST_TEST((client->phase() == SyncPhase::stopped));
}

BOOST_AUTO_TEST_CASE(in_a_callback_a_client_may_be_destroyed) {
    auto client = std::make_unique<Client>(kSchema, options());
    client->on_sync([&](const SyncResult&) { client.reset(); });
    client->start();
    run();
    BOOST_TEST(!client);
    pass(1min);
}

BOOST_AUTO_TEST_CASE(a_client_may_be_destroyed_with_anything_under_way) {
    for (int tasks = 0; tasks < 60; ++tasks) {
        Client client(kSchema, options());
        create(client, "a" + std::to_string(tasks), "on its way");
        client.start();
        client.sync_async([](const SyncResult&) {});
        for (int i = 0; i < tasks; ++i) executor.run_one();
    }
    run();
}

// --- Tokens -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_token_that_is_set_wakes_a_client_that_waits_for_one) {
    Client client(kSchema, options());
    network.refuse_next(RequestError::unauthorized);
    create(client, "a", "kept");
    client.start();
    pass(1h);
    BOOST_TEST((client.phase() == SyncPhase::auth_needed));
    BOOST_TEST(client.pending() == 1U);
    client.set_token("good");
    run();
    BOOST_TEST(client.pending() == 0U);
    BOOST_TEST(network.tokens.ends_with("good "));
}

BOOST_AUTO_TEST_SUITE_END()
