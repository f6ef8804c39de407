#pragma once

#include <algorithm>
#include <chrono>

namespace syncline {

/// Monotonic time: for intervals, time-outs and backoff.
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

/// Microseconds since 1970 UTC, as a device's clock believes. Data, never order.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

/// How long something may take, as applications say it, who mean by `milliseconds::max()` that it
/// may take for ever: at most a year, which can be added to a time, and no less than nothing.
constexpr std::chrono::milliseconds bounded_wait(std::chrono::milliseconds wait) {
    constexpr std::chrono::milliseconds kLongest = std::chrono::hours{24} * 365;
    return std::clamp(wait, std::chrono::milliseconds{0}, kLongest);
}

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
