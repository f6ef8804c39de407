#include "syncline/reactive/signal.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

#include "syncline/reactive/reactive.hpp"

using syncline::Computed;
using syncline::Effect;
using syncline::Signal;

BOOST_AUTO_TEST_SUITE(signal_tests)

BOOST_AUTO_TEST_CASE(an_effect_runs_at_once_and_after_each_write) {
    Signal<int> count(1);
    std::vector<int> seen;
    const Effect effect = syncline::watch([&] { seen.push_back(count()); });
    count.set(2);
    count.set(2);
    count.set(3);
    BOOST_TEST(seen == (std::vector{1, 2, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_diamond_is_evaluated_once_per_write) {
    Signal<int> head(1);
    int runs = 0;
    Computed left([&] { return head() + 1; });
    Computed right([&] { return head() * 2; });
    Computed sum([&] {
        ++runs;
        return left() + right();
    });
    std::vector<int> seen;
    const Effect effect = syncline::watch([&] { seen.push_back(sum()); });
    head.set(2);
    BOOST_TEST(runs == 2);
    BOOST_TEST(seen == (std::vector{4, 7}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
