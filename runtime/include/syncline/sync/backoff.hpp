#pragma once

#include <chrono>

#include "syncline/base/random.hpp"

namespace syncline {

/// How long to wait before trying again: exponential with full jitter, so that clients that failed
/// together do not come back together.
///
/// The n-th delay in a row is evenly distributed in [0, min(longest, first * 2^(n-1))].
/// Thread-safety: none.
class Backoff {
public:
    explicit Backoff(std::chrono::milliseconds first = std::chrono::milliseconds(250),
                     std::chrono::milliseconds longest = std::chrono::seconds(60))
        : first_(first), longest_(longest), bound_(first) {}

    /// The next delay; the one after it may be twice as long.
    std::chrono::milliseconds next(Random& random);

    /// Begins anew: after a success.
    void reset() { bound_ = first_; }

private:
    std::chrono::milliseconds first_;
    std::chrono::milliseconds longest_;
    std::chrono::milliseconds bound_;
};

}  // namespace syncline
