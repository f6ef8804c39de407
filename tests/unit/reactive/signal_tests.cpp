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

BOOST_AUTO_TEST_CASE(values_may_be_strings_and_move_only) {
    Signal<std::string> name("ada");
    Computed<std::string> loud([&] { return name() + "!"; });
    Signal<std::unique_ptr<int>> box(std::make_unique<int>(1));
    Computed<std::unique_ptr<int>> next(
        [&] { return std::make_unique<int>(box.with([](const auto& p) { return *p + 1; })); });
    BOOST_TEST(loud() == "ada!");
    name.set("bob");
    BOOST_TEST(loud() == "bob!");
    box.set(std::make_unique<int>(5));
    BOOST_TEST(next.with([](const auto& p) { return *p; }) == 6);
    box.update([](auto& p) { *p = 7; });
    BOOST_TEST(next.with([](const auto& p) { return *p; }) == 8);
}

BOOST_AUTO_TEST_SUITE_END()
