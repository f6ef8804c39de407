#include "syncline/reactive/inspect.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

#include "syncline/reactive/reactive.hpp"

using syncline::Computed;
using syncline::Effect;
using syncline::Signal;

namespace {

struct ShopFixture {
    Signal<int> price{3, std::string("price")};
    Signal<int> count{2};
    Computed<int> total{[this] { return price() * count(); }, std::string("total")};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(inspect_tests, ShopFixture)

BOOST_AUTO_TEST_CASE(a_dump_names_nodes_states_and_dependencies) {
    const Effect show = syncline::watch([this] { total(); }, {.name = "show"});
    BOOST_TEST(syncline::dump_text(total) ==
               "computed 'total'\n"
               "  reads signal 'price'\n"
               "  reads unnamed signal 3\n"
               "signal 'price'\n"
               "unnamed signal 3\n"
               "effect 'show'\n"
               "  reads computed 'total'\n");
}

BOOST_AUTO_TEST_CASE(a_dump_tells_what_is_stale_and_unobserved) {
    BOOST_TEST(syncline::dump_text(total) == "computed 'total' [dirty, unobserved]\n");
}

BOOST_AUTO_TEST_CASE(a_dump_for_graphviz_has_a_node_and_an_arrow_for_each) {
    const Effect show = syncline::watch([this] { total(); }, {.name = "show \"all\""});
    const std::string text = syncline::dump_graphviz(show);
    BOOST_TEST(text.find("digraph") == 0U);
    BOOST_TEST(text.find("label=\"effect 'show \\\"all\\\"'\"") != std::string::npos);
    BOOST_TEST(text.find("n2 -> n1;") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_effect_can_ask_why_it_runs) {
    syncline::explain_runs(true);
    std::string why;
    const Effect show = syncline::watch([&] {
        total();
        why = syncline::why_did_this_run();
    });
    BOOST_TEST(why == "first run");
    price.set(4);
    BOOST_TEST(why == "'total' changed <- 'price' changed");
    count.set(5);
    BOOST_TEST(why == "'total' changed <- unnamed signal changed");
    syncline::explain_runs(false);
    BOOST_TEST(syncline::why_did_this_run().empty());
}

BOOST_AUTO_TEST_CASE(names_can_be_read_back) {
    BOOST_TEST(price.name() == "price");
    BOOST_TEST(count.name().empty());
    count.set_name("count");
    BOOST_TEST(count.name() == "count");
}

BOOST_AUTO_TEST_CASE(a_dump_shows_nothing_of_a_cache_whose_sources_are_gone) {
    auto dead = std::make_unique<Signal<int>>(1);
    const Computed<int> sum([&] { return dead->get() + price(); });
    sum();
    dead.reset();
    BOOST_TEST(syncline::dump_text(sum) == "unnamed computed 1 [unobserved]\n");
}

BOOST_AUTO_TEST_SUITE_END()
