#include "import.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace places {
namespace {

/// The file has an empty column where there is nothing to say.
std::optional<std::string> text_or_none(std::string_view text) {
    if (text.empty()) return std::nullopt;
    return std::string(text);
}

PlaceDraft draft_of(const PlaceLine& line) {
    PlaceDraft draft{.id = std::string(line.id),
                     .name = std::string(line.name),
                     .country = std::string(line.country)};
    draft.admin = text_or_none(line.admin);
    draft.feature = text_or_none(line.feature);
    draft.population = line.population;
    draft.latitude = line.latitude;
    draft.longitude = line.longitude;
    return draft;
}

/// What of `line` differs from `place`.
PlacePatch difference(const PlaceView& place, const PlaceLine& line) {
    PlacePatch patch;
    if (place.name() != line.name) patch.name = std::string(line.name);
    if (place.country() != line.country) patch.country = std::string(line.country);
    if (place.admin().value_or("") != line.admin) patch.admin = text_or_none(line.admin);
    if (place.feature().value_or("") != line.feature) patch.feature = text_or_none(line.feature);
    if (place.population() != line.population) patch.population = line.population;
    if (place.latitude() != line.latitude) patch.latitude = line.latitude;
    if (place.longitude() != line.longitude) patch.longitude = line.longitude;
    return patch;
}

bool is_empty(const PlacePatch& patch) {
    return !patch.name && !patch.country && !patch.admin && !patch.feature && !patch.population &&
           !patch.latitude && !patch.longitude;
}

}  // namespace

ImportCounts import_places(App& app, const PlacesFile& file,
                           const std::function<void(std::uint64_t)>& on_row) {
    ImportCounts counts;
    app.transaction([&] {
        // No row needs to be looked for in an empty collection.
        const bool any = app.places.count() != 0;
        std::uint64_t done = 0;
        for (const PlaceLine& line : file.lines()) {
            const auto place = any ? app.places.get(line.id).get() : std::nullopt;
            if (!place) {
                app.places.create(draft_of(line));
                ++counts.added;
            } else if (const auto patch = difference(*place, line); is_empty(patch)) {
                ++counts.unchanged;
            } else {
                app.places.get(line.id).update(patch);
                ++counts.updated;
            }
            on_row(++done);
        }
    });
    return counts;
}

}  // namespace places
