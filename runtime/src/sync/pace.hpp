#pragma once

#include <algorithm>
#include <cstdint>

namespace syncline {

/// How much to send or ask for at once, so that a slow connection gets it through before the
/// time-out: half as much after one that came to nothing, twice as much after one that did not.
///
/// Thread-safety: none.
class Pace {
public:
    /// Bytes; `kUnlimited` as long as nothing timed out.
    std::uint32_t bytes_max() const { return bytes_max_; }
    bool limited() const { return bytes_max_ < kUnlimited; }

    /// An exchange of about `bytes` timed out.
    void timed_out(std::uint64_t bytes) {
        const std::uint64_t tried = std::min<std::uint64_t>(bytes, bytes_max_);
        bytes_max_ = static_cast<std::uint32_t>(std::max<std::uint64_t>(tried / 2, kLeast));
    }

    void succeeded() { bytes_max_ = bytes_max_ < kMost ? bytes_max_ * 2 : kUnlimited; }

    static constexpr std::uint32_t kUnlimited = 0xFFFF'FFFF;

private:
    static constexpr std::uint32_t kLeast = 16 << 10;  // less costs more round trips than it saves
    static constexpr std::uint32_t kMost = 1 << 20;    // more than this was never too much
    std::uint32_t bytes_max_ = kUnlimited;
};

}  // namespace syncline
