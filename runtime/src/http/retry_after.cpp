#include "retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace syncline::http {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr milliseconds kLongest = 24h * 7;

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value < 0) {
        return std::nullopt;
    }
    return value;
}

std::vector<std::string_view> words(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> result;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of(separators), text.size());
        if (end > 0) result.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return result;
}

std::optional<seconds> time_of_day(std::string_view text) {
    const auto parts = words(text, ":");
    if (parts.size() != 3) return std::nullopt;
    const auto hour = number(parts[0]);
    const auto minute = number(parts[1]);
    const auto second = number(parts[2]);
    if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) {
        return std::nullopt;
    }
    return hours(*hour) + minutes(*minute) + seconds(*second);
}

// RFC 850 has two digits; a year that seems more than 50 years ahead is in the past.
int full_year(int year_number) {
    if (year_number >= 100) return year_number;
    return year_number < 70 ? 2000 + year_number : 1900 + year_number;
}

}  // namespace

// Sun, 06 Nov 1994 08:49:37 GMT; Sunday, 06-Nov-94 08:49:37 GMT; Sun Nov  6 08:49:37 1994: in each,
// of the two numbers the day comes first.
std::optional<WallTime> parse_http_date(std::string_view text) {
    std::optional<int> day_number;
    std::optional<int> year_number;
    std::optional<seconds> time;
    unsigned month_number = 0;
    for (const std::string_view word : words(text, " ,-")) {
        const auto name = std::find(kMonths.begin(), kMonths.end(), word);
        if (name != kMonths.end()) {
            month_number = static_cast<unsigned>(name - kMonths.begin()) + 1;
        } else if (word.find(':') != std::string_view::npos) {
            time = time_of_day(word);
        } else if (const auto value = number(word)) {
            (day_number ? year_number : day_number) = value;
        }
    }
    if (!day_number || !year_number || !time || month_number == 0) return std::nullopt;
    const year_month_day date{year(full_year(*year_number)), month(month_number),
                              day(static_cast<unsigned>(*day_number))};
    if (!date.ok()) return std::nullopt;
    return WallTime(sys_days(date) + *time);
}

std::optional<milliseconds> parse_retry_after(std::string_view text, WallTime now) {
    const auto parts = words(text, " \t");
    if (parts.empty()) return std::nullopt;
    const bool digits =
        std::all_of(parts[0].begin(), parts[0].end(), [](char c) { return c >= '0' && c <= '9'; });
    if (digits && parts.size() == 1) {
        const auto wait = number(parts[0]);
        return wait ? std::min<milliseconds>(seconds(*wait), kLongest) : kLongest;
    }
    const auto date = parse_http_date(text);
    if (!date) return std::nullopt;
    return std::clamp(ceil<milliseconds>(*date - now), 0ms, kLongest);
}

}  // namespace syncline::http
