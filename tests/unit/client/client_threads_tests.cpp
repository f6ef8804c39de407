// A client with threads of its own: what only real concurrency shows.

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/service_endpoint.hpp"
#include "support/test_schema.hpp"
#include "syncline/base/error.hpp"
#include "syncline/client/client.hpp"
#include "syncline/reactive/effect.hpp"
#include "syncline/server/engine.hpp"
#include "syncline/server/service.hpp"
#include "syncline/server/sqlite_authority.hpp"
#include "syncline/testing/memory_transport.hpp"

using namespace std::chrono_literals;
using namespace syncline;
using namespace syncline::test;

namespace {

const EntitySchema& kNotes = kEntities[0];

struct ThreadsFixture {
    ClientOptions options() {
        ClientOptions options;
        options.transport = std::make_shared<testing::MemoryTransport>(endpoint, network);
        return options;
    }
    static void create(Client& client, const std::string& id) {
        client.model().replica().create(kNote, note_row(id, "a note"));
    }

    server::SqliteAuthority authority{"", Durability::normal, Random(1)};
    server::Engine engine{authority, kSchema, SystemClock::instance()};
    server::Service service{engine};
    ServiceEndpoint endpoint{service};
    ThreadExecutor network;
};

// Takes requests and never answers, as a server does that hangs.
class HangingTransport final : public Transport {
public:
    ~HangingTransport() override { cancel_all(); }
    void send(TransportRequest, ResponseHandler handler) override {
        const std::lock_guard lock(mutex_);
        handlers_.push_back(std::move(handler));
        if (asked_) asked_->set_value();
        asked_ = nullptr;
    }
    std::unique_ptr<LiveStream> open_live(LiveRequest, LiveHandler) override {
        return std::make_unique<LiveStream>();
    }
    void cancel_all() override {
        std::vector<ResponseHandler> handlers;
        {
            const std::lock_guard lock(mutex_);
            handlers.swap(handlers_);
        }
        TransportResponse response;
        response.outcome = TransportResponse::Outcome::cancelled;
        for (const auto& handler : handlers) handler(response);
    }
    // Until a request has been sent.
    void tell_when_asked(std::promise<void>& asked) {
        const std::lock_guard lock(mutex_);
        asked_ = &asked;
    }

private:
    std::mutex mutex_;
    std::vector<ResponseHandler> handlers_;
    std::promise<void>* asked_ = nullptr;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(client_threads_tests, ThreadsFixture)

BOOST_AUTO_TEST_CASE(sync_waits_for_the_outcome) {
    Client client(kSchema, options());
    create(client, "a");
    const SyncResult result = client.sync();
    BOOST_TEST(result.ok);
    BOOST_TEST(result.pushed == 1U);
    BOOST_TEST(client.pending() == 0U);
    BOOST_TEST((client.cursor() == result.cursor));
}

BOOST_AUTO_TEST_CASE(a_write_of_one_client_arrives_in_an_effect_of_another) {
    Client anna(kSchema, options());
    Client ben(kSchema, options());
    std::promise<void> arrived;
    std::once_flag once;
    Effect watch([&] {
        if (ben.model().count(kNotes) == 1) std::call_once(once, [&] { arrived.set_value(); });
    });
    anna.start();
    ben.start();
    create(anna, "a");
    const auto outcome = arrived.get_future().wait_for(60s);
    watch.stop_and_wait();
    BOOST_TEST((outcome == std::future_status::ready));
}

BOOST_AUTO_TEST_CASE(when_a_sync_returns_the_effects_of_what_came_have_run) {
    Client anna(kSchema, options());
    Client ben(kSchema, options());
    BOOST_TEST(anna.sync().ok);
    std::atomic<std::size_t> seen{0};
    Effect watch([&] { seen = anna.model().count(kNotes); });
    for (std::size_t round = 1; round <= 100; ++round) {
        create(ben, "n" + std::to_string(round));
        BOOST_REQUIRE(ben.sync().ok);
        BOOST_REQUIRE(anna.sync().ok);
        BOOST_REQUIRE(seen == round);
    }
    watch.stop_and_wait();
}

BOOST_AUTO_TEST_CASE(all_that_many_threads_write_arrives) {
    Client client(kSchema, options());
    client.start();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 50; ++i)
                create(client, std::to_string(t) + "-" + std::to_string(i));
        });
    }
    for (auto& thread : threads) thread.join();
    BOOST_TEST(client.sync().ok);
    BOOST_TEST(client.pending() == 0U);
    Client other(kSchema, options());
    BOOST_TEST(other.sync().ok);
    BOOST_TEST(other.model().count(kNotes) == 200U);
}

BOOST_AUTO_TEST_CASE(stop_and_destruction_do_not_wait_for_a_server_that_hangs) {
    const auto transport = std::make_shared<HangingTransport>();
    std::promise<void> asked;
    transport->tell_when_asked(asked);
    ClientOptions options;
    options.transport = transport;
    Client client(kSchema, std::move(options));
    create(client, "a");
    client.start();
    asked.get_future().wait();
    auto waits = std::async(std::launch::async, [&] { return client.sync(10min); });
    while (waits.wait_for(1ms) != std::future_status::ready) client.stop();
    BOOST_TEST(waits.get().error.code == "stopped");
    BOOST_TEST(client.pending() == 1U);
    client.start();
}

BOOST_AUTO_TEST_CASE(a_flush_and_a_wait_end_in_time_when_the_server_hangs) {
    ClientOptions options;
    options.transport = std::make_shared<HangingTransport>();
    Client client(kSchema, std::move(options));
    create(client, "a");
    const WriteHandle write = *client.last_write();
    const SyncResult result = client.flush(20ms);
    BOOST_TEST(!result.ok);
    BOOST_TEST(result.error.code == "timed_out");
    BOOST_TEST((write.wait(5ms).state != WriteState::applied));
    BOOST_TEST(client.pending() == 1U);
}

BOOST_AUTO_TEST_CASE(a_wait_ends_when_the_write_arrives) {
    Client client(kSchema, options());
    client.start();
    create(client, "a");
    BOOST_TEST((client.last_write()->wait(60s).state == WriteState::applied));
}

BOOST_AUTO_TEST_CASE(a_client_may_be_destroyed_in_its_own_callback) {
    auto client = std::make_unique<Client>(kSchema, options());
    std::promise<void> destroyed;
    client->on_sync([&](const SyncResult&) {
        client.reset();
        destroyed.set_value();
    });
    client->start();
    destroyed.get_future().wait();
}

BOOST_AUTO_TEST_CASE(a_client_may_be_destroyed_at_any_moment) {
    for (int i = 0; i < 100; ++i) {
        Client client(kSchema, options());
        create(client, std::to_string(i));
        client.start();
        client.sync_async([](const SyncResult&) {});
        if (i % 3 == 0) client.stop();
        if (i % 5 == 0) client.sync();
    }
}

BOOST_AUTO_TEST_CASE(sync_on_the_sync_thread_fails_instead_of_waiting_for_itself) {
    Client client(kSchema, options());
    std::promise<std::string> code;
    client.on_online([&] { code.set_value(client.sync().error.code); });
    client.start();
    BOOST_TEST(code.get_future().get() == "wrong_thread");
}

BOOST_AUTO_TEST_SUITE_END()
