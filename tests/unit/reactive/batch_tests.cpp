#include "syncline/reactive/batch.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "syncline/reactive/reactive.hpp"

using syncline::Batch;
using syncline::Computed;
using syncline::Effect;
using syncline::Signal;

namespace {
struct SumFixture {
    Signal<int> a{1};
    Signal<int> b{2};
    std::vector<int> seen;
    Effect effect{[this] { seen.push_back(a() + b()); }};
};
}  // namespace

BOOST_FIXTURE_TEST_SUITE(batch_tests, SumFixture)

BOOST_AUTO_TEST_CASE(an_effect_runs_once_for_all_writes_and_the_value_is_returned) {
    const int result = syncline::batch([&] {
        a.set(10);
        b.set(20);
        return a() + 1;
    });
    BOOST_TEST(result == 11);
    BOOST_TEST(seen == (std::vector{3, 30}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(inner_batches_wait_for_the_outer_one) {
    syncline::batch([&] {
        syncline::batch([&] { a.set(10); });
        BOOST_TEST(seen.size() == 1U);
        b.set(20);
    });
    BOOST_TEST(seen.size() == 2U);
}

BOOST_AUTO_TEST_CASE(one_that_ends_where_it_began_runs_nothing) {
    int evaluations = 0;
    const Computed<int> twice([&] {
        ++evaluations;
        return a() * 2;
    });
    const Effect other = syncline::watch([&] { twice(); });
    Signal<std::string> text("x");
    int text_runs = 0;
    const Effect on_text = syncline::watch([&] {
        text();
        ++text_runs;
    });
    syncline::batch([&] {
        a.set(5);
        text.set("y");
        a.set(1);
        text.set("x");
    });
    BOOST_TEST(seen.size() == 1U);
    BOOST_TEST(evaluations == 1);
    BOOST_TEST(text_runs == 1);
}

BOOST_AUTO_TEST_CASE(one_whose_body_throws_flushes_and_rethrows) {
    BOOST_CHECK_THROW(syncline::batch([&] {
                          a.set(10);
                          throw std::runtime_error("body");
                      }),
                      std::runtime_error);
    BOOST_TEST(seen.back() == 12);
}

BOOST_AUTO_TEST_CASE(the_error_of_the_body_wins_over_those_of_effects) {
    std::string unhandled;
    syncline::set_unhandled_error_handler([&](std::exception_ptr error) {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            unhandled = e.what();
        }
    });
    const Effect bad = syncline::watch([&] {
        if (a() == 10) throw std::logic_error("effect");
    });
    BOOST_CHECK_THROW(syncline::batch([&] {
                          a.set(10);
                          throw std::runtime_error("body");
                      }),
                      std::runtime_error);
    BOOST_TEST(unhandled == "effect");
    syncline::set_unhandled_error_handler({});
}

BOOST_AUTO_TEST_CASE(reads_in_one_are_fresh) {
    const Computed<int> sum([&] { return a() + b(); });
    const Effect keep = syncline::watch([&] { sum(); });
    syncline::batch([&] {
        a.set(10);
        BOOST_TEST(a() == 10);
        BOOST_TEST(sum() == 12);
        b.set(20);
        BOOST_TEST(sum() == 30);
    });
    BOOST_TEST(seen == (std::vector{3, 30}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_value_read_and_reverted_in_one_leaves_computeds_right) {
    const Computed<int> twice([&] { return a() * 2; });
    int last = 0;
    const Effect keep = syncline::watch([&] { last = twice(); });
    syncline::batch([&] {
        a.set(10);
        BOOST_TEST(twice() == 20);
        a.set(1);
    });
    BOOST_TEST(twice() == 2);
    BOOST_TEST(last == 2);
    BOOST_TEST(seen.size() == 1U);
}

BOOST_AUTO_TEST_CASE(one_that_ends_where_it_began_runs_nothing_whatever_was_read_in_it) {
    const Computed<int> twice([&] { return a() * 2; });
    const Computed<int> sum([&] { return twice() + b(); });
    std::string log;
    const Effect on_twice = syncline::watch([&] { log += 't' + std::to_string(twice()); });
    const Effect on_sum = syncline::watch([&] { log += 's' + std::to_string(sum()); });
    const Effect before = syncline::watch([&] {
        if (b() != 7) return;
        syncline::batch([&] {
            a.set(10);
            sum.peek();
            a.set(1);
        });
    });
    log.clear();
    seen.clear();
    syncline::batch([&] {
        a.set(10);
        BOOST_TEST(sum() == 22);
        a.set(20);
        BOOST_TEST(twice() == 40);
        a.set(1);
    });
    BOOST_TEST(log.empty());
    BOOST_TEST(seen.empty());
    // Nobody has become deaf.
    a.set(3);
    BOOST_TEST(log == "t6s8");
    a.set(1);
    log.clear();
    // What another write told them they do not forget.
    b.set(7);
    BOOST_TEST(log == "s9");
    syncline::batch([&] {
        a.set(10);
        BOOST_TEST(sum() == 27);
        a.set(1);
        b.set(8);
    });
    BOOST_TEST(log.ends_with("s10"));
}

BOOST_AUTO_TEST_CASE(an_effect_made_in_one_learns_that_what_it_saw_was_taken_back) {
    const Computed<int> twice([&] { return a() * 2; });
    std::string log;
    Effect direct;
    Effect through;
    syncline::batch([&] {
        a.set(10);
        direct = syncline::watch([&] { log += 'd' + std::to_string(a()); });
        through = syncline::watch([&] { log += 't' + std::to_string(twice()); });
        a.set(1);
        BOOST_TEST(twice() == 2);
    });
    BOOST_TEST(log == "d10t20d1t2");
}

BOOST_AUTO_TEST_CASE(the_guard_ends_at_the_end_of_the_block_or_before) {
    {
        const Batch guard;
        a.set(10);
        b.set(20);
        BOOST_TEST(seen.size() == 1U);
    }
    BOOST_TEST(seen.size() == 2U);
    Batch guard;
    a.set(11);
    guard.end();
    BOOST_TEST(seen.size() == 3U);
    BOOST_TEST(!syncline::in_batch());
}

BOOST_AUTO_TEST_CASE(a_snapshot_returns_its_value) {
    BOOST_TEST(syncline::snapshot([&] { return a() + b(); }) == 3);
}

BOOST_AUTO_TEST_CASE(updates_in_place_and_triggers_are_batched) {
    Signal<std::vector<int>> list;
    int runs = 0;
    const Effect effect_on_list = syncline::watch([&] {
        list.with([](const auto& values) { return values.size(); });
        ++runs;
    });
    list.update([](auto& values) { values.push_back(1); });
    BOOST_TEST(runs == 2);
    list.trigger();
    BOOST_TEST(runs == 3);
    syncline::batch([&] {
        list.update([](auto& values) { values.push_back(2); });
        list.trigger();
        list.set({1, 2, 3});
    });
    BOOST_TEST(runs == 4);
    a.update([](int&) {});
    BOOST_TEST(seen.size() == 1U);
    a.update([](int& value) { ++value; });
    BOOST_TEST(seen.back() == 4);
}

BOOST_AUTO_TEST_CASE(an_update_that_throws_still_tells_observers) {
    Signal<std::vector<int>> list;
    std::size_t size = 0;
    const Effect on_list = syncline::watch(
        [&] { size = list.with([](const auto& values) { return values.size(); }); });
    BOOST_CHECK_THROW(list.update([](auto& values) {
        values.push_back(1);
        throw std::runtime_error("half way");
    }),
                      std::runtime_error);
    BOOST_TEST(size == 1U);
}

BOOST_AUTO_TEST_CASE(a_signal_may_die_in_the_batch_that_wrote_it) {
    syncline::batch([&] {
        auto own = std::make_unique<Signal<std::string>>("x");
        own->set("y");
        own.reset();
        a.set(3);
    });
    BOOST_TEST(seen.back() == 5);
}

BOOST_AUTO_TEST_CASE(a_batch_in_an_effect_is_one_step) {
    Signal<int> c(0);
    Signal<int> d(0);
    int runs = 0;
    const Effect reader = syncline::watch([&] {
        c();
        d();
        ++runs;
    });
    const Effect writer = syncline::watch([&] {
        const int value = a();
        syncline::batch([&] {
            c.set(value);
            d.set(value);
        });
    });
    const int before = runs;
    a.set(9);
    BOOST_TEST(runs == before + 1);
}

BOOST_AUTO_TEST_CASE(what_an_old_value_writes_when_it_ends_reaches_effects) {
    struct Counting {
        explicit Counting(Signal<int>* ends) : counter(ends) {}
        Counting(Counting&& other) noexcept : counter(std::exchange(other.counter, nullptr)) {}
        Counting& operator=(Counting&& other) noexcept {
            std::swap(counter, other.counter);
            return *this;
        }
        ~Counting() {
            if (counter != nullptr) counter->set(counter->peek() + 1);
        }
        Signal<int>* counter;
    };
    Signal<int> ended(0);
    int last = 0;
    const Effect on_ended = syncline::watch([&] { last = ended(); });
    Signal<Counting> value{Counting(&ended)};
    value.set(Counting(&ended));
    BOOST_TEST(last == 1);
    syncline::batch([&] { value.set(Counting(&ended)); });
    BOOST_TEST(last == 2);
}

BOOST_AUTO_TEST_CASE(a_trigger_is_not_taken_back_by_a_reverted_write) {
    syncline::batch([&] {
        a.set(5);
        a.set(1);
        a.trigger();
    });
    BOOST_TEST(seen.size() == 2U);
    Signal<std::string> text("x");
    int runs = 0;
    const Effect on_text = syncline::watch([&] {
        text();
        ++runs;
    });
    syncline::batch([&] {
        text.set("y");
        text.trigger();
        text.set("x");
    });
    BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(an_effect_made_in_a_batch_in_an_effect_in_a_batch_runs_at_once) {
    Signal<int> c(0);
    Effect inner;
    std::vector<int> inner_seen;
    const Effect outer = syncline::watch([&] {
        const int value = a();
        syncline::batch([&] {
            c.set(value);
            inner = syncline::watch([&] { inner_seen.push_back(c() + b()); });
            b.set(value);
        });
    });
    inner_seen.clear();
    syncline::batch([&] {
        a.set(10);
        b.set(20);
    });
    BOOST_TEST(inner_seen == (std::vector{30, 20}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
