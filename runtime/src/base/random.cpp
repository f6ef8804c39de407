#include "syncline/base/random.hpp"

namespace syncline {

Random Random::from_system() {
    std::random_device device;
    const auto high = static_cast<std::uint64_t>(device()) << 32;
    return Random(high | device());
}

}  // namespace syncline
