#pragma once

#include <chrono>

namespace syncline {

/// Monotonic time: for intervals, time-outs and backoff.
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

/// Microseconds since 1970 UTC, as a device's clock believes. Data, never order.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

/// Where time comes from; tests and the simulator have their own.
///
/// Thread-safety: any thread.
class Clock {
public:
    virtual ~Clock() = default;
    virtual SteadyTime now() const = 0;
    virtual WallTime wall_now() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
public:
    SteadyTime now() const override;
    WallTime wall_now() const override;

    /// The one instance; it has no state.
    static const SystemClock& instance();
};

}  // namespace syncline
