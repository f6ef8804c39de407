#include "syncline/sync/sync_loop.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

#include "support/sync_world.hpp"

using namespace std::chrono_literals;
using namespace syncline;
using namespace syncline::test;
using testing::Fault;

namespace {

struct LoopFixture : World {
    // Anna, in sync and started, with an empty log.
    void started() {
        anna.start();
        run();
        server.log.clear();
        network.tokens.clear();
    }
    SyncPhase phase() const { return anna.status().phase; }
    std::string code() const {
        return anna.status().last_error ? anna.status().last_error->code : "";
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sync_loop_tests, LoopFixture)

// --- What is done, and when ---------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(nothing_is_sent_before_it_is_started) {
    anna.create("a", "written offline");
    run();
    pass(1h);
    BOOST_TEST(server.log == "");
    BOOST_TEST((phase() == SyncPhase::stopped));
}

BOOST_AUTO_TEST_CASE(a_sync_is_one_round_trip) {
    started();
    anna.create("a", "pushed and pulled in one");
    run();
    BOOST_TEST(server.log == "push ");
    BOOST_TEST(anna.state().pending == 0U);
    BOOST_TEST((phase() == SyncPhase::idle));
}

BOOST_AUTO_TEST_CASE(writes_made_during_an_exchange_go_together_in_the_next) {
    started();
    anna.create("a", "first");
    executor.run_one();
    for (int i = 0; i < 10; ++i) anna.create("b" + std::to_string(i), "while the first is sent");
    run();
    BOOST_TEST(server.log == "push push ");
}

BOOST_AUTO_TEST_CASE(it_pulls_after_the_interval_and_not_before) {
    started();
    pass(29s);
    BOOST_TEST(server.log == "");
    pass(2s);
    BOOST_TEST(server.log == "pull ");
}

BOOST_AUTO_TEST_CASE(an_interval_of_nothing_is_not_all_the_time_and_one_without_end_is_never) {
    for (const bool never : {false, true}) {
        SyncOptions options;
        options.live = false;
        options.pull_interval = never ? std::chrono::milliseconds::max() : 0ms;
        options.push_interval = options.pull_interval;
        WorldClient carl = make(3, options);
        carl.start();
        run();
        server.log.clear();
        pass(10s);
        const auto pulls = std::count(server.log.begin(), server.log.end(), ' ');
        BOOST_TEST(pulls <= (never ? 0 : 100));
        BOOST_TEST((never || pulls > 0));
    }
}

BOOST_AUTO_TEST_CASE(a_missed_wake_up_costs_no_more_than_the_push_interval) {
    started();
    anna.replica->set_queue_listener({});
    anna.create("a", "nobody is told");
    pass(1s);
    BOOST_TEST(anna.state().pending == 0U);
}

BOOST_AUTO_TEST_CASE(a_sync_without_start_ends_when_it_is_done) {
    anna.create("a", "written offline");
    const SyncResult result = anna.sync();
    BOOST_TEST(result.ok);
    BOOST_TEST(result.pushed == 1U);
    BOOST_TEST((result.cursor == server.head()));
    server.log.clear();
    anna.create("b", "not asked for");
    pass(1h);
    BOOST_TEST(server.log == "");
}

BOOST_AUTO_TEST_CASE(a_sync_counts_what_it_did) {
    ben.create("b", "by ben");
    ben.sync();
    anna.create("a", "by anna");
    const SyncResult result = anna.sync();
    BOOST_TEST(result.pushed == 1U);
    BOOST_TEST(result.pulled >= 1U);
    BOOST_TEST(result.rejected == 0U);
}

BOOST_AUTO_TEST_CASE(a_sync_asked_for_during_a_pull_pulls_again) {
    anna.start();
    while (server.log.empty()) BOOST_REQUIRE(executor.run_one());  // the answer is on its way
    ben.create("b", "after anna's snapshot was made");
    bool done = false;
    anna.loop->post([&](SyncLoop& loop) {
        loop.sync(1min, [&](const SyncResult& result) { done = result.ok; });
    });
    ben.sync();
    run();
    BOOST_TEST(done);
    BOOST_TEST(anna.title("b") == "after anna's snapshot was made");
}

BOOST_AUTO_TEST_CASE(a_flush_ends_though_more_is_written_all_the_time) {
    struct Busy final : testing::ServerEndpoint {
        TransportResponse handle(Endpoint endpoint, std::string_view token,
                                 ByteView body) override {
            for (int i = 0; i < 2; ++i)
                anna->create("w" + std::to_string(++rows), "while it is sent");
            return server->handle(endpoint, token, body);
        }
        std::unique_ptr<Subscription> subscribe(const LiveRequest&, LiveSink,
                                                TransportResponse& refused) override {
            refused.outcome = TransportResponse::Outcome::unreachable;
            return nullptr;
        }
        WorldClient* anna = nullptr;
        testing::ServerEndpoint* server = nullptr;
        int rows = 0;
    } busy;
    started();
    busy.anna = &anna;
    busy.server = &server;
    network.server = &busy;
    anna.create("a", "first");
    while (busy.rows == 0) BOOST_REQUIRE(executor.run_one());
    bool done = false;
    bool asked = false;
    anna.loop->post([&](SyncLoop& loop) {
        asked = true;
        loop.flush(1h, [&](const SyncResult& result) { done = result.ok; });
    });
    while (!asked) BOOST_REQUIRE(executor.run_one());
    anna.create("c", "the next push has more than was waited for");
    while (!done && busy.rows < 100) BOOST_REQUIRE(executor.run_one());
    BOOST_TEST(done);
    network.server = &server;
    run();
}

BOOST_AUTO_TEST_CASE(stop_forgets_what_is_under_way_and_fails_who_waits) {
    anna.create("a", "on its way");
    std::string code;
    anna.loop->post([&](SyncLoop& loop) {
        loop.sync(1min, [&](const SyncResult& result) { code = result.error.code; });
        loop.stop();
    });
    run();
    BOOST_TEST(code == "stopped");
    BOOST_TEST((phase() == SyncPhase::stopped));
    BOOST_TEST(anna.state().unsent == 1U);
    BOOST_TEST(anna.sync().ok);
    BOOST_TEST(server.rows().size() == 1U);
}

BOOST_AUTO_TEST_CASE(paused_it_uses_no_network_until_it_is_resumed) {
    started();
    anna.loop->post([](SyncLoop& loop) { loop.pause(); });
    anna.create("a", "while paused");
    pass(1h);
    BOOST_TEST(server.log == "");
    BOOST_TEST((phase() == SyncPhase::paused));
    BOOST_TEST(anna.sync().error.code == "paused");
    anna.loop->post([](SyncLoop& loop) { loop.resume(); });
    run();
    BOOST_TEST(anna.state().pending == 0U);
}

BOOST_AUTO_TEST_CASE(the_loop_may_be_destroyed_with_an_exchange_under_way) {
    anna.create("a", "on its way");
    anna.start();
    executor.run_one();
    anna.loop.reset();
    run();
    anna.restart();
    run();
    BOOST_TEST(anna.state().pending == 0U);
}

BOOST_AUTO_TEST_CASE(a_rejected_row_goes_to_the_servers_without_showing_the_old_one) {
    started();
    anna.replica->create(kFolder, folder_row("f", "old"));
    run();
    ben.sync();
    ben.replica->update(kFolder, "f", patch_folder_name("theirs"));
    struct Names final : ChangeListener {
        bool wants_rows(const EntitySchema&) const override { return true; }
        void on_changes(const ChangeSet& changes) override {
            for (const ViewChange& row : changes.entities.at(0).rows) {
                heard += std::string(row.after.string(folder::kName)) + " ";
            }
        }
        std::string heard;
    } names;
    anna.replica->set_listener(&names);
    anna.stop();
    run();
    ben.sync();
    anna.replica->update(kFolder, "f", patch_folder_name("mine"));
    BOOST_TEST(anna.sync().ok);
    anna.replica->set_listener(nullptr);
    BOOST_TEST(names.heard == "mine theirs ");
    BOOST_TEST(anna.rejected.size() == 1U);
}

// --- Failures -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(unreachable_it_says_what_it_waits_for_and_when_it_tries_again) {
    anna.memory.set_reachable(false);
    anna.create("a", "kept");
    anna.start();
    run();
    const SyncStatus status = anna.status();
    BOOST_TEST((status.phase == SyncPhase::waiting_backoff));
    BOOST_TEST(!status.online);
    BOOST_TEST(code() == "unreachable");
    BOOST_TEST(status.waiting_for.find("could not be reached") != std::string::npos);
    BOOST_REQUIRE(status.next_attempt.has_value());
    BOOST_TEST((*status.next_attempt <= clock.now() + 250ms));
    BOOST_TEST(status.pending == 1U);
}

