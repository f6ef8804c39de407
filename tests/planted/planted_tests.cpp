// Each classic bug of a sync engine, put into a copy of the sources, is found by the simulator.

#include <spdlog/spdlog.h>

#include <boost/test/unit_test.hpp>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include "bugs.hpp"
#include "sim/scene.hpp"
#include "sim/shrink.hpp"
#include "sim/steps.hpp"

namespace {

std::string_view planted_now;

constexpr std::uint64_t kSeedsMax = 1500;

// Seeds until one fails; 0: none did.
std::uint64_t seeds_until_found(std::uint64_t seeds_max, const char* schema = nullptr) {
    syncline::sim::Options options;
    std::optional<syncline::sim::SchemaScene> scene;
    if (schema != nullptr) {
        scene.emplace(std::string(SYNCLINE_PROJECT_DIR "/") + schema);
        options.scene = &scene->scene();
    }
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

// What a simulator of notes and folders would find in any application, in one of the user's.
BOOST_AUTO_TEST_CASE(planted_bugs_are_found_with_a_schema_of_the_user) {
    for (const char* const bug :
         {"pull_overwrites_what_is_pending", "mutations_leave_before_their_effect_comes",
          "a_rejection_is_not_recorded", "half_a_transaction_is_applied",
          "who_was_heard_is_noted_in_another_transaction", "deletes_are_not_pulled"}) {
        planted_now = bug;
        std::cout << bug << " (todo)\n";
        BOOST_TEST(seeds_until_found(kSeedsMax, "schema/todo.fbs") > 0U, bug << " was not found");
    }
}

BOOST_AUTO_TEST_CASE(bugs_that_only_another_schema_shows_are_found) {
    for (const SchemaBug& bug : kSchemaBugs) {
        planted_now = bug.name;
        std::cout << bug.name << "\n";
        BOOST_TEST(seeds_until_found(kSeedsMax, bug.schema) > 0U, bug.name << " was not found");
        planted_now = "";
        BOOST_TEST(seeds_until_found(50, bug.schema) == 0U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
