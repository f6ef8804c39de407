#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "syncline/base/clock.hpp"

namespace syncline::http {

/// A date as HTTP headers have it, in any of the three forms of RFC 9110.
std::optional<WallTime> parse_http_date(std::string_view text);

/// What a `Retry-After` header asks for: seconds, or a date that is compared with `now` (best, the
/// server's own). From 0 to a week; nothing if the header is neither.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text, WallTime now);

}  // namespace syncline::http
