#include <atomic>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "syncline/reactive/reactive.hpp"

using syncline::Computed;
using syncline::Effect;
using syncline::Signal;

namespace {

#if defined(__SANITIZE_THREAD__)
constexpr int kRounds = 2'000;
#else
constexpr int kRounds = 20'000;
#endif

/// Accounts between which threads move money: the sum never changes.
struct Accounts {
    static constexpr int kTotal = 3'000;
    Signal<int> a{1'000};
    Signal<int> b{1'000};
    Signal<int> c{1'000};

    void move(Signal<int>& from, Signal<int>& to, int amount) {
        syncline::batch([&] {
            from.set(from.peek() - amount);
            to.set(to.peek() + amount);
        });
    }
    void move_at_random(std::mt19937& random) {
        Signal<int>* all[] = {&a, &b, &c};
        move(*all[random() % 3], *all[random() % 3], static_cast<int>(random() % 10));
    }
    int sum() const { return a() + b() + c(); }
};

template <class F>
void in_threads(int count, F body) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back([&, i] { body(i); });
    for (std::thread& thread : threads) thread.join();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(graph_thread_tests)

BOOST_AUTO_TEST_CASE(computeds_and_snapshots_never_see_half_of_a_batch) {
    Accounts accounts;
    std::atomic<int> torn{0};
    Computed sum([&] {
        const int total = accounts.sum();
        if (total != Accounts::kTotal) ++torn;
        return total;
    });
    Computed observed_sum([&] {
        const int total = accounts.sum();
        if (total != Accounts::kTotal) ++torn;
        return total;
    });
    const Effect effect = syncline::watch([&] {
        if (observed_sum() != Accounts::kTotal) ++torn;
    });
    in_threads(4, [&](int number) {
        std::mt19937 random(static_cast<unsigned>(number));
        for (int i = 0; i < kRounds; ++i) {
            if (number < 2) {
                accounts.move_at_random(random);
            } else if (number == 2) {
                if (sum() != Accounts::kTotal) ++torn;
            } else {
                const int total = syncline::snapshot([&] { return accounts.sum(); });
                if (total != Accounts::kTotal) ++torn;
            }
        }
    });
    BOOST_TEST(torn == 0);
    BOOST_TEST(accounts.sum() == Accounts::kTotal);
}

BOOST_AUTO_TEST_CASE(a_read_never_sees_the_middle_of_a_batch) {
    Signal<int> even(0);
    std::atomic<bool> done{false};
    std::thread writer([&] {
        for (int i = 0; i < kRounds; ++i) {
            syncline::batch([&] {
                even.set(2 * i + 1);
                even.set(2 * i + 2);
            });
        }
        done = true;
    });
    int odd = 0;
    while (!done) odd += even() % 2;
    writer.join();
    BOOST_TEST(odd == 0);
}

BOOST_AUTO_TEST_CASE(an_effect_written_from_many_threads_ends_with_the_last_value) {
    Signal<int> count(0);
    std::atomic<int> running{0};
    std::atomic<bool> overlapped{false};
    int seen = 0;
    {
        const Effect effect = syncline::watch([&] {
            if (running.fetch_add(1) != 0) overlapped = true;
            seen = count();
            running.fetch_sub(1);
        });
        in_threads(4, [&](int) {
            for (int i = 0; i < kRounds; ++i) count.update([](int& value) { ++value; });
        });
        BOOST_TEST(count.peek() == 4 * kRounds);
        BOOST_TEST(seen == 4 * kRounds);
    }
    BOOST_TEST(!overlapped);
}

BOOST_AUTO_TEST_CASE(strings_are_read_whole) {
    Signal<std::string> text(std::string(100, 'a'));
    std::atomic<int> torn{0};
    const Effect effect = syncline::watch([&] {
        text.with([&](const std::string& value) {
            if (value != std::string(100, value[0])) ++torn;
        });
    });
    in_threads(3, [&](int number) {
        for (int i = 0; i < kRounds; ++i) {
            if (number == 0) {
                text.set(std::string(100, static_cast<char>('a' + i % 26)));
            } else {
                const std::string value = text();
                if (value != std::string(100, value[0])) ++torn;
            }
        }
    });
    BOOST_TEST(torn == 0);
}

BOOST_AUTO_TEST_CASE(effects_and_computeds_come_and_go_while_others_write) {
    Accounts accounts;
    std::atomic<int> torn{0};
    in_threads(4, [&](int number) {
        std::mt19937 random(static_cast<unsigned>(number) + 100);
        for (int i = 0; i < kRounds / 4; ++i) {
            if (number < 2) {
                accounts.move_at_random(random);
                continue;
            }
            Computed sum([&] { return accounts.sum(); });
            if (sum() != Accounts::kTotal) ++torn;
            Effect effect = syncline::watch([&] {
                if (sum() != Accounts::kTotal) ++torn;
            });
            if (random() % 2 == 0) accounts.move_at_random(random);
            effect.stop_and_wait();
        }
    });
    BOOST_TEST(torn == 0);
    BOOST_TEST(!accounts.a.observed());
}

BOOST_AUTO_TEST_CASE(sources_die_while_effects_of_other_threads_run) {
    // Each thread watches a signal of its own and a shared one, and destroys its own one.
    Signal<int> shared(0);
    std::atomic<bool> done{false};
    std::thread writer([&] {
        for (int i = 1; i <= kRounds; ++i) shared.set(i);
        done = true;
    });
    in_threads(2, [&](int) {
        while (!done) {
            auto own = std::make_unique<Signal<int>>(1);
            std::atomic<Signal<int>*> now{own.get()};
            Effect effect = syncline::watch([&] {
                shared();
                if (Signal<int>* signal = now.load()) signal->get();
            });
            now = nullptr;
            effect.stop_and_wait();
            own.reset();
        }
    });
    writer.join();
    BOOST_TEST(!shared.observed());
}

BOOST_AUTO_TEST_CASE(a_first_computed_read_by_two_threads_at_once_has_one_value) {
    for (int i = 0; i < kRounds / 20; ++i) {
        Signal<int> source(42);
        Computed twice([&] { return source() * 2; });
        std::atomic<int> wrong{0};
        in_threads(2, [&](int) {
            if (twice() != 84) ++wrong;
        });
        BOOST_REQUIRE(wrong == 0);
    }
}

// Each would never end if the lock were held.
BOOST_AUTO_TEST_CASE(effects_and_cleanups_may_wait_for_threads_that_write) {
    Signal<int> count(0);
    Signal<int> other(0);
    const auto elsewhere = [&] { in_threads(1, [&](int) { other.set(other.peek() + 1); }); };
    {
        const Effect effect = syncline::watch([&] {
            count();
            elsewhere();
            syncline::on_cleanup(elsewhere);
        });
        count.set(1);
    }
    BOOST_TEST(other.peek() == 4);
}

BOOST_AUTO_TEST_CASE(what_another_thread_reads_is_no_dependency) {
    Signal<int> count(0);
    Signal<int> other(0);
    const Effect effect = syncline::watch([&] {
        count();
        in_threads(1, [&](int) { other(); });
    });
    BOOST_TEST(count.observed());
    BOOST_TEST(!other.observed());
}

BOOST_AUTO_TEST_CASE(effects_on_an_executor_see_the_last_value) {
    Signal<int> count(0);
    std::atomic<int> seen{-1};
    syncline::ThreadExecutor executor;
    Effect effect = syncline::watch([&] { seen = count(); }, {.executor = &executor});
    in_threads(2, [&](int) {
        for (int i = 0; i < kRounds / 10; ++i) count.update([](int& value) { ++value; });
    });
    while (seen != 2 * (kRounds / 10)) std::this_thread::yield();
    effect.stop_and_wait();
    executor.stop();
    BOOST_TEST(seen == count.peek());
}

BOOST_AUTO_TEST_CASE(graphs_of_their_own_do_not_meet) {
    in_threads(4, [&](int) {
        syncline::ReactiveGraph graph;
        const syncline::ReactiveGraph::Use use(graph);
        Signal<int> count(0);
        int seen = 0;
        const Effect effect = syncline::watch([&] { seen = count(); });
        for (int i = 1; i <= kRounds; ++i) count.set(i);
        if (seen != kRounds) std::terminate();
    });
}

BOOST_AUTO_TEST_CASE(children_end_on_one_thread_while_their_parent_runs_again_on_another) {
    Signal<int> a(0);
    std::mutex mutex;
    std::vector<Effect> children;
    const Effect parent = syncline::watch([&] {
        a();
        Effect child = syncline::watch([] {});
        const std::lock_guard lock(mutex);
        children.push_back(std::move(child));
    });
    std::atomic<bool> done{false};
    std::thread ender([&] {
        while (!done) {
            std::vector<Effect> taken;
            const std::lock_guard lock(mutex);
            taken.swap(children);
        }
    });
    for (int i = 1; i <= kRounds; ++i) a.set(i);
    done = true;
    ender.join();
    BOOST_TEST(a.observed());
}

BOOST_AUTO_TEST_CASE(a_queue_is_drained_while_others_write_and_end_its_effects) {
    for (int round = 0; round < kRounds / 100; ++round) {
        syncline::EffectQueue queue([] {});
        Signal<int> a(0);
        std::optional<Effect> ends(Effect([&] { a(); }, syncline::EffectOptions{.queue = &queue}));
        int seen = 0;
        const Effect stays = syncline::watch([&] { seen = a(); }, {.queue = &queue});
        in_threads(3, [&](int number) {
            if (number == 0) {
                for (int i = 1; i <= 20; ++i) a.set(i);
            } else if (number == 1) {
                for (int i = 0; i < 5; ++i) queue.drain();
            } else {
                ends.reset();
            }
        });
        queue.drain();
        BOOST_REQUIRE(seen == 20);
    }
}

BOOST_AUTO_TEST_CASE(a_scope_is_filled_paused_and_ended_by_several_threads) {
    for (int round = 0; round < kRounds / 100; ++round) {
        syncline::EffectScope scope;
        Signal<int> a(0);
        std::atomic<int> cleanups{0};
        std::atomic<int> cleaned{0};
        in_threads(3, [&](int number) {
            for (int i = 0; i < 20; ++i) {
                try {
                    if (number == 0) {
                        scope.watch([&] { a(); });
                    } else if (number == 1) {
                        scope.run([&] {
                            syncline::on_cleanup([&] { ++cleaned; });
                            ++cleanups;
                        });
                    } else {
                        scope.pause();
                        a.set(i);
                        scope.resume();
                        if (i == 15) scope.stop();
                    }
                } catch (const syncline::InvalidState&) {
                    break;
                }
            }
        });
        BOOST_REQUIRE(cleaned == cleanups);
        BOOST_REQUIRE(!a.observed());
    }
}

BOOST_AUTO_TEST_CASE(each_gain_of_an_observer_is_followed_by_its_loss) {
    syncline::Source source;
    std::atomic<int> open{0};
    source.on_observed([&] { ++open; });
    source.on_unobserved([&] { --open; });
    in_threads(4, [&](int) {
        for (int i = 0; i < kRounds / 10; ++i) {
            const Effect effect = syncline::watch([&] { source.track(); });
        }
    });
    BOOST_TEST(!source.observed());
    BOOST_TEST(open == 0);
}

BOOST_AUTO_TEST_CASE(nothing_runs_after_stop_and_wait) {
    syncline::ThreadExecutor executor;
    for (int round = 0; round < kRounds / 100; ++round) {
        Signal<int> a(0);
        auto target = std::make_unique<int>(0);
        Effect effect =
            syncline::watch([&a, to = target.get()] { *to = a(); }, {.executor = &executor});
        std::thread writer([&] {
            for (int i = 1; i <= 10; ++i) a.set(i);
        });
        effect.stop_and_wait();
        target.reset();
        writer.join();
    }
    executor.stop();
}

BOOST_AUTO_TEST_CASE(waiting_where_the_end_cannot_come_is_an_error) {
    Signal<int> a(0);
    Effect effect = syncline::watch([&] { a(); });
    Effect itself;
    std::string log;
    const auto attempt = [&log](Effect& waited) {
        try {
            waited.stop_and_wait();
        } catch (const syncline::InvalidState&) {
            log += 'e';
        }
    };
    syncline::batch([&] { attempt(effect); });
    itself = syncline::watch([&] {
        if (a() == 1) attempt(itself);
    });
    a.set(1);
    const Computed<int> computed([&] {
        attempt(effect);
        return 1;
    });
    computed();
    BOOST_TEST(log == "eee");
    effect.stop_and_wait();
    BOOST_TEST(!effect.active());
}

BOOST_AUTO_TEST_CASE(stop_and_wait_returns_when_the_run_and_its_cleanups_are_over) {
    // Whoever is waited for gives the one who waits the time to fall asleep.
    const auto linger = [](const Effect& effect) {
        while (effect.active()) std::this_thread::yield();
        for (int i = 0; i < 2'000; ++i) std::this_thread::yield();
    };
    for (const bool in_cleanup : {false, true}) {
        Signal<int> a(0);
        std::atomic<bool> reached{false};
        std::atomic<bool> over{false};
        Effect effect;
        const auto dawdle = [&] {
            reached = true;
            linger(effect);
            over = true;
        };
        effect = syncline::watch([&] {
            if (in_cleanup) syncline::on_cleanup(dawdle);
            if (!in_cleanup && a() == 1) dawdle();
            a();
        });
        std::thread writer([&] { a.set(1); });
        while (!reached) std::this_thread::yield();
        effect.stop_and_wait();
        BOOST_TEST(over.load());
        writer.join();
    }
}

BOOST_AUTO_TEST_SUITE_END()
