#include "syncline/sync/backoff.hpp"

#include <algorithm>

namespace syncline {

std::chrono::milliseconds Backoff::next(Random& random) {
    const auto bound = static_cast<std::uint64_t>(bound_.count());
    bound_ = std::min(bound_ * 2, longest_);
    return std::chrono::milliseconds(random.below(bound + 1));
}

}  // namespace syncline
