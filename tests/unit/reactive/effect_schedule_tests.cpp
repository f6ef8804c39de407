#include <boost/test/unit_test.hpp>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "syncline/reactive/reactive.hpp"

using syncline::Effect;
using syncline::EffectQueue;
using syncline::Signal;

BOOST_AUTO_TEST_SUITE(effect_schedule_tests)

BOOST_AUTO_TEST_CASE(a_queue_runs_effects_when_it_is_drained) {
    EffectQueue queue;
    Signal<int> a(1);
    std::vector<int> seen;
    const Effect effect = syncline::watch([&] { seen.push_back(a()); }, {.queue = &queue});
    BOOST_TEST(seen.empty());
    BOOST_TEST(queue.drain() == 1U);
    a.set(2);
    a.set(3);
    BOOST_TEST(seen.size() == 1U);
    BOOST_TEST(!queue.empty());
    BOOST_TEST(queue.drain() == 1U);
    BOOST_TEST(seen == (std::vector{1, 3}), boost::test_tools::per_element());
    BOOST_TEST(queue.drain() == 0U);
}

BOOST_AUTO_TEST_CASE(a_queue_wakes_its_loop_once) {
    int wakes = 0;
    EffectQueue queue([&] { ++wakes; });
    Signal<int> a(1);
    const Effect first = syncline::watch([&] { a(); }, {.queue = &queue});
    const Effect second = syncline::watch([&] { a(); }, {.queue = &queue});
    BOOST_TEST(wakes == 1);
    queue.drain();
    a.set(2);
    BOOST_TEST(wakes == 2);
}

BOOST_AUTO_TEST_CASE(a_queue_goes_on_until_nothing_waits_and_stops_what_never_settles) {
    EffectQueue queue;
    Signal<int> a(0);
    const Effect effect = syncline::watch(
        [&] {
            if (a() < 10) a.set(a() + 1);
        },
        {.queue = &queue});
    queue.drain();
    BOOST_TEST(a() == 10);
    const Effect endless =
        syncline::watch([&] { a.set(a() + 1); }, {.name = "endless", .queue = &queue});
    BOOST_CHECK_THROW(queue.drain(), syncline::CycleError);
    BOOST_TEST(queue.empty());
}

BOOST_AUTO_TEST_CASE(an_effect_stopped_while_it_waits_does_not_run) {
    EffectQueue queue;
    int runs = 0;
    Effect effect = syncline::watch([&] { ++runs; }, {.queue = &queue});
    effect.stop();
    queue.drain();
    BOOST_TEST(runs == 0);
}

BOOST_AUTO_TEST_CASE(one_that_outlives_its_queue_is_forgotten) {
    Signal<int> a(0);
    int runs = 0;
    auto queue = std::make_unique<EffectQueue>();
    const Effect effect = syncline::watch(
        [&] {
            a();
            ++runs;
        },
        {.queue = queue.get()});
    queue.reset();
    a.set(1);
    BOOST_TEST(runs == 0);
}

BOOST_AUTO_TEST_CASE(what_effects_throw_comes_out_of_the_drain) {
    EffectQueue queue;
    Signal<int> a(0);
    int runs = 0;
    const Effect bad = syncline::watch([&] { throw std::runtime_error("bad"); }, {.queue = &queue});
    const Effect good = syncline::watch([&] { ++runs; }, {.queue = &queue});
    BOOST_CHECK_THROW(queue.drain(), std::runtime_error);
    BOOST_TEST(runs == 1);
}

BOOST_AUTO_TEST_CASE(an_executor_runs_every_run) {
    syncline::ThreadExecutor executor;
    Signal<int> a(1);
    std::promise<std::thread::id> first;
    std::promise<std::thread::id> second;
    Effect effect =
        syncline::watch([&] { (a() == 1 ? first : second).set_value(std::this_thread::get_id()); },
                        {.executor = &executor});
    const auto id = first.get_future().get();
    BOOST_TEST((id != std::this_thread::get_id()));
    a.set(2);
    BOOST_TEST((second.get_future().get() == id));
    effect.stop_and_wait();
    executor.stop();
}

BOOST_AUTO_TEST_CASE(a_function_may_be_the_schedule) {
    std::vector<syncline::Task> tasks;
    Signal<int> a(1);
    int seen = 0;
    const Effect effect = syncline::watch(
        [&] { seen = a(); }, {.schedule = [&](syncline::Task task) { tasks.push_back(task); }});
    BOOST_TEST(tasks.size() == 1U);
    tasks.back()();
    BOOST_TEST(seen == 1);
    tasks.back()();
    a.set(2);
    BOOST_TEST(tasks.size() == 2U);
    tasks.back()();
    BOOST_TEST(seen == 2);
}

BOOST_AUTO_TEST_CASE(a_schedule_that_runs_at_once_is_legal) {
    Signal<int> a(1);
    int seen = 0;
    const Effect effect = syncline::watch([&] { seen = a(); },
                                          {.schedule = [](const syncline::Task& task) { task(); }});
    a.set(2);
    BOOST_TEST(seen == 2);
}

BOOST_AUTO_TEST_CASE(two_schedules_for_one_effect_are_an_error) {
    EffectQueue queue;
    syncline::ThreadExecutor executor;
    BOOST_CHECK_THROW(
        static_cast<void>(syncline::watch([] {}, {.executor = &executor, .queue = &queue})),
        syncline::InvalidArgument);
}

BOOST_AUTO_TEST_CASE(a_schedule_that_throws_gets_the_next_change) {
    std::vector<syncline::Task> tasks;
    bool full = false;
    const auto schedule = [&](syncline::Task task) {
        if (full) throw std::runtime_error("full");
        tasks.push_back(std::move(task));
    };
    const auto run_all = [&] {
        for (const syncline::Task& task : std::exchange(tasks, {})) task();
    };
    Signal<int> a(0);
    const syncline::Computed<int> next([&] { return a() + 1; });
    int seen = 0;
    int seen_next = 0;
    const Effect direct = syncline::watch([&] { seen = a(); }, {.schedule = schedule});
    const Effect through = syncline::watch([&] { seen_next = next(); }, {.schedule = schedule});
    run_all();
    full = true;
    BOOST_CHECK_THROW(a.set(1), std::runtime_error);
    full = false;
    a.set(2);
    run_all();
    BOOST_TEST(seen == 2);
    BOOST_TEST(seen_next == 3);
}

BOOST_AUTO_TEST_CASE(a_first_run_that_cannot_be_scheduled_leaves_nothing_behind) {
    Signal<int> a(0);
    const auto schedule = [](const syncline::Task&) { throw std::runtime_error("full"); };
    BOOST_CHECK_THROW(static_cast<void>(syncline::watch([&] { a(); }, {.schedule = schedule})),
                      std::runtime_error);
    BOOST_TEST(!a.observed());
}

BOOST_AUTO_TEST_CASE(a_schedule_may_end_the_effect_that_it_gets) {
    Signal<int> a(0);
    int runs = 0;
    std::optional<Effect> effect;
    effect.emplace(
        [&] {
            a();
            ++runs;
        },
        syncline::EffectOptions{
            .schedule = [&, kept = std::string(64, 'x')](const syncline::Task& task) {
                task();
                if (a.peek() == 1) effect.reset();
                BOOST_TEST(kept.size() == 64U);
            }});
    BOOST_TEST(runs == 1);
    a.set(1);
    a.set(2);
    BOOST_TEST(runs == 1);
    BOOST_TEST(!a.observed());
}

BOOST_AUTO_TEST_SUITE_END()
