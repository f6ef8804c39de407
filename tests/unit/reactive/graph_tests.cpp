#include "syncline/reactive/graph.hpp"

#include <boost/test/unit_test.hpp>
#include <optional>

#include "syncline/reactive/reactive.hpp"

using syncline::Computed;
using syncline::Effect;
using syncline::ReactiveGraph;
using syncline::Signal;

BOOST_AUTO_TEST_SUITE(graph_tests)

BOOST_AUTO_TEST_CASE(nodes_of_two_graphs_do_not_mix) {
    ReactiveGraph graph;
    Signal<int> main(1);
    std::optional<Signal<int>> other;
    graph.run([&] { other.emplace(2); });
    const Computed<int> sum([&] { return main() + other->get(); });
    BOOST_CHECK_THROW(sum(), syncline::InvalidState);
    BOOST_CHECK_THROW(syncline::batch([&] { other->set(3); }), syncline::InvalidState);
    BOOST_CHECK_THROW(static_cast<void>(syncline::watch([&] { other->get(); })),
                      syncline::InvalidState);
    int seen = 0;
    const Effect untracked =
        syncline::watch([&] { seen = syncline::untracked([&] { return other->get(); }); });
    BOOST_TEST(seen == 2);
    BOOST_TEST(main() == 1);
    BOOST_TEST(other->get() == 2);
}

BOOST_AUTO_TEST_CASE(an_effect_may_write_to_another_graph) {
    ReactiveGraph graph;
    Signal<int> main(1);
    std::optional<Signal<int>> other;
    std::optional<Effect> reader;
    int seen = 0;
    graph.run([&] {
        other.emplace(0);
        reader.emplace([&] { seen = other->get(); });
    });
    const Effect bridge = syncline::watch([&] { other->set(main()); });
    main.set(7);
    BOOST_TEST(seen == 7);
}

BOOST_AUTO_TEST_CASE(a_graph_lives_as_long_as_its_nodes_and_its_number_is_used_again) {
    for (int i = 0; i < 600; ++i) {
        std::optional<ReactiveGraph> graph(std::in_place);
        std::optional<Signal<int>> signal;
        std::optional<Computed<int>> next;
        graph->run([&] {
            signal.emplace(i);
            next.emplace([&] { return signal->get() + 1; });
        });
        graph.reset();
        BOOST_REQUIRE(next->get() == i + 1);
    }
}

BOOST_AUTO_TEST_CASE(nodes_made_for_another_graph_in_a_batch_are_an_error) {
    ReactiveGraph graph;
    const auto make_signal = [&] { graph.run([] { const Signal<int> signal(1); }); };
    const auto make_source = [&] { graph.run([] { const syncline::Source source; }); };
    const auto make_computed = [&] {
        graph.run([] { const Computed<int> one([] { return 1; }); });
    };
    BOOST_CHECK_THROW(syncline::batch(make_signal), syncline::InvalidState);
    BOOST_CHECK_THROW(syncline::batch(make_source), syncline::InvalidState);
    BOOST_CHECK_THROW(syncline::batch(make_computed), syncline::InvalidState);
    make_signal();
}

BOOST_AUTO_TEST_CASE(handles_of_another_graph_may_end_in_a_batch) {
    ReactiveGraph graph;
    std::optional<Signal<int>> signal;
    std::optional<Computed<int>> next;
    std::optional<Effect> effect;
    std::optional<syncline::EffectScope> scope;
    int runs = 0;
    graph.run([&] {
        signal.emplace(0);
        next.emplace([&] { return signal->get() + 1; });
        effect.emplace([&] {
            next->get();
            ++runs;
        });
        scope.emplace();
        scope->watch([&] { signal->get(); });
    });
    syncline::batch([&] {
        scope.reset();
        effect.reset();
        next.reset();
    });
    BOOST_TEST(!signal->observed());
    signal->set(1);
    BOOST_TEST(runs == 1);
}

BOOST_AUTO_TEST_CASE(an_effect_owns_nothing_of_another_graph) {
    ReactiveGraph graph;
    std::optional<Signal<int>> other;
    graph.run([&] { other.emplace(0); });
    Signal<int> main(0);
    int runs = 0;
    std::optional<Effect> kept;
    bool refused = false;
    const Effect effect = syncline::watch([&] {
        main();
        graph.run([&] {
            if (!kept.has_value()) {
                kept.emplace([&] {
                    other->get();
                    ++runs;
                });
            }
            try {
                syncline::watch_owned([] {});
            } catch (const syncline::InvalidState&) {
                refused = true;
            }
        });
    });
    BOOST_TEST(refused);
    main.set(1);
    other->set(1);
    BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_SUITE_END()
