#pragma once

#include <cstdint>
#include <functional>

#include "places_app.hpp"
#include "places_file.hpp"

namespace places {

/// What an import did to the rows of the file.
struct ImportCounts {
    std::uint64_t added = 0;
    std::uint64_t updated = 0;
    std::uint64_t unchanged = 0;
};

/// Brings the collection up to `file`, in one transaction. Rows that are not in the file stay.
/// `on_row` hears how many lines are done.
ImportCounts import_places(App& app, const PlacesFile& file,
                           const std::function<void(std::uint64_t)>& on_row);

}  // namespace places
