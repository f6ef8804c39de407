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

BOOST_AUTO_TEST_CASE(a_write_whose_equality_throws_changes_nothing) {
    struct Fragile {
        int value = 0;
        bool operator==(const Fragile& other) const {
            if (other.value == 13) throw std::runtime_error("equality");
            return value == other.value;
        }
    };
    Signal<Fragile> signal(Fragile{1});
    std::vector<int> seen;
    const Effect effect = syncline::watch([&] { seen.push_back(signal().value); });
    BOOST_CHECK_THROW(signal.set(Fragile{13}), std::runtime_error);
    BOOST_TEST(!syncline::in_batch());
    signal.set(Fragile{2});
    BOOST_TEST(seen == (std::vector{1, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_update_of_a_small_value_that_throws_changes_nothing) {
    Signal<int> signal(1);
    int runs = 0;
    const Effect effect = syncline::watch([&] {
        signal();
        ++runs;
    });
    BOOST_CHECK_THROW(signal.update([](int& value) {
        value = 5;
        throw std::runtime_error("half way");
    }),
                      std::runtime_error);
    BOOST_TEST(signal() == 1);
    BOOST_TEST(runs == 1);
}

BOOST_AUTO_TEST_CASE(one_may_move_in_the_batch_that_writes_it) {
    Signal<std::string> first("a");
    const Signal<std::string>* place = &first;
    std::vector<std::string> seen;
    const Effect effect = syncline::watch([&] { seen.push_back(place->get()); });
    std::unique_ptr<Signal<std::string>> second;
    syncline::batch([&] {
        first.set("b");
        second = std::make_unique<Signal<std::string>>(std::move(first));
        place = second.get();
        second->set("c");
    });
    syncline::batch([&] {
        second->set("d");
        auto third = std::make_unique<Signal<std::string>>(std::move(*second));
        place = third.get();
        third->set("c");
        second = std::move(third);
    });
    BOOST_TEST(seen == (std::vector<std::string>{"a", "c"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
