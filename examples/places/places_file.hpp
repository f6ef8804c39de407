#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace places {

/// A line of the file; the texts live as long as the `PlacesFile`.
struct PlaceLine {
    std::string_view id;
    std::string_view name;
    std::string_view country;
    std::string_view admin;
    std::string_view feature;
    std::int64_t population = 0;
    double latitude = 0;
    double longitude = 0;
};

/// A file that is no list of places; the text begins with `file:line:`.
class BadFile : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A tab-separated file of places, read and checked as a whole.
class PlacesFile {
public:
    /// Throws: `BadFile` for the first line that is not as it must be, or if there is no such file.
    explicit PlacesFile(const std::filesystem::path& path);

    const std::vector<PlaceLine>& lines() const { return lines_; }

private:
    std::string text_;
    std::vector<PlaceLine> lines_;
};

}  // namespace places
