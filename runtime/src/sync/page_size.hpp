#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "syncline/base/clock.hpp"

namespace syncline {

/// How large a page to ask for. A page is in memory, and what times out comes to nothing, and a
/// local write waits while one is stored; but small pages cost round trips. So it shrinks when one
/// times out or is long in being stored, and grows again while they are fetched and stored quickly.
///
/// Thread-safety: none.
class PageSize {
public:
    /// Bytes; 0 leaves it to the server, as long as nothing is known.
    std::uint32_t wished() const { return wished_; }

    void timed_out() { set(size() / 2); }

    /// A full page of `bytes` was there after `fetching`, and stored after `storing`.
    void took(std::uint64_t bytes, SteadyTime::duration fetching, SteadyTime::duration storing) {
        if (storing > kLongStoring) return set(std::min<std::uint64_t>(bytes, size()) / 2);
        // A page far smaller than was asked for is the most that the server gives.
        if (storing > kShortStoring || fetching > kShortFetching || bytes < size() / 2) return;
        set(size() * 2);
    }

private:
    static constexpr std::chrono::milliseconds kShortStoring{100};
    static constexpr std::chrono::milliseconds kLongStoring{250};
    static constexpr std::chrono::milliseconds kShortFetching{1000};
    static constexpr std::uint64_t kUsual = 1 << 20;   // about what a server's page is
    static constexpr std::uint64_t kLeast = 16 << 10;  // less costs more round trips than it saves
    static constexpr std::uint64_t kMost = kUsual;  // more costs memory, and saves hardly anything

    std::uint64_t size() const { return wished_ == 0 ? kUsual : wished_; }
    void set(std::uint64_t bytes) {
        wished_ = static_cast<std::uint32_t>(std::clamp(bytes, kLeast, kMost));
    }

    std::uint32_t wished_ = 0;
};

}  // namespace syncline
