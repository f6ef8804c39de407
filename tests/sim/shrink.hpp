#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/steps.hpp"
#include "sim/world.hpp"

namespace syncline::sim {

struct Run {
    Counts counts;
    std::optional<std::string> failure;
    std::string kind;  // of the violation
};

/// Runs `steps` in a new world; says on stdout what happens if `trace`.
Run run_steps(const Options& options, std::uint64_t seed, const std::vector<Step>& steps,
              bool trace);

/// Fewer steps that fail in the same way; as few as taking away can give.
std::vector<Step> shrink(const Options& options, std::uint64_t seed, std::vector<Step> steps,
                         const std::string& kind);

}  // namespace syncline::sim
