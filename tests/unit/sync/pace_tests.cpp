#include "pace.hpp"

#include <boost/test/unit_test.hpp>

using syncline::Pace;

BOOST_AUTO_TEST_SUITE(pace_tests)

BOOST_AUTO_TEST_CASE(nothing_is_limited_as_long_as_nothing_times_out) {
    Pace pace;
    pace.succeeded();
    BOOST_TEST(!pace.limited());
}

BOOST_AUTO_TEST_CASE(each_time_out_halves_what_was_tried_down_to_a_least) {
    Pace pace;
    pace.timed_out(1'000'000);
    BOOST_TEST(pace.bytes_max() == 500'000U);
    pace.timed_out(400'000);
    BOOST_TEST(pace.bytes_max() == 200'000U);
    for (int i = 0; i < 20; ++i) pace.timed_out(400'000);
    BOOST_TEST(pace.bytes_max() == 16U << 10);
}

BOOST_AUTO_TEST_CASE(each_success_doubles_it_until_nothing_is_limited) {
    Pace pace;
    pace.timed_out(100'000);
    pace.succeeded();
    BOOST_TEST(pace.bytes_max() == 100'000U);
    for (int i = 0; i < 5; ++i) pace.succeeded();
    BOOST_TEST(!pace.limited());
}

BOOST_AUTO_TEST_SUITE_END()
