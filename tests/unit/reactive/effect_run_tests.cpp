#include "syncline/reactive/effect.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "syncline/reactive/reactive.hpp"

using syncline::Computed;
using syncline::Effect;
using syncline::Signal;

namespace {
struct LogFixture {
    std::string log;
    Signal<int> a{0};
    Signal<int> b{0};
};
}  // namespace

BOOST_FIXTURE_TEST_SUITE(effect_run_tests, LogFixture)

BOOST_AUTO_TEST_CASE(effects_run_in_the_order_of_their_creation) {
    std::vector<Effect> effects;
    for (const char c : std::string("xyz")) {
        effects.emplace_back([this, c] {
            a();
            log += c;
        });
    }
    log.clear();
    a.set(1);
    BOOST_TEST(log == "xyz");
}

BOOST_AUTO_TEST_CASE(the_order_of_creation_holds_across_sources_and_late_subscriptions) {
    const Effect first = syncline::watch([&] {
        if (b() > 0) a();
        log += '1';
    });
    const Effect second = syncline::watch([&] {
        a();
        log += '2';
    });
    b.set(1);
    log.clear();
    a.set(1);
    BOOST_TEST(log == "12");
    log.clear();
    syncline::batch([&] {
        a.set(2);
        b.set(2);
    });
    BOOST_TEST(log == "12");
}

BOOST_AUTO_TEST_CASE(a_parent_runs_before_its_children_which_end_then) {
    const Effect parent = syncline::watch([&] {
        a();
        log += 'p';
        syncline::watch_owned([&] {
            a();
            log += 'c';
            syncline::on_cleanup([&] { log += '~'; });
        });
    });
    BOOST_TEST(log == "pc");
    log.clear();
    a.set(1);
    BOOST_TEST(log == "~pc");
}

BOOST_AUTO_TEST_CASE(a_child_alone_runs_alone) {
    const Effect parent = syncline::watch([&] {
        a();
        log += 'p';
        syncline::watch_owned([&] {
            b();
            log += 'c';
        });
    });
    b.set(1);
    BOOST_TEST(log == "pcc");
}

BOOST_AUTO_TEST_CASE(cleanups_run_in_order_before_the_next_run_and_at_the_end) {
    {
        const Effect effect = syncline::watch([&] {
            log += std::to_string(a());
            syncline::on_cleanup([&] { log += 'x'; });
            syncline::on_cleanup([&] { log += 'y'; });
        });
        a.set(1);
        BOOST_TEST(log == "0xy1");
    }
    BOOST_TEST(log == "0xy1xy");
}

BOOST_AUTO_TEST_CASE(children_are_cleaned_up_first_the_youngest_before_the_older) {
    {
        const Effect parent = syncline::watch([&] {
            syncline::on_cleanup([&] { log += 'p'; });
            for (const char c : std::string("abc")) {
                syncline::watch_owned([this, c] { syncline::on_cleanup([this, c] { log += c; }); });
            }
        });
    }
    BOOST_TEST(log == "cbap");
}

BOOST_AUTO_TEST_CASE(cleanups_are_untracked_and_what_they_write_runs_effects_once) {
    int runs = 0;
    Signal<int> c(0);
    const Effect reader = syncline::watch([&] {
        b();
        c();
        ++runs;
    });
    Effect effect = syncline::watch([&] {
        syncline::on_cleanup([&] {
            a();
            b.set(b.peek() + 1);
            c.set(c.peek() + 1);
        });
    });
    effect.stop();
    BOOST_TEST(runs == 2);
    BOOST_TEST(!a.observed());
}

BOOST_AUTO_TEST_CASE(on_cleanup_outside_of_an_effect_is_an_error) {
    BOOST_CHECK_THROW(syncline::on_cleanup([] {}), syncline::InvalidState);
    BOOST_CHECK_THROW(syncline::watch_owned([] {}), syncline::InvalidState);
}

