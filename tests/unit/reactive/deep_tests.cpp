#include <pthread.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "syncline/reactive/reactive.hpp"

using syncline::Computed;
using syncline::Effect;
using syncline::Signal;

namespace {

#if defined(__SANITIZE_THREAD__)
constexpr int kDepth = 250'000;  // still more than the stack would hold
#else
constexpr int kDepth = 1'000'000;
#endif

/// Runs `body` on a thread with a stack of 256 KiB, and rethrows what it throws.
void on_small_stack(std::function<void()> body) {
    struct Run {
        std::function<void()> body;
        std::exception_ptr error;
        static void* start(void* self) {
            auto& run = *static_cast<Run*>(self);
            try {
                run.body();
            } catch (...) {
                run.error = std::current_exception();
            }
            return nullptr;
        }
    } run{std::move(body), nullptr};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    pthread_t thread;
    // Boost.Test's log is for one thread at a time: nothing is checked while the other one runs.
    const int fault = pthread_create(&thread, &attributes, &Run::start, &run);
    if (fault == 0) pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
    BOOST_REQUIRE(fault == 0);
    if (run.error) std::rethrow_exception(run.error);
}

std::vector<Computed<int>> warm_chain(Signal<int>& head) {
    std::vector<Computed<int>> chain;
    chain.reserve(kDepth);
    chain.emplace_back([&head] { return head() + 1; });
    for (int i = 1; i < kDepth; ++i) {
        chain.emplace_back([previous = &chain.back()] { return previous->get() + 1; });
        chain.back().peek();
    }
    return chain;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(deep_tests)

BOOST_AUTO_TEST_CASE(a_chain_of_a_million_is_propagated_on_a_small_stack) {
    on_small_stack([] {
        Signal<int> head(0);
        const auto chain = warm_chain(head);
        int seen = 0;
        {
            const Effect effect = syncline::watch([&] { seen = chain.back().get(); });
            BOOST_TEST(seen == kDepth);
            head.set(5);
            BOOST_TEST(seen == kDepth + 5);
        }
        BOOST_TEST(!head.observed());
        head.set(6);
        BOOST_TEST(chain.back().peek() == kDepth + 6);
    });
}

BOOST_AUTO_TEST_CASE(a_chain_whose_every_node_reads_the_head_is_propagated_on_a_small_stack) {
    on_small_stack([] {
        Signal<int> head(0);
        std::vector<Computed<int>> chain;
        chain.reserve(kDepth);
        chain.emplace_back([&head] { return head() + 1; });
        for (int i = 1; i < kDepth; ++i) {
            chain.emplace_back(
                [&head, previous = &chain.back()] { return head() * 0 + previous->get() + 1; });
            chain.back().peek();
        }
        int seen = 0;
        const Effect effect = syncline::watch([&] { seen = chain.back().get(); });
        head.set(5);
        BOOST_TEST(seen == kDepth + 5);
    });
}

BOOST_AUTO_TEST_CASE(a_tree_of_a_million_is_propagated_on_a_small_stack) {
    on_small_stack([] {
        Signal<int> head(1);
        // A heap: node i reads nodes 2i and 2i + 1; the leaves read the head.
        constexpr std::size_t kLeaves = 1U << 19U;
        std::vector<std::optional<Computed<int>>> tree(2 * kLeaves);
        for (std::size_t i = 2 * kLeaves - 1; i > 0; --i) {
            if (i >= kLeaves) {
                tree[i].emplace([&head] { return head(); });
            } else {
                tree[i].emplace([left = &*tree[2 * i], right = &*tree[2 * i + 1]] {
                    return left->get() + right->get();
                });
            }
            tree[i]->peek();
        }
        int seen = 0;
        const Effect effect = syncline::watch([&] { seen = tree[1]->get(); });
        head.set(2);
        BOOST_TEST(seen == 2 * static_cast<int>(kLeaves));
    });
}

BOOST_AUTO_TEST_CASE(a_chain_of_closures_that_own_each_other_is_destroyed_on_a_small_stack) {
    on_small_stack([] {
        auto chain = std::make_unique<Computed<int>>([] { return 0; });
        for (int i = 1; i < kDepth; ++i) {
            chain = std::make_unique<Computed<int>>(
                [previous = std::shared_ptr<Computed<int>>(std::move(chain))] {
                    return previous->get() + 1;
                });
            chain->peek();
        }
        BOOST_TEST(chain->peek() == kDepth - 1);
        chain.reset();
    });
}

BOOST_AUTO_TEST_CASE(scopes_nested_a_million_deep_end_on_a_small_stack) {
    on_small_stack([] {
        syncline::EffectScope root;
        std::vector<syncline::EffectScope> scopes;
        scopes.reserve(kDepth);
        int ended = 0;
        scopes.emplace_back(root);
        for (int i = 1; i < kDepth; ++i) scopes.emplace_back(scopes.back());
        scopes.back().run([&] { syncline::on_cleanup([&] { ++ended; }); });
        root.stop();
        BOOST_TEST(ended == 1);
        BOOST_TEST(!scopes.back().active());
    });
}

BOOST_AUTO_TEST_CASE(a_cold_chain_too_deep_for_the_stack_is_a_clear_error) {
    on_small_stack([] {
        Signal<int> head(0);
        std::vector<Computed<int>> chain;
        chain.reserve(kDepth);
        chain.emplace_back([&head] { return head() + 1; });
        for (int i = 1; i < kDepth; ++i) {
            chain.emplace_back([previous = &chain.back()] { return previous->get() + 1; });
        }
        BOOST_CHECK_THROW(chain.back().peek(), syncline::CycleError);
        // The graph stays usable: from the beginning it can be read.
        for (int i = 0; i < kDepth; ++i) {
            if (i % 100 == 0) head.set(head.peek());
        }
        BOOST_TEST(chain.front().peek() == 1);
    });
}

BOOST_AUTO_TEST_CASE(a_chain_of_effects_that_own_each_other_is_destroyed_on_a_small_stack) {
    on_small_stack([] {
        int ended = 0;
        Effect chain;
        for (int i = 0; i < kDepth; ++i) {
            chain = syncline::watch([&ended, next = std::make_shared<Effect>(std::move(chain))] {
                syncline::on_cleanup([&] { ++ended; });
            });
        }
        chain = Effect();
        BOOST_TEST(ended == kDepth);
    });
}

BOOST_AUTO_TEST_CASE(a_ladder_of_half_a_million_diamonds_is_propagated_on_a_small_stack) {
    on_small_stack([] {
        struct Rung {
            std::optional<Computed<int>> left;
            std::optional<Computed<int>> right;
        };
        Signal<int> head(0);
        int evaluations = 0;
        std::vector<Rung> ladder(kDepth / 2);
        ladder[0].left.emplace([&] { return head(); });
        ladder[0].right.emplace([&] { return -head(); });
        for (std::size_t i = 1; i < ladder.size(); ++i) {
            const Rung& below = ladder[i - 1];
            ladder[i].left.emplace([&] {
                ++evaluations;
                return below.left->get() + below.right->get() * 0;
            });
            ladder[i].right.emplace([&] { return below.right->get() + below.left->get() * 0; });
            ladder[i].left->peek();
            ladder[i].right->peek();
        }
        int seen = 0;
        {
            const Effect effect = syncline::watch(
                [&] { seen = ladder.back().left->get() - ladder.back().right->get(); });
            evaluations = 0;
            head.set(4);
            BOOST_TEST(seen == 8);
            BOOST_TEST(evaluations == kDepth / 2 - 1);
        }
        BOOST_TEST(!head.observed());
        head.set(5);
        BOOST_TEST(ladder.back().left->peek() == 5);
    });
}

BOOST_AUTO_TEST_CASE(a_cascade_of_a_million_effects_that_write_runs_on_a_small_stack) {
    on_small_stack([] {
        std::vector<Signal<int>> signals;
        signals.reserve(kDepth + 1);
        for (int i = 0; i <= kDepth; ++i) signals.emplace_back(0);
        syncline::EffectScope scope;
        for (std::size_t i = 0; i < kDepth; ++i) {
            scope.watch([&signals, i] { signals[i + 1].set(signals[i].get()); });
        }
        signals[0].set(3);
        BOOST_TEST(signals[kDepth].get() == 3);
    });
}

BOOST_AUTO_TEST_SUITE_END()
