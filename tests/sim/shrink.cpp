#include "sim/shrink.hpp"

#include <algorithm>
#include <exception>
#include <iostream>

namespace syncline::sim {

Run run_steps(const Options& options, std::uint64_t seed, const std::vector<Step>& steps,
              bool trace) {
    Run run;
    std::optional<World> world;
    try {
        world.emplace(options, seed);
        if (trace) world->trace = [](const std::string& line) { std::cout << line << "\n"; };
        world->run(steps);
    } catch (const Violation& violation) {
        run.kind = violation.kind;
        run.failure = violation.what();
    } catch (const std::exception& error) {
        run.kind = "exception";
        run.failure = std::string("an exception came out: ") + error.what();
    }
    if (world) run.counts = world->counts();
    return run;
}

std::vector<Step> shrink(const Options& options, std::uint64_t seed, std::vector<Step> steps,
                         const std::string& kind) {
    const auto fails = [&](const std::vector<Step>& fewer) {
        return run_steps(options, seed, fewer, false).kind == kind;
    };
    for (std::size_t part = std::max<std::size_t>(1, steps.size() / 2);; part /= 2) {
        for (std::size_t at = 0; at < steps.size();) {
            std::vector<Step> fewer(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(at));
            const std::size_t after = std::min(steps.size(), at + part);
            fewer.insert(fewer.end(), steps.begin() + static_cast<std::ptrdiff_t>(after),
                         steps.end());
            if (fails(fewer)) {
                steps = std::move(fewer);
            } else {
                at += part;
            }
        }
        if (part == 1) return steps;
    }
}

}  // namespace syncline::sim
