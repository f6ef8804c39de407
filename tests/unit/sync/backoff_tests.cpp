#include "syncline/sync/backoff.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using syncline::Backoff;
using syncline::Random;

BOOST_AUTO_TEST_SUITE(backoff_tests)

BOOST_AUTO_TEST_CASE(each_delay_may_be_twice_as_long_as_the_one_before_up_to_the_longest) {
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            Random random(seed);
            Backoff backoff;
            std::chrono::milliseconds bound = 250ms;
            for (int i = 0; i < 20; ++i) {
                const auto delay = backoff.next(random);
                BOOST_REQUIRE((delay >= 0ms));
                BOOST_REQUIRE((delay <= bound));
                bound = std::min<std::chrono::milliseconds>(bound * 2, 60s);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(delays_are_spread_over_their_whole_range) {
    Random random(1);
    Backoff backoff(1000ms, 1000ms);
    int lower_half = 0;
    for (int i = 0; i < 10'000; ++i) lower_half += backoff.next(random) < 500ms ? 1 : 0;
    BOOST_TEST(lower_half > 4'500);
    BOOST_TEST(lower_half < 5'500);
}

BOOST_AUTO_TEST_CASE(it_begins_anew_after_a_success) {
    Random random(2);
    Backoff backoff;
    for (int i = 0; i < 20; ++i) backoff.next(random);
    backoff.reset();
    BOOST_TEST((backoff.next(random) <= 250ms));
}

BOOST_AUTO_TEST_SUITE_END()
