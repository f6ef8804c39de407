#include "syncline/base/executor.hpp"

#include <boost/test/unit_test.hpp>
#include <future>
#include <stdexcept>
#include <string>
#include <vector>

using syncline::ThreadExecutor;

BOOST_AUTO_TEST_SUITE(executor_tests)

BOOST_AUTO_TEST_CASE(tasks_run_in_the_order_they_were_posted) {
    ThreadExecutor executor;
    std::vector<int> order;
    std::promise<void> done;
    for (int i = 0; i < 100; ++i) executor.post([&order, i] { order.push_back(i); });
    executor.post([&] { done.set_value(); });
    done.get_future().wait();
    BOOST_TEST(order.size() == 100U);
    BOOST_TEST(std::is_sorted(order.begin(), order.end()));
}

BOOST_AUTO_TEST_CASE(timers_run_in_the_order_of_their_times) {
    ThreadExecutor executor;
    std::string order;
    std::promise<void> done;
    const auto start = syncline::SystemClock::instance().now();
    executor.post_at(start + std::chrono::milliseconds(2), [&] {
        order += 'b';
        done.set_value();
    });
    executor.post_at(start + std::chrono::milliseconds(1), [&] { order += 'a'; });
    done.get_future().wait();
    BOOST_TEST(order == "ab");
}

BOOST_AUTO_TEST_CASE(a_cancelled_timer_does_not_run) {
    ThreadExecutor executor;
    std::string order;
    std::promise<void> done;
    const auto start = syncline::SystemClock::instance().now();
    const auto timer =
        executor.post_at(start + std::chrono::milliseconds(1), [&] { order += 'a'; });
    executor.cancel(timer);
    executor.post_at(start + std::chrono::milliseconds(2), [&] { done.set_value(); });
    done.get_future().wait();
    BOOST_TEST(order.empty());
}

BOOST_AUTO_TEST_CASE(a_task_that_throws_is_reported_and_the_next_one_runs) {
    std::string reported;
    std::promise<void> done;
    ThreadExecutor executor(syncline::SystemClock::instance(),
                            [&](const std::exception& error) { reported = error.what(); });
    executor.post([] { throw std::runtime_error("broken task"); });
    executor.post([&] { done.set_value(); });
    done.get_future().wait();
    BOOST_TEST(reported == "broken task");
}

BOOST_AUTO_TEST_CASE(a_task_may_stop_its_own_executor) {
    auto executor = std::make_unique<ThreadExecutor>();
    std::promise<void> stopped;
    executor->post([&] {
        executor->stop();
        stopped.set_value();
    });
    stopped.get_future().wait();
    executor.reset();
}

BOOST_AUTO_TEST_CASE(posts_after_stop_are_dropped) {
    ThreadExecutor executor;
    executor.stop();
    bool ran = false;
    executor.post([&] { ran = true; });
    executor.stop();
    BOOST_TEST(!ran);
}

BOOST_AUTO_TEST_SUITE_END()
