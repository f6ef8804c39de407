#pragma once

#include <cstdint>
#include <random>

namespace syncline {

/// Source of random bits: from the system, or from a seed when a run must be repeatable.
///
/// Thread-safety: none; every user has its own or a lock around it.
class Random {
public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}

    /// Seeded by the operating system.
    static Random from_system();

    std::uint64_t next() { return engine_(); }

    /// Evenly distributed in [0, bound); `bound` must not be 0.
    std::uint64_t below(std::uint64_t bound) {
        return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(engine_);
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace syncline
