#include <boost/test/unit_test.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "model_fixture.hpp"
#include "syncline/reactive/reactive.hpp"

using syncline::Computed;
using syncline::Effect;
using todo::TodoFields;

namespace {

// Threads that write, read, observe and batch at once: what could deadlock does here.
constexpr int kWrites = 300;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(model_thread_tests, ModelFixture)

BOOST_AUTO_TEST_CASE(writers_readers_and_observers_on_many_threads_agree_in_the_end) {
    for (int i = 0; i < 10; ++i) todos.create({.id = std::to_string(i), .title = "t"});
    const auto live = todos.live([](const todo::TodoView& each) { return each.visits() > 0; },
                                 TodoFields::visits, syncline::descending, 5);
    const Computed<std::int64_t> sum([&] {
        std::int64_t total = 0;
        for (int i = 0; i < 10; ++i) total += todos.get(std::to_string(i)).visits();
        return total;
    });
    std::atomic<std::int64_t> seen_sum = 0;
    std::atomic<std::uint64_t> seen_count = 0;
    std::atomic<std::size_t> seen_live = 0;
    const Effect watch_sum([&] { seen_sum = sum.get(); });
    const Effect watch_count([&] { seen_count = todos.count(); });
    const Effect watch_live([&] { seen_live = live.size(); });
    syncline::Signal<int> signal = 0;
    std::atomic<int> seen_both = 0;
    const Effect both([&] { seen_both = signal.get() + todos.get("0").visits(); });

    std::vector<std::thread> threads;
    for (int writer = 0; writer < 2; ++writer) {
        threads.emplace_back([&, writer] {
            for (int i = 0; i < kWrites; ++i) {
                todos.get(std::to_string(i % 10)).add_visits(1);
                if (i % 10 == 0) todos.create({.title = "w" + std::to_string(writer)});
                if (i % 15 == 0) model.transaction([&] { signal.update([](int& s) { ++s; }); });
            }
        });
    }
    threads.emplace_back([&] {
        for (int i = 0; i < kWrites; ++i) {
            syncline::batch([&] {
                signal.set(-i);
                todos.get(std::to_string(i % 10)).visits();
                live.rows();
            });
            const Effect brief([&] { todos.get(std::to_string(i % 10)).title(); });
        }
    });
    threads.emplace_back([&] {
        for (int i = 0; i < kWrites; ++i) {
            const Computed<std::uint64_t> count([&] { return todos.count() + live.size(); });
            count.get();
            sum.get();
        }
    });
    for (std::thread& thread : threads) thread.join();
    executor.run_until_idle();

    BOOST_TEST(sum.get() == 2 * kWrites);
    BOOST_TEST(seen_sum == 2 * kWrites);
    BOOST_TEST(todos.count() == 10U + 2 * kWrites / 10);
    BOOST_TEST(seen_count == todos.count());
    BOOST_TEST(todos.all().size() == todos.count());
    BOOST_TEST(seen_live == 5U);
}

BOOST_AUTO_TEST_CASE(pages_that_arrive_while_others_write_are_not_lost) {
    const auto live = todos.live([](const todo::TodoView&) { return true; });
    std::atomic<std::uint64_t> seen = 0;
    const Effect watch([&] { seen = todos.count(); });
    std::thread sync([&] {
        for (int i = 0; i < 100; ++i) {
            receive(RemotePage().put({.id = "r" + std::to_string(i), .title = "r"}));
        }
    });
    std::thread loop([&] {
        for (int i = 0; i < 2000; ++i) executor.run_until_idle();
    });
    for (int i = 0; i < 100; ++i) todos.create({.title = "w"});
    sync.join();
    loop.join();
    executor.run_until_idle();
    BOOST_TEST(todos.count() == 200U);
    BOOST_TEST(seen == 200U);
    BOOST_TEST(live.size() == 200U);
}

BOOST_AUTO_TEST_SUITE_END()