BOOST_AUTO_TEST_CASE(it_comes_back_by_itself_when_the_server_does) {
    anna.memory.set_reachable(false);
    anna.create("a", "kept");
    anna.start();
    pass(10min);
    anna.memory.set_reachable(true);
    pass(61s);
    BOOST_TEST(anna.state().pending == 0U);
    BOOST_TEST(anna.status().online);
    BOOST_TEST(!anna.status().last_error.has_value());
}

BOOST_AUTO_TEST_CASE(a_write_does_not_break_the_backoff_but_sync_and_the_network_do) {
    anna.memory.set_reachable(false);
    anna.start();
    pass(10min);
    const auto waits = [&] { return *anna.status().next_attempt - clock.now(); };
    while (waits() < 10s) executor.advance_to_next_timer();
    anna.memory.set_reachable(true);
    anna.create("a", "a write");
    run();
    BOOST_TEST(server.log == "");
    anna.loop->post([](SyncLoop& loop) { loop.network_available(); });
    run();
    BOOST_TEST(anna.state().pending == 0U);

    anna.memory.set_reachable(false);
    pass(10min);
    anna.memory.set_reachable(true);
    BOOST_TEST(anna.sync().ok);
}

BOOST_AUTO_TEST_CASE(a_resume_and_another_token_do_not_wait_on_either) {
    for (const bool resumes : {true, false}) {
        anna.memory.set_reachable(false);
        anna.start();
        pass(10min);
        while (*anna.status().next_attempt - clock.now() < 10s) executor.advance_to_next_timer();
        if (resumes) anna.loop->post([](SyncLoop& loop) { loop.pause(); });
        run();
        anna.memory.set_reachable(true);
        anna.create(resumes ? "a" : "b", "waits");
        anna.loop->post([&](SyncLoop& loop) {
            if (resumes) return loop.resume();
            loop.set_token("another");
        });
        run();
        BOOST_TEST(anna.state().pending == 0U);
    }
}

