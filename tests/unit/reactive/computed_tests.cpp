#include "syncline/reactive/computed.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "syncline/reactive/reactive.hpp"

using syncline::Computed;
using syncline::Effect;
using syncline::Signal;

BOOST_AUTO_TEST_SUITE(computed_tests)

BOOST_AUTO_TEST_CASE(it_is_lazy) {
    int runs = 0;
    const Computed<int> computed([&] { return ++runs; });
    BOOST_TEST(runs == 0);
    BOOST_TEST(computed() == 1);
}

BOOST_AUTO_TEST_CASE(it_is_cached_while_nobody_observes_it) {
    Signal<int> a(1);
    Signal<int> other(1);
    int runs = 0;
    const Computed<int> next([&] {
        ++runs;
        return a() + 1;
    });
    const Computed<int> after([&] { return next() + 1; });
    BOOST_TEST(after() == 3);
    other.set(2);
    BOOST_TEST(after() == 3);
    BOOST_TEST(runs == 1);
    a.set(5);
    BOOST_TEST(after() == 7);
    BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(an_unobserved_one_is_no_observer_of_what_it_read) {
    Signal<int> a(1);
    const Computed<int> next([&] { return a() + 1; });
    next();
    BOOST_TEST(!a.observed());
    {
        const Effect effect = syncline::watch([&] { next(); });
        BOOST_TEST(a.observed());
    }
    BOOST_TEST(!a.observed());
}

BOOST_AUTO_TEST_CASE(it_keeps_its_value_when_it_loses_its_observer) {
    Signal<int> a(1);
    int runs = 0;
    const Computed<int> next([&] {
        ++runs;
        return a() + 1;
    });
    {
        const Effect effect = syncline::watch([&] { next(); });
    }
    BOOST_TEST(next() == 2);
    BOOST_TEST(runs == 1);
    {
        const Effect effect = syncline::watch([&] { next(); });
    }
    BOOST_TEST(runs == 1);
    a.set(2);
    BOOST_TEST(next() == 3);
}

BOOST_AUTO_TEST_CASE(dependencies_that_are_no_longer_read_are_dropped) {
    Signal<bool> which(true);
    Signal<int> a(1);
    Signal<int> b(2);
    int runs = 0;
    const Computed<int> chosen([&] {
        ++runs;
        return which() ? a() : b();
    });
    const Effect effect = syncline::watch([&] { chosen(); });
    b.set(3);
    BOOST_TEST(runs == 1);
    which.set(false);
    BOOST_TEST(runs == 2);
    a.set(9);
    BOOST_TEST(runs == 2);
    BOOST_TEST(!a.observed());
    BOOST_TEST(chosen() == 3);
}

BOOST_AUTO_TEST_CASE(a_dropped_dependency_is_not_evaluated) {
    Signal<int> a(1);
    int runs = 0;
    const Computed<int> inverse([&] {
        ++runs;
        return 100 / a();
    });
    const Computed<int> safe([&] { return a() != 0 ? inverse() : -1; });
    std::vector<int> seen;
    const Effect effect = syncline::watch([&] { seen.push_back(safe()); });
    a.set(0);
    BOOST_TEST(seen == (std::vector{100, -1}), boost::test_tools::per_element());
    BOOST_TEST(runs == 1);
}

BOOST_AUTO_TEST_CASE(an_equal_result_stops_the_propagation) {
    Signal<int> a(1);
    int runs = 0;
    const Computed<bool> even([&] { return a() % 2 == 0; });
    const Computed<int> last([&] {
        ++runs;
        return even() ? 1 : 0;
    });
    int effects = 0;
    const Effect effect = syncline::watch([&] {
        last();
        ++effects;
    });
    a.set(3);
    BOOST_TEST(runs == 1);
    BOOST_TEST(effects == 1);
    a.set(4);
    BOOST_TEST(effects == 2);
}

BOOST_AUTO_TEST_CASE(nan_equals_nan) {
    Signal<double> a(std::numeric_limits<double>::quiet_NaN());
    const Computed<double> root([&] { return std::sqrt(-1.0) + a() * 0; });
    int runs = 0;
    const Effect on_signal = syncline::watch([&] {
        a();
        ++runs;
    });
    int computed_runs = 0;
    const Effect on_computed = syncline::watch([&] {
        root();
        ++computed_runs;
    });
    a.set(std::nan("1"));
    BOOST_TEST(runs == 1);
    a.set(1);
    BOOST_TEST(runs == 2);
    BOOST_TEST(computed_runs == 1);
}

BOOST_AUTO_TEST_CASE(each_node_may_have_its_own_equality) {
    struct Mod10 {
        bool operator()(int a, int b) const { return a % 10 == b % 10; }
    };
    Signal<int, Mod10> digits(1);
    Signal<int, syncline::NeverEqual> never(1);
    Signal<int, syncline::AlwaysEqual> always(1);
    const Computed<int> tens([&] { return never() * 10; }, Mod10{});
    int runs = 0;
    const Effect effect = syncline::watch([&] {
        digits();
        tens();
        always();
        ++runs;
    });
    digits.set(21);
    always.set(5);
    never.set(7);
    BOOST_TEST(runs == 1);
    digits.set(22);
    BOOST_TEST(runs == 2);
    int never_runs = 0;
    const Effect on_never = syncline::watch([&] {
        never();
        ++never_runs;
    });
    never.set(7);
    BOOST_TEST(never_runs == 2);
}

BOOST_AUTO_TEST_CASE(values_without_equality_always_change) {
    struct Opaque {
        int value = 0;
    };
    Signal<Opaque> opaque(Opaque{1});
    int runs = 0;
    const Effect effect = syncline::watch([&] {
        opaque();
        ++runs;
    });
    opaque.set(Opaque{1});
    BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(an_exception_is_cached_and_thrown_to_every_reader_until_a_dependency_changes) {
    Signal<int> a(0);
    int runs = 0;
    const Computed<int> inverse([&] {
        ++runs;
        if (a() == 0) throw std::runtime_error("zero");
        return 100 / a();
    });
    const Computed<int> next([&] { return inverse() + 1; });
    BOOST_CHECK_THROW(inverse(), std::runtime_error);
    BOOST_CHECK_THROW(next(), std::runtime_error);
    BOOST_CHECK_THROW(next(), std::runtime_error);
    BOOST_TEST(runs == 1);
    a.set(50);
    BOOST_TEST(next() == 3);
    BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(an_observed_one_recovers_from_an_exception) {
    Signal<int> a(1);
    const Computed<int> inverse([&] {
        if (a() == 0) throw std::runtime_error("zero");
        return 100 / a();
    });
    std::vector<int> seen;
    const Effect effect = syncline::watch([&] {
        try {
            seen.push_back(inverse());
        } catch (const std::runtime_error&) {
            seen.push_back(-1);
        }
    });
    a.set(0);
    a.set(1);
    BOOST_TEST(seen == (std::vector{100, -1, 100}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_cycle_is_an_error_that_names_the_nodes) {
    std::optional<Computed<int>> a;
    std::optional<Computed<int>> b;
    Signal<bool> closed(true);
    a.emplace([&] { return b->get() + 1; }, std::string("chicken"));
    b.emplace([&] { return closed() ? a->get() + 1 : 0; }, std::string("egg"));
    try {
        a->get();
        BOOST_ERROR("no exception");
    } catch (const syncline::CycleError& error) {
        const std::string text = error.what();
        BOOST_TEST(text.find("'chicken' -> 'egg' -> 'chicken'") != std::string::npos);
        BOOST_TEST((error.code() == syncline::ErrorCode::cycle));
    }
    closed.set(false);
    BOOST_TEST(a->get() == 1);
}

BOOST_AUTO_TEST_CASE(writing_in_one_is_an_error_that_names_the_nodes) {
    Signal<int> target(0, std::string("target"));
    syncline::Source source;
    const Computed<int> bad(
        [&] {
            target.set(1);
            return 1;
        },
        std::string("bad"));
    const Computed<int> worse([&] {
        source.trigger();
        return 1;
    });
    try {
        bad();
        BOOST_ERROR("no exception");
    } catch (const syncline::InvalidState& error) {
        const std::string text = error.what();
        BOOST_TEST(text.find("'bad'") != std::string::npos);
        BOOST_TEST(text.find("'target'") != std::string::npos);
    }
    BOOST_CHECK_THROW(worse(), syncline::InvalidState);
    BOOST_TEST(target() == 0);
}

BOOST_AUTO_TEST_CASE(code_can_ask_whether_it_is_in_one) {
    BOOST_TEST(!syncline::in_computed());
    BOOST_TEST(!syncline::is_tracking());
    const Computed<bool> inside([] { return syncline::in_computed() && syncline::is_tracking(); });
    BOOST_TEST(inside());
    bool tracking = true;
    const Effect effect = syncline::watch(
        [&] { tracking = syncline::untracked([] { return syncline::is_tracking(); }); });
    BOOST_TEST(!tracking);
}

BOOST_AUTO_TEST_CASE(large_values_are_read_without_a_copy) {
    struct Counted {
        explicit Counted(int& counter) : copies(&counter) {}
        Counted(const Counted& other) : copies(other.copies) { ++*copies; }
        Counted(Counted&&) = default;
        Counted& operator=(Counted&&) = default;
        int* copies;
        int value = 7;
    };
    int copies = 0;
    Signal<Counted> signal{Counted(copies)};
    const Computed<int> value(
        [&] { return signal.with([](const Counted& c) { return c.value; }); });
    BOOST_TEST(value() == 7);
    signal.update([](Counted& c) { c.value = 8; });
    BOOST_TEST(value() == 8);
    BOOST_TEST(copies == 0);
}

BOOST_AUTO_TEST_CASE(one_may_be_moved_while_it_is_observed) {
    Signal<int> a(1);
    auto first = std::make_unique<Computed<int>>([&] { return a() + 1; });
    Computed<int>* place = first.get();
    int seen = 0;
    const Effect effect = syncline::watch([&] { seen = place->get(); });
    Computed<int> second(std::move(*first));
    place = &second;
    first.reset();
    a.set(5);
    BOOST_TEST(seen == 6);
}

BOOST_AUTO_TEST_CASE(one_may_be_destroyed_while_it_is_observed) {
    Signal<int> a(1);
    auto next = std::make_unique<Computed<int>>([&] { return a() + 1; });
    int runs = 0;
    const Effect effect = syncline::watch([&] {
        if (next != nullptr) next->get();
        ++runs;
    });
    next.reset();
    a.set(2);
    BOOST_TEST(runs == 1);
}

BOOST_AUTO_TEST_CASE(sources_of_a_cache_may_die_before_it) {
    auto a = std::make_unique<Signal<int>>(1);
    Signal<int> other(1);
    const Computed<int> next([&] { return (a != nullptr ? a->get() : 0) + other(); });
    BOOST_TEST(next() == 2);
    a.reset();
    other.set(5);
    BOOST_TEST(next() == 5);
}

BOOST_AUTO_TEST_CASE(a_signal_at_the_address_of_a_dead_one_is_another_one) {
    std::optional<Signal<int>> slot;
    Signal<int> round(0);
    std::vector<int> seen;
    const Effect effect = syncline::watch([&] {
        slot.emplace(round());
        slot->get();
        slot.reset();
        slot.emplace(round() + 10);
        seen.push_back(slot->get());
    });
    slot->set(99);
    BOOST_TEST(seen.size() == 2U);
    round.set(1);
    BOOST_TEST(seen.back() == 11);
}

BOOST_AUTO_TEST_CASE(many_unobserved_ones_leave_nothing_behind_at_their_signal) {
    Signal<int> a(1);
    for (int i = 0; i < 50'000; ++i) {
        const Computed<int> next([&] { return a() + 1; });
        next();
    }
    a.set(2);
    BOOST_TEST(!a.observed());
}

BOOST_AUTO_TEST_CASE(one_that_destroys_another_while_it_runs_is_harmless) {
    Signal<int> a(1);
    auto victim = std::make_unique<Computed<int>>([&] { return a(); });
    const Computed<int> killer([&] {
        const int value = a();
        if (value == 2) victim.reset();
        return value;
    });
    const Effect effect = syncline::watch([&] {
        killer();
        if (victim != nullptr) victim->get();
    });
    a.set(2);
    BOOST_TEST(killer() == 2);
}

BOOST_AUTO_TEST_CASE(one_may_read_another_that_no_longer_waits_for_it) {
    Signal<bool> turned(false);
    bool direct = false;
    std::optional<Computed<int>> below;
    const Computed<int> above([&] { return turned() ? below->get() + 1 : 1; });
    below.emplace([&] { return direct ? 10 : above(); });
    int seen = 0;
    const Effect effect = syncline::watch([&] { seen = below->get(); });
    BOOST_TEST(seen == 1);
    direct = true;
    turned.set(true);
    BOOST_TEST(seen == 10);
    BOOST_TEST(above.peek() == 11);
}

BOOST_AUTO_TEST_CASE(effects_made_in_one_end_before_it_runs_again) {
    Signal<int> a(1);
    Signal<int> b(1);
    int inner = 0;
    {
        const Computed<int> outer([&] {
            syncline::watch_owned([&] {
                b();
                ++inner;
            });
            return a();
        });
        outer();
        b.set(2);
        BOOST_TEST(inner == 2);
        a.set(2);
        outer();
        BOOST_TEST(inner == 3);
        b.set(3);
        BOOST_TEST(inner == 4);
    }
    b.set(4);
    BOOST_TEST(inner == 4);
    BOOST_TEST(!b.observed());
}

BOOST_AUTO_TEST_CASE(what_the_cleanup_of_a_destroyed_one_writes_reaches_effects) {
    Signal<int> a(0);
    int seen = 0;
    const Effect effect = syncline::watch([&] { seen = a(); });
    {
        const Computed<int> computed([&] {
            syncline::on_cleanup([&] { a.set(5); });
            return 1;
        });
        computed();
    }
    BOOST_TEST(seen == 5);
}

BOOST_AUTO_TEST_CASE(one_may_read_a_computed_or_a_signal_of_its_own_run) {
    Signal<int> a(1);
    Signal<int> other(0);
    const Computed<int> computed([&] {
        const Computed<int> twice([&] { return a() * 2; });
        const Signal<int> one(1);
        return twice() + one() + other() * 0;
    });
    BOOST_TEST(computed() == 3);
    for (int i = 1; i <= 3; ++i) {
        other.set(i);
        a.set(i);
        BOOST_TEST(computed() == 2 * i + 1);
    }
    int seen = 0;
    const Effect effect = syncline::watch([&] { seen = computed(); });
    other.set(9);
    BOOST_TEST(seen == 7);
}

BOOST_AUTO_TEST_CASE(one_may_read_signals_in_the_value_of_another) {
    Signal<int> a(1);
    const Computed<std::shared_ptr<Signal<int>>> made(
        [&] { return std::make_shared<Signal<int>>(a() * 10); },
        [](const auto& left, const auto& right) { return left->peek() == right->peek(); });
    const Computed<int> read([&] { return made.with([](const auto& s) { return s->get(); }); });
    const Computed<int> above(
        [&] { return read() + made.with([](const auto& s) { return s->get(); }); });
    for (int i = 1; i <= 5; ++i) {
        a.set(i);
        BOOST_TEST(above() == 20 * i);
    }
    int seen = 0;
    const Effect effect = syncline::watch([&] { seen = above(); });
    for (int i = 1; i <= 5; ++i) {
        a.set(i);
        BOOST_TEST(seen == 20 * i);
    }
}

BOOST_AUTO_TEST_CASE(the_cache_of_an_unobserved_one_follows_a_signal_that_moves) {
    Signal<int> first(1);
    Signal<int>* place = &first;
    const Computed<int> computed([&] { return place->get(); });
    BOOST_TEST(computed() == 1);
    Signal<int> second(std::move(first));
    place = &second;
    second.set(5);
    BOOST_TEST(computed() == 5);
}

BOOST_AUTO_TEST_CASE(signals_may_move_in_a_container_while_one_runs_that_read_them) {
    std::vector<Signal<int>> signals;
    signals.emplace_back(1);
    Signal<int> other(0);
    const Computed<int> computed([&] {
        const int value = signals[0].get() + other();
        signals.emplace_back(0);
        signals.emplace_back(0);
        return value;
    });
    BOOST_TEST(computed() == 1);
    other.set(1);
    BOOST_TEST(computed() == 2);
    signals[0].set(10);
    BOOST_TEST(computed() == 11);
    const Effect effect = syncline::watch([&] { computed(); });
    signals[0].set(20);
    BOOST_TEST(computed() == 21);
}

BOOST_AUTO_TEST_CASE(one_may_be_destroyed_by_its_own_closure) {
    Signal<int> a(0);
    Signal<int> b(0);
    std::unique_ptr<Computed<int>> computed;
    computed = std::make_unique<Computed<int>>([&] {
        const int value = a();
        if (value == 1) computed.reset();
        return value + b();
    });
    int runs = 0;
    const Effect effect = syncline::watch([&] {
        if (computed != nullptr) computed->get();
        ++runs;
    });
    a.set(1);
    a.set(2);
    b.set(1);
    BOOST_TEST(runs == 1);
    BOOST_TEST(!a.observed());
    BOOST_TEST(!b.observed());
}

BOOST_AUTO_TEST_CASE(an_observed_cycle_is_an_error_until_it_is_opened) {
    Signal<bool> closed(false);
    std::optional<Computed<int>> a;
    std::optional<Computed<int>> b;
    a.emplace([&] { return closed() ? b->get() : 1; });
    b.emplace([&] { return a->get() + 1; });
    std::string log;
    const Effect effect = syncline::watch([&] {
        try {
            log += std::to_string(b->get());
        } catch (const syncline::CycleError&) {
            log += 'e';
        }
    });
    closed.set(true);
    closed.set(false);
    closed.set(true);
    BOOST_TEST(log == "2e2e");
    const Computed<int> self([&] { return syncline::untracked([&] { return a->get(); }); });
    BOOST_CHECK_THROW(self(), syncline::CycleError);
}

BOOST_AUTO_TEST_CASE(what_equality_or_a_move_throws_is_the_value_until_a_dependency_changes) {
    struct Fragile {
        explicit Fragile(int start) : value(start) {}
        Fragile(Fragile&& other) : value(other.value) {
            if (value == 2) throw std::logic_error("move");
        }
        Fragile& operator=(Fragile&& other) = delete;
        bool operator==(const Fragile& other) const {
            if (other.value == 1) throw std::runtime_error("equality");
            return value == other.value;
        }
        int value;
    };
    Signal<int> a(0);
    const Computed<Fragile> fragile([&] { return Fragile(a()); });
    std::string log;
    const Effect effect = syncline::watch([&] {
        try {
            log += std::to_string(fragile.with([](const Fragile& f) { return f.value; }));
        } catch (const std::runtime_error&) {
            log += 'e';
        } catch (const std::logic_error&) {
            log += 'm';
        }
    });
    for (const int value : {1, 2, 3, 3}) a.set(value);
    BOOST_TEST(log == "0em3");
}

BOOST_AUTO_TEST_SUITE_END()
