#include "places_file.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <unordered_map>

#include "utf8.hpp"

namespace places {
namespace {

constexpr std::size_t kColumns = 8;
constexpr std::string_view kHeader =
    "geonameid\tname\tcountry\tadmin\tfeature\tpopulation\tlat\tlon";
using Columns = std::array<std::string_view, kColumns>;

std::string read_whole(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    // A folder can be opened like a file, but not read.
    if (!file || std::filesystem::is_directory(path)) {
        throw BadFile(path.string() + ": cannot be read");
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string quoted(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

/// Takes the text up to the next `separator`, or all of it, off the front of `text`.
std::string_view take(std::string_view& text, char separator) {
    const auto end = text.find(separator);
    const auto part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return part;
}

/// What is wrong is thrown as a text; `Lines` adds where it is.
[[noreturn]] void refuse(std::string text) {
    throw std::invalid_argument(std::move(text));
}

Columns split(std::string_view line) {
    std::size_t count = 1;
    for (const char c : line) count += c == '\t' ? 1 : 0;
    if (count != kColumns) {
        refuse(std::to_string(count) + " columns, expected " + std::to_string(kColumns));
    }
    Columns columns;
    for (auto& column : columns) column = take(line, '\t');
    return columns;
}

template <class T>
T number(std::string_view name, std::string_view text, T min, T max) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() ||
        !(value >= min && value <= max)) {
        std::ostringstream range;
        range << name << " " << quoted(text) << " is no number from " << min << " to " << max;
        refuse(range.str());
    }
    return value;
}

std::string_view filled(std::string_view name, std::string_view text) {
    if (text.empty()) refuse(std::string(name) + " is empty");
    return text;
}

PlaceLine parse(std::string_view line) {
    if (!is_utf8(line)) refuse("not valid UTF-8");
    const Columns c = split(line);
    return {.id = filled("geonameid", c[0]),
            .name = filled("name", c[1]),
            .country = filled("country", c[2]),
            .admin = c[3],
            .feature = c[4],
            .population = number<std::int64_t>("population", c[5], 0, 100'000'000),
            .latitude = number<double>("lat", c[6], -90, 90),
            .longitude = number<double>("lon", c[7], -180, 180)};
}

/// Hands out the lines of a text, and knows where it is.
class Lines {
public:
    Lines(std::string file, std::string_view text) : file_(std::move(file)), rest_(text) {}

    std::optional<std::string_view> next() {
        ++number_;
        if (rest_.empty()) return std::nullopt;
        auto line = take(rest_, '\n');
        if (line.ends_with('\r')) line.remove_suffix(1);
        return line;
    }

    std::size_t number() const { return number_; }

    [[noreturn]] void refuse_line(const std::string& why) const {
        throw BadFile(file_ + ":" + std::to_string(number_) + ": " + why);
    }

private:
    std::string file_;
    std::string_view rest_;
    std::size_t number_ = 0;
};

void check_header(Lines& lines, std::string_view text) {
    const auto header = lines.next();
    if (text.starts_with("\x1f\x8b"))
        lines.refuse_line("is compressed; unpack it with gunzip first");
    if (header != kHeader) {
        lines.refuse_line("expected the columns " + std::string(kHeader) + ", tab-separated");
    }
}

}  // namespace

PlacesFile::PlacesFile(const std::filesystem::path& path) : text_(read_whole(path)) {
    Lines lines(path.string(), text_);
    check_header(lines, text_);

    std::unordered_map<std::string_view, std::size_t> seen;
    while (const auto line = lines.next()) {
        try {
            const PlaceLine place = parse(*line);
            const auto [first, is_new] = seen.emplace(place.id, lines.number());
            if (!is_new) {
                refuse("geonameid " + std::string(place.id) + " is in line " +
                       std::to_string(first->second) + " already");
            }
            lines_.push_back(place);
        } catch (const std::invalid_argument& error) {
            lines.refuse_line(error.what());
        }
    }
}

}  // namespace places
