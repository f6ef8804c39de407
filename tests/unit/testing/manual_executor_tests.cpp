#include "syncline/testing/manual_executor.hpp"

#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <string>

#include "syncline/base/error.hpp"

using namespace std::chrono_literals;
using syncline::testing::ManualClock;
using syncline::testing::ManualExecutor;

namespace {

struct ExecutorFixture {
    ManualClock clock;
    ManualExecutor executor{clock};
    std::string log;

    void post(const std::string& name) {
        executor.post([this, name] { log += name + " "; });
    }
    syncline::TimerId post_in(std::chrono::milliseconds delay, const std::string& name) {
        return executor.post_at(clock.now() + delay, [this, name] { log += name + " "; });
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(manual_executor_tests, ExecutorFixture)

BOOST_AUTO_TEST_CASE(nothing_runs_before_it_is_told_to) {
    post("a");
    post_in(0ms, "b");
    BOOST_TEST(log == "");
    executor.run_until_idle();
    BOOST_TEST(log == "a b ");
}

BOOST_AUTO_TEST_CASE(a_timer_runs_when_the_clock_gets_there) {
    post_in(10ms, "late");
    post_in(5ms, "soon");
    executor.run_until_idle();
    BOOST_TEST(log == "");
    executor.advance(5ms);
    BOOST_TEST(log == "soon ");
    executor.advance(5ms);
    BOOST_TEST(log == "soon late ");
}

BOOST_AUTO_TEST_CASE(advance_stops_at_every_timer_on_the_way) {
    const auto start = clock.now();
    std::vector<std::chrono::nanoseconds> times;
    executor.post_at(start + 10ms, [&] {
        times.push_back(clock.now() - start);
        executor.post_at(clock.now() + 10ms, [&] { times.push_back(clock.now() - start); });
    });
    executor.advance(1s);
    BOOST_TEST((times == std::vector<std::chrono::nanoseconds>{10ms, 20ms}));
    BOOST_TEST((clock.now() - start == 1s));
}

BOOST_AUTO_TEST_CASE(a_cancelled_timer_does_not_run) {
    executor.cancel(post_in(1ms, "never"));
    post_in(1ms, "once");
    executor.cancel(4711);
    executor.advance(1s);
    BOOST_TEST(log == "once ");
}

BOOST_AUTO_TEST_CASE(a_task_that_throws_loses_none_behind_it) {
    executor.post([] { throw std::runtime_error("broken task"); });
    post("next");
    BOOST_CHECK_THROW(executor.run_until_idle(), std::runtime_error);
    executor.run_until_idle();
    BOOST_TEST(log == "next ");
}

BOOST_AUTO_TEST_CASE(a_task_that_posts_itself_for_ever_is_found_out) {
    std::function<void()> again = [&] { executor.post(again); };
    executor.post(again);
    BOOST_CHECK_THROW(executor.run_until_idle(1000), syncline::Error);
}

BOOST_AUTO_TEST_CASE(the_wall_clock_moves_with_the_other_and_can_be_set_apart) {
    const auto wall = clock.wall_now();
    clock.advance(3s);
    BOOST_TEST((clock.wall_now() - wall == 3s));
    clock.set_wall(syncline::WallTime(5s));
    clock.advance(1s);
    BOOST_TEST((clock.wall_now() == syncline::WallTime(6s)));
}

BOOST_AUTO_TEST_SUITE_END()
