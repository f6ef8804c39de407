#include "syncline/base/clock.hpp"

namespace syncline {

SteadyTime SystemClock::now() const {
    return std::chrono::time_point_cast<SteadyTime::duration>(std::chrono::steady_clock::now());
}

WallTime SystemClock::wall_now() const {
    return std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
}

const SystemClock& SystemClock::instance() {
    static const SystemClock clock;
    return clock;
}

}  // namespace syncline
