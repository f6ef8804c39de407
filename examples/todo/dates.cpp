#include "dates.hpp"

#include <charconv>
#include <chrono>
#include <iomanip>
#include <sstream>

namespace todo_cli {
namespace {

using Microseconds = std::chrono::sys_time<std::chrono::microseconds>;

template <class T>
bool parse_number(std::string_view text, T& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::optional<std::int64_t> parse_day(std::string_view text) {
    unsigned year = 0;
    unsigned month = 0;
    unsigned day = 0;
    if (text.size() != 10 || text[4] != '-' || text[7] != '-' ||
        !parse_number(text.substr(0, 4), year) || !parse_number(text.substr(5, 2), month) ||
        !parse_number(text.substr(8, 2), day)) {
        return std::nullopt;
    }
    const auto date = std::chrono::year(static_cast<int>(year)) / std::chrono::month(month) /
                      std::chrono::day(day);
    if (!date.ok()) return std::nullopt;
    return Microseconds(std::chrono::sys_days(date)).time_since_epoch().count();
}

std::string format_day(std::int64_t time) {
    const Microseconds point{std::chrono::microseconds(time)};
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(point));
    std::ostringstream text;
    text << std::setfill('0') << std::setw(4) << static_cast<int>(date.year()) << '-'
         << std::setw(2) << static_cast<unsigned>(date.month()) << '-' << std::setw(2)
         << static_cast<unsigned>(date.day());
    return text.str();
}

}  // namespace todo_cli