BOOST_AUTO_TEST_CASE(a_stopped_effect_does_not_run) {
    Effect effect = syncline::watch([&] { log += std::to_string(a()); });
    BOOST_TEST(effect.active());
    effect.stop();
    effect.stop();
    a.set(1);
    BOOST_TEST(log == "0");
    BOOST_TEST(!effect.active());
    BOOST_TEST(!a.observed());
}

BOOST_AUTO_TEST_CASE(an_effect_may_stop_itself_and_subscribes_to_nothing_after) {
    Effect effect;
    effect = syncline::watch([&] {
        log += std::to_string(a());
        if (a() == 1) {
            syncline::on_cleanup([&] { log += '~'; });
            effect.stop();
            b();
            log += 'e';
        }
    });
    a.set(1);
    BOOST_TEST(log == "01e~");
    BOOST_TEST(!a.observed());
    BOOST_TEST(!b.observed());
}

BOOST_AUTO_TEST_CASE(an_effect_that_stops_itself_ends_its_closure_once) {
    auto owned = std::make_shared<int>(0);
    Effect effect;
    effect = syncline::watch([&, owned] {
        if (a() == 1) effect.stop();
    });
    BOOST_TEST(owned.use_count() == 2);
    a.set(1);
    BOOST_TEST(owned.use_count() == 1);
    BOOST_TEST(!effect.active());
}

BOOST_AUTO_TEST_CASE(an_effect_may_destroy_its_own_handle) {
    auto effect = std::make_unique<Effect>();
    *effect = syncline::watch([&] {
        if (a() == 1) effect.reset();
        log += 'r';
    });
    a.set(1);
    a.set(2);
    BOOST_TEST(log == "rr");
}

BOOST_AUTO_TEST_CASE(a_child_may_stop_its_parent) {
    Effect parent;
    parent = syncline::watch([&] {
        log += 'p';
        syncline::on_cleanup([&] { log += '~'; });
        syncline::watch_owned([&] {
            if (a() == 1) parent.stop();
            log += 'c';
        });
    });
    a.set(1);
    BOOST_TEST(log == "pc~c");
    a.set(2);
    BOOST_TEST(log == "pc~c");
    BOOST_TEST(!a.observed());
}

BOOST_AUTO_TEST_CASE(an_effect_that_its_own_cleanup_stops_does_not_run_again) {
    Effect effect;
    effect = syncline::watch([&] {
        log += std::to_string(a());
        syncline::on_cleanup([&] { effect.stop(); });
    });
    a.set(1);
    a.set(2);
    BOOST_TEST(log == "0");
    BOOST_TEST(!effect.active());
    BOOST_TEST(!a.observed());
}

BOOST_AUTO_TEST_CASE(an_effect_may_stop_one_that_is_about_to_run) {
    Effect second;
    const Effect first = syncline::watch([&] {
        if (a() == 1) second.stop();
    });
    second = syncline::watch([&] { log += std::to_string(a()); });
    a.set(1);
    BOOST_TEST(log == "0");
}

BOOST_AUTO_TEST_CASE(a_computed_may_stop_the_effect_that_reads_it) {
    Effect effect;
    const Computed<int> odd([&] {
        if (a() == 1) effect.stop();
        return a();
    });
    effect = syncline::watch([&] {
        odd();
        log += 'r';
    });
    a.set(1);
    BOOST_TEST(log == "r");
    BOOST_TEST(!a.observed());
}

