#pragma once

#include <atomic>
#include <chrono>

#include "syncline/base/clock.hpp"

namespace syncline::testing {

/// A clock that stands still until it is told to move. Both its times start at fixed values, so
/// that a run is the same every time.
///
/// Thread-safety: any thread.
class ManualClock final : public Clock {
public:
    SteadyTime now() const override;
    WallTime wall_now() const override;

    /// Moves both times; `step` must not be negative.
    void advance(std::chrono::nanoseconds step);

    /// Moves the wall clock alone, as a user or NTP does. Any value, also into the past.
    void set_wall(WallTime time);

private:
    std::atomic<std::int64_t> steady_ns_{1'000'000'000};
    std::atomic<std::int64_t> wall_minus_steady_us_{1'700'000'000'000'000};
};

}  // namespace syncline::testing
