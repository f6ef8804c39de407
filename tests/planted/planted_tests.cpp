// Each classic bug of a sync engine, put into a copy of the sources, is found by the simulator.

#include <spdlog/spdlog.h>

#include <boost/test/unit_test.hpp>
#include <iostream>
#include <string_view>

#include "bugs.hpp"
#include "sim/shrink.hpp"
#include "sim/steps.hpp"

namespace {

std::string_view planted_now;

constexpr std::uint64_t kSeedsMax = 1500;

// Seeds until one fails; 0: none did.
std::uint64_t seeds_until_found(std::uint64_t seeds_max) {
    const syncline::sim::Options options;
    for (std::uint64_t seed = 1; seed <= seeds_max; ++seed) {
        const auto steps = make_steps(options, seed);
        const auto run = run_steps(options, seed, steps, false);
        if (!run.failure) continue;
        std::cout << "  seed " << seed << ": " << run.failure->substr(0, 100) << "\n";
        return seed;
    }
    return 0;
}

struct Quiet {
    Quiet() { spdlog::set_level(spdlog::level::off); }
};

}  // namespace

bool syncline_planted(const char* name) {
    return planted_now == name;
}

BOOST_FIXTURE_TEST_SUITE(planted_tests, Quiet)

BOOST_AUTO_TEST_CASE(without_a_bug_nothing_is_found) {
    planted_now = "";
    BOOST_TEST(seeds_until_found(50) == 0U);
}

BOOST_AUTO_TEST_CASE(every_planted_bug_is_found) {
    for (const char* const bug : kBugs) {
        planted_now = bug;
        std::cout << bug << "\n";
        const std::uint64_t seeds = seeds_until_found(kSeedsMax);
        BOOST_TEST(seeds > 0U, bug << " was not found in " << kSeedsMax << " seeds");
    }
}

BOOST_AUTO_TEST_SUITE_END()