BOOST_AUTO_TEST_CASE(answers_that_do_not_fit_end_in_a_snapshot_if_three_come_in_a_row) {
    started();
    const auto gap = [&] {
        Page page;
        page.scope = kScope;
        page.epoch = anna.state().epoch;
        page.from = Cursor{anna.cursor().value + 10};
        page.to = Cursor{page.from.value + 10};
        network.answer_next(200, encode(page));
    };
    for (int i = 0; i < 2; ++i) {
        gap();
        gap();
        BOOST_TEST(!anna.sync().ok);
        BOOST_TEST(!anna.sync().ok);
        BOOST_TEST(anna.sync().ok);
    }
    BOOST_TEST(server.log.find("snapshot") == std::string::npos);
    for (int i = 0; i < 3; ++i) gap();
    for (int i = 0; i < 3; ++i) BOOST_TEST(!anna.sync().ok);
    BOOST_TEST(anna.sync().ok);
    BOOST_TEST(server.log.find("snapshot") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_server_that_sends_one_page_again_and_again_is_not_asked_in_a_loop) {
    started();
    const Bytes place(8, 1);
    const Bytes row = note_row("a", "the same");
    Page page;
    page.scope = kScope;
    page.epoch = anna.state().epoch;
    page.from = anna.cursor();
    page.to = Cursor{page.from.value + 5};
    page.more = true;
    page.continuation = place;
    page.rows = {{"note", "a", page.to, ByteView(row)}};
    for (int i = 0; i < 50; ++i) network.answer_next(200, encode(page));
    anna.loop->post([](SyncLoop& loop) { loop.network_available(); });
    run();
    BOOST_TEST(network.refused.size() < 20U);
}

BOOST_AUTO_TEST_CASE(a_transport_that_never_answers_is_given_up) {
    started();
    anna.faults.inject(Fault::no_answer);
    anna.create("a", "into the void");
    pass(30s);
    BOOST_TEST((phase() == SyncPhase::pushing));
    pass(7s);
    BOOST_TEST(anna.state().pending == 0U);
    BOOST_REQUIRE(!anna.errors.empty());
    BOOST_TEST(anna.errors.back().code == "timed_out");
}

BOOST_AUTO_TEST_CASE(what_times_out_on_a_slow_connection_is_sent_in_smaller_parts) {
    started();
    for (int i = 0; i < 20; ++i) {
        anna.replica->transaction(
            [&] { anna.create("a" + std::to_string(i), std::string(10'000, 'x')); });
    }
    anna.faults.inject(Fault::no_answer);
    pass(35s);
    server.log.clear();
    pass(1s);
    BOOST_TEST(anna.state().pending == 0U);
    BOOST_TEST(server.log.starts_with("push push "));
}

BOOST_AUTO_TEST_CASE(garbage_html_and_truncated_answers_lose_nothing) {
    for (const Fault fault : {Fault::garbage, Fault::html, Fault::truncated, Fault::bad_answer}) {
        BOOST_TEST_CONTEXT(testing::to_string(fault)) {
            const std::string id(testing::to_string(fault));
            anna.create(id, "kept");
            anna.faults.inject(fault);
            const SyncResult failed = anna.sync();
            BOOST_TEST(!failed.ok);
            BOOST_TEST(failed.error.code == "invalid_answer");
            BOOST_TEST(anna.title(id) == "kept");
            BOOST_TEST(anna.sync().ok);
            BOOST_TEST(server.rows().contains("note/" + id));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_request_with_a_bit_changed_on_its_way_is_not_taken_and_sent_again) {
    for (int i = 0; i < 50; ++i) {
        const std::string id = "n" + std::to_string(i);
        anna.create(id, "kept");
        anna.faults.inject(Fault::bad_request);
        const SyncResult failed = anna.sync();
        BOOST_TEST(!failed.ok);
        BOOST_TEST(failed.error.code == "damaged");
        BOOST_TEST(!server.rows().contains("note/" + id));
        BOOST_TEST(anna.sync().ok);
        BOOST_TEST(server.rows().contains("note/" + id));
    }
}

BOOST_AUTO_TEST_CASE(retry_after_is_obeyed) {
    started();
    network.refuse_next(RequestError::rate_limited, 20s);
    anna.create("a", "too fast");
    pass(20s);
    BOOST_TEST(server.log == "");
    BOOST_TEST(code() == "rate_limited");
    pass(1s);
    BOOST_TEST(anna.state().pending == 0U);
}

BOOST_AUTO_TEST_CASE(a_server_that_asks_for_patience_for_years_is_asked_again_after_an_hour) {
    started();
    network.refuse_next(RequestError::unavailable, std::chrono::hours(24 * 365));
    anna.create("a", "kept");
    pass(59min);
    BOOST_TEST(anna.state().unsent == 1U);
    pass(3min);
    BOOST_TEST(anna.state().pending == 0U);
}

BOOST_AUTO_TEST_CASE(a_refused_token_is_replaced_once) {
    int asked = 0;
    anna.next_token = [&] { return "token" + std::to_string(++asked); };
    anna.answers_auth = false;
    network.refuse_next(RequestError::unauthorized);
    BOOST_TEST(anna.sync().ok);
    BOOST_TEST(network.tokens.starts_with("token1 token2 "));
}

BOOST_AUTO_TEST_CASE(a_token_refused_twice_is_waited_for_with_the_queue_untouched) {
    started();
    anna.answers_auth = false;
    network.refuse_next(RequestError::unauthorized);
    network.refuse_next(RequestError::unauthorized);
    anna.create("a", "kept");
    pass(1h);
    BOOST_TEST(network.refused == "push push ");
    BOOST_TEST((phase() == SyncPhase::auth_needed));
    BOOST_TEST(!anna.status().next_attempt.has_value());
    BOOST_TEST(anna.state().unsent == 1U);
    anna.loop->post([](SyncLoop& loop) { loop.set_token("good"); });
    run();
    BOOST_TEST(anna.state().pending == 0U);
    BOOST_TEST(network.tokens.ends_with("good "));
}

BOOST_AUTO_TEST_CASE(a_token_provider_that_throws_is_as_a_refused_token) {
    anna.answers_auth = false;
    anna.next_token = []() -> std::string { throw std::runtime_error("not logged in"); };
    const SyncResult result = anna.sync();
    BOOST_TEST(result.error.code == "unauthorized");
    BOOST_TEST(result.error.text.find("not logged in") != std::string::npos);
    anna.next_token = [] { return std::string("token"); };
    BOOST_TEST(anna.sync().ok);
}

BOOST_AUTO_TEST_CASE(a_forbidden_scope_is_tried_again_slowly) {
    network.refuse_next(RequestError::forbidden);
    anna.start();
    run();
    BOOST_TEST((phase() == SyncPhase::forbidden));
    pass(59s);
    BOOST_TEST(server.log == "");
    pass(2s);
    BOOST_TEST((phase() == SyncPhase::idle));
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_know_the_schema_is_waited_for) {
    started();
    network.refuse_next(RequestError::schema_unknown);
    anna.create("a", "kept");
    run();
    BOOST_TEST((phase() == SyncPhase::upgrade_needed));
    BOOST_TEST(anna.state().unsent == 1U);
    pass(61s);
    BOOST_TEST(anna.state().pending == 0U);
}

BOOST_AUTO_TEST_CASE(while_pushes_are_refused_pulls_go_on) {
    started();
    network.refuse_next(RequestError::forbidden);
    anna.create("a", "may not write");
    run();
    ben.create("b", "by ben");
    ben.sync();
    pass(31s);
    BOOST_TEST(anna.title("b") == "by ben");
    BOOST_TEST(anna.state().unsent == 1U);
    BOOST_TEST(code() == "forbidden");
}

BOOST_AUTO_TEST_CASE(of_a_batch_refused_as_a_whole_the_good_transactions_arrive) {
    started();
    network.refuse_next(RequestError::invalid_request);
    anna.replica->transaction([&] {
        anna.create("a", "first");
        anna.create("b", "second");
    });
    anna.create("c", "third");
    run();
    pass(5s);
    BOOST_TEST(server.rows().size() == 3U);
    BOOST_REQUIRE(!anna.errors.empty());
    BOOST_TEST(anna.errors.front().code == "invalid_request");
}

BOOST_AUTO_TEST_CASE(a_push_too_large_is_sent_in_parts) {
    started();
    network.refuse_next(RequestError::too_large, {}, {2, 1 << 20, 1 << 20});
    for (int i = 0; i < 6; ++i) {
        anna.replica->transaction([&] { anna.create("a" + std::to_string(i), "one of six"); });
    }
    run();
    BOOST_TEST(anna.state().pending == 0U);
    BOOST_TEST(server.rows().size() == 6U);
}

BOOST_AUTO_TEST_CASE(a_transaction_that_no_request_can_hold_is_rejected_and_those_behind_it_go_on) {
    started();
    anna.create("huge", std::string(200'000, 'x'));
    anna.create("small", "behind it");
    for (int i = 0; i < 40; ++i) network.answer_next(413, to_bytes(as_bytes("<html>nginx</html>")));
    while (anna.state().rejected == 0) BOOST_REQUIRE(executor.advance_to_next_timer());
    while (!network.refused.empty() && anna.state().pending != 0) {
        BOOST_REQUIRE(executor.advance_to_next_timer());
    }
    BOOST_TEST(anna.title("small") == "behind it");
    BOOST_TEST(server.rows().contains("note/small"));
    BOOST_REQUIRE(anna.rejected.size() == 1U);
    BOOST_TEST(anna.rejected[0].code == "too_large");
    BOOST_TEST(anna.rejected[0].key == "huge");
}

BOOST_AUTO_TEST_CASE(a_server_that_takes_not_even_a_withdrawal_is_not_asked_in_a_loop) {
    started();
    for (int i = 0; i < 50; ++i) network.refuse_next(RequestError::too_large, {}, {1, 10, 10});
    anna.create("a", "kept");
    run();
    BOOST_TEST(network.refused == "push push ");
    BOOST_TEST(anna.state().unsent == 1U);
    pass(2h);
    BOOST_TEST(anna.state().pending == 0U);
}

BOOST_AUTO_TEST_CASE(a_second_resync_in_a_row_backs_off) {
    started();
    for (int i = 0; i < 100; ++i) network.refuse_next(RequestError::cursor_too_old);
    anna.create("a", "kept");
    run();
    BOOST_TEST(network.refused == "push snapshot ");
    BOOST_TEST((phase() == SyncPhase::waiting_backoff));
    pass(1s);
    BOOST_TEST(network.refused.size() < 200U);
    BOOST_TEST(anna.state().unsent == 1U);
}

BOOST_AUTO_TEST_CASE(a_forked_client_takes_a_new_identity_and_sends_its_queue) {
    started();
    const ClientId before = anna.state().client;
    network.refuse_next(RequestError::client_forked);
    anna.create("a", "kept");
    run();
    BOOST_TEST((anna.state().client != before));
    BOOST_TEST(anna.state().pending == 0U);
    BOOST_TEST(server.rows().size() == 1U);
}

BOOST_AUTO_TEST_CASE(
    an_answer_to_a_push_under_the_former_identity_says_nothing_of_the_new_numbers) {
    started();
    anna.create("before", "number 1");
    run();
    anna.faults.inject(Fault::delay);
    anna.create("a", "number 2");
    for (int i = 0; i < 500 && !server.rows().contains("note/a"); ++i) pass(10ms);
    BOOST_REQUIRE(server.rows().contains("note/a"));
    anna.create("b", "number 3, which becomes 1, while the answer is on its way");
    run();
    BOOST_REQUIRE(anna.state().unsent == 1U);
    const Bytes row = note_row("c", "by a copy");
    PushRequest copy;
    copy.scope = kScope;
    copy.client = anna.state().client;
    copy.schema = fingerprint(kSchema);
    copy.transactions = {
        {{{Sequence{3}, MutationId{4711}, MutationKind::create, "note", "c", row, {}, {}}}}};
    server.engine().push(copy);
    run();
    BOOST_REQUIRE((anna.state().client != copy.client));  // a live frame has told
    pass(1min);
    BOOST_TEST(anna.state().pending == 0U);
    BOOST_TEST((anna.rows() == server.rows()));
}

BOOST_AUTO_TEST_CASE(a_server_that_processes_nothing_is_not_asked_in_a_loop) {
    started();
    PushResponse nothing;
    nothing.epoch = anna.state().epoch;
    for (int i = 0; i < 50; ++i) network.answer_next(200, encode(nothing));
    anna.create("a", "kept");
    run();
    BOOST_TEST(network.refused.size() < 20U);
    BOOST_TEST(anna.state().unsent == 1U);
    pass(30min);
    BOOST_TEST(anna.state().pending == 0U);
}

// --- The live stream ----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_cut_stream_is_opened_again_and_what_was_missed_is_pulled) {
    started();
    anna.faults.inject(Fault::cut_stream);
    ben.create("b1", "in the frame that is cut");
    ben.sync();
    run();
    pass(2s);
    BOOST_TEST(anna.title("b1") == "in the frame that is cut");
    server.log.clear();
    ben.create("b2", "live again");
    ben.sync();
    run();
    BOOST_TEST(anna.title("b2") == "live again");
}

BOOST_AUTO_TEST_CASE(what_was_in_a_frame_that_cannot_be_read_is_pulled_at_once) {
    started();
    anna.faults.inject(Fault::bad_frame);
    ben.create("b", "in the frame");
    ben.sync();
    run();
    BOOST_TEST(anna.title("b") == "in the frame");
}

BOOST_AUTO_TEST_CASE(without_live_it_works_by_polling) {
    SyncOptions options;
    options.live = false;
    WorldClient carl = make(3, options);
    carl.start();
    run();
    ben.create("b", "by ben");
    ben.sync();
    run();
    BOOST_TEST(carl.title("b") == "-");
    pass(30s);
    BOOST_TEST(carl.title("b") == "by ben");
}

BOOST_AUTO_TEST_CASE(it_goes_online_and_offline_as_the_server_does) {
    started();
    BOOST_TEST(anna.status().online);
    anna.memory.set_reachable(false);
    pass(2s);
    BOOST_TEST(!anna.status().online);
    anna.memory.set_reachable(true);
    pass(61s);
    BOOST_TEST(anna.status().online);
}

BOOST_AUTO_TEST_SUITE_END()
