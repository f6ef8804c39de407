#include "syncline/testing/manual_clock.hpp"

#include "syncline/base/error.hpp"

namespace syncline::testing {

SteadyTime ManualClock::now() const {
    return SteadyTime(std::chrono::nanoseconds(steady_ns_));
}

WallTime ManualClock::wall_now() const {
    return WallTime(std::chrono::microseconds(steady_ns_ / 1000 + wall_minus_steady_us_));
}

void ManualClock::advance(std::chrono::nanoseconds step) {
    if (step.count() < 0) throw InvalidArgument("ManualClock::advance: time does not go back");
    steady_ns_ += step.count();
}

void ManualClock::set_wall(WallTime time) {
    wall_minus_steady_us_ = time.time_since_epoch().count() - steady_ns_ / 1000;
}

}  // namespace syncline::testing
