#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace todo_cli {

/// Midnight UTC of a day written as 2026-12-31, in microseconds since 1970; nothing if it is none.
std::optional<std::int64_t> parse_day(std::string_view text);

/// The UTC day of a time in microseconds since 1970.
std::string format_day(std::int64_t time);

}  // namespace todo_cli