BOOST_AUTO_TEST_CASE(a_write_in_an_effect_is_seen_at_once) {
    const Computed<int> twice([&] { return b() * 2; });
    std::vector<int> seen;
    const Effect effect = syncline::watch([&] {
        b.set(a() + 1);
        seen.push_back(b.peek());
        seen.push_back(twice.peek());
    });
    a.set(4);
    BOOST_TEST(seen == (std::vector{1, 2, 5, 10}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_effect_that_invalidates_itself_runs_until_it_settles) {
    const Effect effect = syncline::watch([&] {
        if (a() < 5) a.set(a() + 1);
        log += std::to_string(a.peek());
    });
    BOOST_TEST(a() == 5);
    log.clear();
    a.set(2);
    BOOST_TEST(a() == 5);
    BOOST_TEST(log == "3455");
}

BOOST_AUTO_TEST_CASE(one_that_never_settles_is_an_error_that_names_it_and_the_graph_stays_usable) {
    Signal<bool> on(false);
    const Effect effect = syncline::watch(
        [&] {
            if (on()) a.set(a() + 1);
        },
        {.name = "endless"});
    try {
        on.set(true);
        BOOST_ERROR("no exception");
    } catch (const syncline::CycleError& error) {
        BOOST_TEST(std::string(error.what()).find("'endless'") != std::string::npos);
    }
    BOOST_TEST(a() == 101);
    on.set(false);
    int seen = 0;
    const Effect other = syncline::watch([&] { seen = a(); });
    a.set(7);
    BOOST_TEST(seen == 7);
}

BOOST_AUTO_TEST_CASE(two_that_invalidate_each_other_without_end_are_an_error) {
    Signal<bool> on(false);
    const Effect first = syncline::watch([&] {
        if (on()) b.set(a() + 1);
    });
    const Effect second = syncline::watch([&] {
        if (on()) a.set(b() + 1);
    });
    BOOST_CHECK_THROW(on.set(true), syncline::CycleError);
    on.set(false);
    BOOST_CHECK_NO_THROW(a.set(0));
}

BOOST_AUTO_TEST_CASE(a_long_cascade_of_effects_is_no_cycle) {
    std::vector<std::unique_ptr<Signal<int>>> signals;
    std::vector<Effect> effects;
    for (int i = 0; i <= 1000; ++i) signals.push_back(std::make_unique<Signal<int>>(0));
    for (std::size_t i = 0; i < 1000; ++i) {
        effects.emplace_back([&, i] { signals[i + 1]->set(signals[i]->get()); });
    }
    signals[0]->set(3);
    BOOST_TEST(signals[1000]->get() == 3);
}

BOOST_AUTO_TEST_CASE(many_writes_of_one_effect_that_another_reads_are_no_cycle) {
    std::vector<Signal<int>> signals;
    signals.reserve(300);
    for (int i = 0; i < 300; ++i) signals.emplace_back(0);
    int runs = 0;
    const Effect writer = syncline::watch([&] {
        for (Signal<int>& signal : signals) signal.set(a());
    });
    const Effect reader = syncline::watch([&] {
        ++runs;
        for (const Signal<int>& signal : signals) signal();
    });
    a.set(1);
    BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(an_effect_that_writes_what_it_no_longer_reads_runs_once) {
    int runs = 0;
    const Effect effect = syncline::watch([&] {
        if (++runs == 1) {
            b();
            a();
        } else {
            b.set(a() + 10);
        }
    });
    a.set(1);
    BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(when_one_throws_the_others_still_run_and_the_write_rethrows_the_first) {
    const Effect first = syncline::watch([&] {
        if (a() == 1) throw std::runtime_error("first");
        log += '1';
    });
    const Effect second = syncline::watch([&] {
        if (a() == 1) throw std::logic_error("second");
        log += '2';
    });
    const Effect third = syncline::watch([&] {
        a();
        log += '3';
    });
    log.clear();
    BOOST_CHECK_THROW(a.set(1), std::runtime_error);
    BOOST_TEST(log == "3");
    a.set(2);
    BOOST_TEST(log == "3123");
}

BOOST_AUTO_TEST_CASE(a_first_run_that_throws_leaves_nothing_behind) {
    bool cleaned = false;
    BOOST_CHECK_THROW(static_cast<void>(syncline::watch([&] {
                          a();
                          syncline::on_cleanup([&] { cleaned = true; });
                          syncline::watch_owned([&] { b(); });
                          throw std::runtime_error("no");
                      })),
                      std::runtime_error);
    BOOST_TEST(cleaned);
    BOOST_TEST(!a.observed());
    BOOST_TEST(!b.observed());
}

BOOST_AUTO_TEST_CASE(untracked_reads_and_peeks_are_no_dependencies) {
    const Computed<int> twice([&] { return b() * 2; });
    const Effect effect = syncline::watch([&] {
        syncline::untracked([&] { return a(); });
        a.peek();
        twice.peek();
        {
            const syncline::Untracked guard;
            b();
        }
        log += 'r';
    });
    a.set(1);
    b.set(1);
    BOOST_TEST(log == "r");
}

BOOST_AUTO_TEST_CASE(two_signals_read_in_turn_many_times_are_two_dependencies) {
    int runs = 0;
    const Effect effect = syncline::watch([&] {
        for (int i = 0; i < 1000; ++i) {
            a();
            b();
        }
        ++runs;
    });
    a.set(1);
    b.set(1);
    BOOST_TEST(runs == 3);
}

BOOST_AUTO_TEST_CASE(an_effect_made_in_a_batch_runs_at_once) {
    std::optional<Effect> effect;
    syncline::batch([&] {
        a.set(5);
        effect.emplace([&] { log += std::to_string(a()); });
        BOOST_TEST(log == "5");
        a.set(6);
    });
    BOOST_TEST(log == "56");
}

BOOST_AUTO_TEST_CASE(a_captured_object_ends_with_the_effect) {
    auto object = std::make_shared<int>(1);
    const std::weak_ptr<int> alive = object;
    Effect effect = syncline::watch([&, kept = std::move(object)] { a.set(*kept); });
    BOOST_TEST(!alive.expired());
    effect.stop();
    BOOST_TEST(alive.expired());
}

BOOST_AUTO_TEST_CASE(large_closures_are_kept_too) {
    std::array<int, 200> numbers{};
    numbers[199] = 4;
    int seen = 0;
    const Effect effect = syncline::watch([&, numbers] { seen = numbers[199] + a(); });
    a.set(1);
    BOOST_TEST(seen == 5);
}

BOOST_AUTO_TEST_CASE(signals_and_computeds_may_be_members) {
    struct Cart {
        Signal<int> price{2};
        Signal<int> count{3};
        Computed<int> total{[this] { return price() * count(); }};
    };
    std::vector<std::unique_ptr<Cart>> carts;
    for (int i = 0; i < 3; ++i) carts.push_back(std::make_unique<Cart>());
    int seen = 0;
    const Effect effect = syncline::watch([&] {
        seen = 0;
        for (const auto& cart : carts) seen += cart->total();
    });
    carts[1]->count.set(10);
    BOOST_TEST(seen == 32);
}

BOOST_AUTO_TEST_CASE(a_signal_may_move_in_a_container_while_it_is_observed) {
    std::vector<Signal<int>> signals;
    signals.emplace_back(1);
    int seen = 0;
    const Effect effect = syncline::watch([&] { seen = signals[0].get(); });
    for (int i = 0; i < 100; ++i) signals.emplace_back(i);
    signals[0].set(7);
    BOOST_TEST(seen == 7);
}

BOOST_AUTO_TEST_CASE(what_an_effect_makes_after_it_stopped_itself_ends_with_its_run) {
    Effect effect;
    effect = syncline::watch([&] {
        if (a() == 0) return;
        effect.stop();
        syncline::watch_owned([&] {
            b();
            log += 'c';
            syncline::on_cleanup([&] { log += '~'; });
        });
        syncline::on_cleanup([&] { log += 'x'; });
    });
    a.set(1);
    BOOST_TEST(log == "c~x");
    BOOST_TEST(!b.observed());
    b.set(1);
    BOOST_TEST(log == "c~x");
}

BOOST_AUTO_TEST_CASE(one_that_never_settles_follows_what_changes_after_the_error) {
    Signal<int> other(0);
    bool endless = true;
    const Computed<int> first([&] { return a(); });
    const Computed<int> second([&] { return a() * 0 + other(); });
    int seen = 0;
    const Effect effect = syncline::watch([&] {
        const int value = first();
        seen = second();
        if (endless && value > 0) a.set(value + 1);
    });
    BOOST_CHECK_THROW(a.set(1), syncline::CycleError);
    endless = false;
    other.set(7);
    BOOST_TEST(seen == 7);
    a.set(0);
    other.set(8);
    BOOST_TEST(seen == 8);
}

BOOST_AUTO_TEST_CASE(a_cleanup_reads_what_is_current_and_what_it_wrote) {
    const Computed<int> sum([&] { return a() + b(); });
    Effect effect = syncline::watch([&] {
        a();
        sum();
        syncline::on_cleanup([&] {
            log += std::to_string(sum());
            b.set(b.peek() + 10);
            log += '>' + std::to_string(sum()) + ' ';
        });
    });
    a.set(1);
    effect.stop();
    BOOST_TEST(log == "1>11 11>21 ");
}

BOOST_AUTO_TEST_CASE(a_cleanup_that_writes_what_its_effect_reads_ends) {
    int runs = 0;
    const Effect effect = syncline::watch([&] {
        a();
        ++runs;
        syncline::on_cleanup([&] { a.set(99); });
    });
    a.set(1);
    BOOST_TEST(a() == 99);
    BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(a_batch_in_a_cleanup_is_one_step) {
    int runs = 0;
    const Effect reader = syncline::watch([&] {
        a();
        b();
        ++runs;
    });
    Signal<int> go(0);
    const Effect effect = syncline::watch([&] {
        const int round = go() + 1;
        syncline::on_cleanup([&, round] {
            syncline::batch([&] {
                a.set(round);
                b.set(round);
            });
        });
    });
    go.set(1);
    BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(one_stopped_in_the_batch_that_wrote_does_not_run) {
    Effect effect = syncline::watch([&] {
        log += std::to_string(a());
        syncline::on_cleanup([&] { log += '~'; });
    });
    syncline::batch([&] {
        a.set(1);
        syncline::untracked([&] { effect.stop(); });
        effect.stop();
    });
    BOOST_TEST(log == "0~");
}

BOOST_AUTO_TEST_CASE(who_stops_another_does_not_depend_on_what_its_cleanup_reads) {
    Effect victim = syncline::watch([&] { syncline::on_cleanup([&] { b(); }); });
    int runs = 0;
    const Effect stopper = syncline::watch([&] {
        ++runs;
        if (a() == 1) victim.stop();
    });
    a.set(1);
    b.set(1);
    BOOST_TEST(runs == 2);
    BOOST_TEST(!b.observed());
}

BOOST_AUTO_TEST_CASE(a_computed_that_stops_one_effect_still_tells_the_others) {
    Effect first;
    const Computed<int> same([&] { return a() * 0; });
    const Computed<int> killer([&] {
        if (a() == 1) first.stop();
        return a();
    });
    const Computed<int> both([&] { return same() + killer() * 0; });
    first = syncline::watch([&] {
        both();
        killer();
        log += 'x';
    });
    int seen = -1;
    const Effect second = syncline::watch([&] { seen = killer() + both(); });
    a.set(1);
    BOOST_TEST(seen == 1);
    a.set(2);
    BOOST_TEST(seen == 2);
    BOOST_TEST(log == "x");
}

BOOST_AUTO_TEST_CASE(a_computed_made_anew_by_each_run_is_current) {
    std::optional<Computed<int>> made;
    const Effect effect = syncline::watch([&] {
        made.emplace([&] { return a() * 2 + b(); });
        a();
        made->get();
        log += 'r';
    });
    a.set(1);
    b.set(1);
    BOOST_TEST(made->get() == 3);
    BOOST_TEST(log == "rrr");
}

BOOST_AUTO_TEST_CASE(what_an_effect_writes_back_is_all_that_later_ones_see) {
    const Computed<int> through([&] { return a(); });
    const Effect back = syncline::watch([&] {
        if (a() == 1) a.set(0);
        if (a() == 2) a.set(20);
    });
    const Effect later = syncline::watch([&] { log += std::to_string(through()) + ' '; });
    a.set(1);
    BOOST_TEST(log == "0 ");
    a.set(2);
    BOOST_TEST(log == "0 20 ");
}

BOOST_AUTO_TEST_CASE(three_levels_are_cleaned_up_from_within_also_after_an_inner_run) {
    Signal<int> c(0);
    const auto mark = [this](char name) { syncline::on_cleanup([this, name] { log += name; }); };
    Effect outer = syncline::watch([&] {
        a();
        mark('1');
        syncline::watch_owned([&] {
            b();
            mark('2');
            syncline::watch_owned([&] {
                c();
                mark('3');
            });
        });
    });
    c.set(1);
    BOOST_TEST(log == "3");
    b.set(1);
    BOOST_TEST(log == "332");
    a.set(1);
    BOOST_TEST(log == "332321");
    outer.stop();
    BOOST_TEST(log == "332321321");
}

BOOST_AUTO_TEST_CASE(a_child_that_its_parent_replaces_in_the_same_write_runs_once) {
    int runs = 0;
    const Effect parent = syncline::watch([&] {
        a();
        syncline::watch_owned([&] {
            a();
            b();
            ++runs;
        });
    });
    syncline::batch([&] {
        b.set(1);
        a.set(1);
    });
    BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(what_a_cleanup_throws_does_not_keep_its_effect_from_running) {
    const Effect effect = syncline::watch([&] {
        log += std::to_string(a());
        if (a() == 0) syncline::on_cleanup([] { throw std::runtime_error("cleanup"); });
        syncline::on_cleanup([&] { log += '~'; });
    });
    BOOST_CHECK_THROW(a.set(1), std::runtime_error);
    BOOST_TEST(log == "0~1");
    a.set(2);
    BOOST_TEST(log == "0~1~2");
}

BOOST_AUTO_TEST_CASE(untracked_code_that_throws_leaves_tracking_as_it_was) {
    const Effect effect = syncline::watch([&] {
        log += 'r';
        try {
            syncline::untracked([&] {
                a();
                syncline::untracked([&] { a(); });
                throw std::runtime_error("untracked");
            });
        } catch (const std::runtime_error&) {
        }
        b();
    });
    a.set(1);
    BOOST_TEST(log == "r");
    b.set(1);
    BOOST_TEST(log == "rr");
}

BOOST_AUTO_TEST_CASE(an_effect_made_untracked_is_owned_and_tracks_for_itself) {
    Effect outer = syncline::watch([&] {
        log += 'o';
        syncline::untracked([&] {
            syncline::watch_owned([&] {
                a();
                log += 'i';
            });
        });
    });
    a.set(1);
    BOOST_TEST(log == "oii");
    outer.stop();
    BOOST_TEST(!a.observed());
}

BOOST_AUTO_TEST_CASE(an_effect_that_writes_before_it_reads_that_runs_once) {
    bool reads = true;
    const Effect effect = syncline::watch([&] {
        log += std::to_string(a());
        if (a() > 0) b.set(a() * 10);
        if (reads) log += '/' + std::to_string(b());
        log += ' ';
    });
    a.set(1);
    reads = false;
    a.set(2);
    BOOST_TEST(log == "0/0 1/10 2 ");
}

BOOST_AUTO_TEST_CASE(many_writes_after_each_other_are_no_cycle) {
    int runs = 0;
    const Effect writer = syncline::watch([&] { b.set(a()); });
    const Effect reader = syncline::watch([&] {
        b();
        ++runs;
    });
    for (int i = 1; i <= 1000; ++i) a.set(i);
    BOOST_TEST(runs == 1001);
}

BOOST_AUTO_TEST_CASE(what_a_stopped_run_reads_is_not_even_observed_for_a_moment) {
    b.on_observed([&] { log += '+'; });
    Effect effect;
    effect = syncline::watch([&] {
        if (a() == 0) return;
        effect.stop();
        b();
        log += 'r';
    });
    a.set(1);
    BOOST_TEST(log == "r");
}

BOOST_AUTO_TEST_SUITE_END()
