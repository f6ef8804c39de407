#include "commands.hpp"

#include <algorithm>
#include <iostream>
#include <vector>

#include "../common/progress.hpp"
#include "../common/sync.hpp"
#include "../common/text.hpp"
#include "import.hpp"

namespace places {
namespace {

using examples::grouped;

void print(const std::vector<PlaceView>& found) {
    if (found.empty()) {
        std::cout << "No place found.\n";
        return;
    }
    using examples::Table;
    Table table({{"Name"}, {"Country"}, {"Admin"}, {"Population", Table::Align::right}, {"Id"}});
    for (const auto& place : found) {
        table.add({std::string(place.name()), std::string(place.country()),
                   std::string(place.admin().value_or("")),
                   grouped(static_cast<std::uint64_t>(place.population())),
                   std::string(place.id())});
    }
    std::cout << table.text();
}

}  // namespace

void import_file(Session& session, const std::string& path) {
    const PlacesFile file(path);
    const std::uint64_t total = file.lines().size();
    examples::Progress progress("importing places");
    const ImportCounts counts =
        import_places(session.app, file, [&](std::uint64_t done) { progress.show(done, total); });
    std::cout << "Imported " << progress.summary(total) << ": " << grouped(counts.added)
              << " added, " << grouped(counts.updated) << " updated, " << grouped(counts.unchanged)
              << " unchanged\n";
}

void push(Session& session) {
    examples::Progress progress("pushing");
    const auto result = examples::sync_now(session.app, session.flags, progress);
    std::cout << "Pushed " << progress.summary(result.pushed) << "\n";
}

void pull(Session& session) {
    examples::Progress progress("pulling");
    const auto result = examples::sync_now(session.app, session.flags, progress);
    std::cout << "Pulled " << progress.summary(result.pulled) << "\n";
}

void top(Session& session, const std::string& country, std::uint64_t limit) {
    print(session.app.places.query()
              .where(PlaceFields::country == country)
              .order_by(PlaceFields::population, syncline::descending)
              .limit(limit)
              .all());
}

void search(Session& session, const std::string& prefix, std::uint64_t limit) {
    print(session.app.places.query()
              .where(PlaceFields::name.starts_with(prefix))
              .order_by(PlaceFields::population, syncline::descending)
              .limit(limit)
              .all());
}

void count(Session& session) {
    std::cout << examples::counted(session.app.places.count(), "place", "places") << "\n";
}

}  // namespace places
