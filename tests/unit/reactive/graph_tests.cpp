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

BOOST_AUTO_TEST_SUITE_END()
