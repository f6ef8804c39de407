#include "syncline/sync/task_gate.hpp"

#include <boost/test/unit_test.hpp>
#include <future>
#include <stdexcept>
#include <string>

using syncline::TaskGate;
using syncline::ThreadExecutor;

BOOST_AUTO_TEST_SUITE(task_gate_tests)

BOOST_AUTO_TEST_CASE(no_task_runs_after_the_gate_is_closed) {
    ThreadExecutor executor;
    const auto gate = TaskGate::open(executor);
    std::promise<void> entered;
    std::promise<void> go_on;
    std::string log;
    gate->post([&] {
        entered.set_value();
        go_on.get_future().wait();
        log += "first ";
    });
    gate->post([&] { log += "second "; });
    entered.get_future().wait();
    auto closed = std::async(std::launch::async, [&] {
        gate->close();
        return log;
    });
    go_on.set_value();
    const std::string at_close = closed.get();
    executor.stop();
    BOOST_TEST((at_close == "first " || at_close == "first second "));
    BOOST_TEST(log == at_close);
}

BOOST_AUTO_TEST_CASE(a_task_may_close_its_own_gate) {
    ThreadExecutor executor;
    const auto gate = TaskGate::open(executor);
    std::promise<bool> inside;
    gate->post([&] {
        gate->close();
        inside.set_value(gate->running_here());
    });
    BOOST_TEST(inside.get_future().get());
    BOOST_TEST(!gate->running_here());
}

BOOST_AUTO_TEST_CASE(a_task_that_throws_leaves_the_gate) {
    ThreadExecutor executor;
    const auto gate = TaskGate::open(executor);
    gate->post([] { throw std::runtime_error("broken task"); });
    std::promise<void> next;
    gate->post([&] { next.set_value(); });
    next.get_future().wait();
    gate->close();
}

BOOST_AUTO_TEST_CASE(the_executor_may_go_before_the_gate) {
    std::shared_ptr<TaskGate> gate;
    {
        ThreadExecutor executor;
        gate = TaskGate::open(executor);
        gate->close();
    }
    gate->post([] {});
    BOOST_TEST(gate->post_at({}, [] {}) == 0U);
    gate->cancel(1);
}

BOOST_AUTO_TEST_SUITE_END()
