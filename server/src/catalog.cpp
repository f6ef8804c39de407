#include "catalog.hpp"

#include <algorithm>

namespace syncline::server {

Catalog::Catalog(const Schema& schema, Authority& authority)
    : schema_(schema), fingerprint_(syncline::fingerprint(schema)) {
    std::vector<std::string_view> names;
    for (const EntitySchema& entity : schema.entities) {
        if (entity.local) continue;
        entries_.push_back({&entity, 0});
    }
    std::sort(entries_.begin(), entries_.end(), [](const CatalogEntry& a, const CatalogEntry& b) {
        return a.schema->name < b.schema->name;
    });
    for (const CatalogEntry& entry : entries_) names.push_back(entry.schema->name);
    const std::vector<EntityNumber> numbers = authority.register_entities(names);
    for (std::size_t i = 0; i < entries_.size(); ++i) entries_[i].number = numbers[i];
}

const CatalogEntry* Catalog::find(std::string_view entity) const {
    const auto found = std::lower_bound(entries_.begin(), entries_.end(), entity,
                                        [](const CatalogEntry& entry, std::string_view wanted) {
                                            return entry.schema->name < wanted;
                                        });
    return found != entries_.end() && found->schema->name == entity ? &*found : nullptr;
}

bool Catalog::is_local(std::string_view entity) const {
    const EntitySchema* found = schema_.find(entity);
    return found != nullptr && found->local;
}

}  // namespace syncline::server
