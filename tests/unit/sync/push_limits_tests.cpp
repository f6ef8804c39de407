#include "push_limits.hpp"

#include <boost/test/unit_test.hpp>

#include "syncline/base/random.hpp"

using syncline::Limits;
using syncline::PushLimits;
using syncline::PushSize;

BOOST_AUTO_TEST_SUITE(push_limits_tests)

BOOST_AUTO_TEST_CASE(what_the_server_announces_is_adopted_and_zeros_are_not) {
    PushLimits limits;
    limits.announce({10, 2000, 0});
    BOOST_TEST(limits.current().batch_mutations_max == 10U);
    BOOST_TEST(limits.current().batch_bytes_max == 2000U);
    BOOST_TEST(limits.current().transaction_bytes_max == 0xFFFF'FFFFU);
}

BOOST_AUTO_TEST_CASE(a_batch_refused_without_a_word_is_halved) {
    PushLimits limits;
    BOOST_TEST(limits.refused({100, 100, 500'000}, {}));
    BOOST_TEST(limits.current().batch_mutations_max == 50U);
    BOOST_TEST(limits.current().batch_bytes_max == 250'000U);
}

BOOST_AUTO_TEST_CASE(a_batch_refused_with_limits_obeys_those) {
    PushLimits limits;
    BOOST_TEST(limits.refused({100, 100, 500'000}, {80, 400'000, 100'000}));
    BOOST_TEST(limits.current().batch_mutations_max == 80U);
    BOOST_TEST(limits.current().batch_bytes_max == 400'000U);
    BOOST_TEST(limits.current().transaction_bytes_max == 100'000U);
}

BOOST_AUTO_TEST_CASE(limits_that_the_refused_batch_kept_do_not_let_it_go_out_again) {
    PushLimits limits;
    BOOST_TEST(limits.refused({10, 10, 5'000}, {500, 500'000, 100'000}));
    BOOST_TEST(limits.current().batch_mutations_max == 5U);
    BOOST_TEST(limits.current().batch_bytes_max == 2'500U);
}

BOOST_AUTO_TEST_CASE(a_small_transaction_refused_by_a_proxy_is_not_given_up) {
    PushLimits limits;
    BOOST_TEST(!limits.refused({1, 1, 500}, {}));
    BOOST_TEST(limits.current().transaction_bytes_max == 0xFFFF'FFFFU);
}

BOOST_AUTO_TEST_CASE(a_large_transaction_refused_alone_comes_to_exceed_the_limit) {
    PushLimits limits;
    BOOST_TEST(limits.refused({1, 1, 10'000'000}, {}));
    BOOST_TEST(limits.current().transaction_bytes_max < 10'000'000U);
}

// The replica may measure a transaction as smaller than the server does.
BOOST_AUTO_TEST_CASE(repeated_refusals_always_end_whatever_is_announced) {
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            syncline::Random random(seed);
            const auto dice = [&](std::uint64_t bound) {
                return static_cast<std::uint32_t>(random.below(bound));
            };
            PushLimits limits;
            const std::uint32_t measured = 70'000 + dice(1'000'000);
            const std::uint32_t sent = measured + dice(5'000);
            int refusals = 0;
            while (limits.current().transaction_bytes_max >= measured) {
                const Limits announced{dice(3), dice(2'000'000), dice(2'000'000)};
                const bool smaller = limits.refused({1, 1, sent}, announced);
                BOOST_REQUIRE(smaller);
                BOOST_REQUIRE(++refusals < 200);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(repeated_refusals_of_batches_end_at_one_transaction) {
    PushLimits limits;
    std::size_t mutations = 1000;
    int refusals = 0;
    while (mutations > 1) {
        limits.refused({mutations, mutations, mutations * 100}, {1000, 1U << 20, 1U << 18});
        mutations = limits.current().batch_mutations_max;
        BOOST_REQUIRE(++refusals < 20);
    }
}

BOOST_AUTO_TEST_CASE(isolated_transactions_go_one_by_one_and_then_together_again) {
    PushLimits limits;
    limits.isolate({3, 3, 100});
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(limits.current().batch_mutations_max == 1U);
        limits.processed(1);
    }
    BOOST_TEST(limits.current().batch_mutations_max == 1000U);
}

BOOST_AUTO_TEST_SUITE_END()
