#include <atomic>
#include <boost/test/unit_test.hpp>
#include <map>
#include <thread>
#include <vector>

#include "engine_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

constexpr int kWriters = 4;
constexpr int kPushes = 150;

/// A reader that pulls from its own cursor on, as a client does.
struct Follower {
    std::map<std::string, std::uint64_t> cursor_of;  // of each row seen
    std::vector<std::uint64_t> cursors;              // in the order in which they came
    Cursor at;

    void pull(server::Engine& engine, const PullRequest& like) {
        PullRequest request = like;
        request.cursor = at;
        const auto page = engine.pull(request);
        for (const RowChange& row : page.message.rows) {
            cursor_of[std::string(row.key)] = row.cursor.value;
            cursors.push_back(row.cursor.value);
        }
        at = page.message.to;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(engine_concurrency_tests, EngineFixture)

BOOST_AUTO_TEST_CASE(a_reader_misses_nothing_of_what_several_writers_commit) {
    std::atomic<int> running{kWriters};
    std::vector<std::thread> writers;
    for (int w = 0; w < kWriters; ++w) {
        writers.emplace_back([this, w, &running] {
            TestClient client(static_cast<std::uint64_t>(w) + 10);
            for (int i = 0; i < kPushes; ++i) {
                const std::string key = std::to_string(w) + "/" + std::to_string(i);
                engine.push(client.request(client.create_note(key, "t")));
            }
            --running;
        });
    }
    Follower follower;
    while (running > 0) follower.pull(engine, pull_request(anna));
    for (std::thread& writer : writers) writer.join();
    follower.pull(engine, pull_request(anna));

    // Had a cursor become visible before a smaller one, its row would have been passed over.
    BOOST_TEST(follower.cursor_of.size() == std::size_t{kWriters * kPushes});
    BOOST_TEST(std::is_sorted(follower.cursors.begin(), follower.cursors.end()));
    BOOST_TEST(follower.at.value == std::uint64_t{kWriters * kPushes});
}

BOOST_AUTO_TEST_CASE(one_client_that_pushes_from_several_connections_is_applied_once) {
    push(anna.request(anna.create_note("n1", "t")));
    std::vector<PushRequest> requests;
    for (int i = 0; i < 20; ++i) {
        requests.push_back(anna.request(anna.update("note", "n1", add_visits(1))));
    }
    std::vector<Transaction> all;
    for (const PushRequest& request : requests) all.push_back(request.transactions.front());
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] { engine.push(anna.request(all)); });
    }
    for (std::thread& thread : threads) thread.join();
    BOOST_TEST(RowView(row(anna, "note", "n1")).scalar<std::int32_t>(note::kVisits, 0) == 20);
}

BOOST_AUTO_TEST_CASE(counters_of_writers_at_once_add_up) {
    push(anna.request(anna.create_note("n1", "t")));
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([this, t] {
            TestClient client(static_cast<std::uint64_t>(t) + 10);
            for (int i = 0; i < 50; ++i) {
                engine.push(client.request(client.update("note", "n1", add_visits(1))));
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    BOOST_TEST(RowView(row(anna, "note", "n1")).scalar<std::int32_t>(note::kVisits, 0) == 200);
}

BOOST_AUTO_TEST_SUITE_END()
