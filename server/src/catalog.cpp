#include "catalog.hpp"

#include <algorithm>

namespace syncline::server {
namespace {

// Those at the default are left out: to learn another one changes nothing for the rest.
std::uint64_t order_of(const std::vector<CatalogEntry>& entries) {
    std::uint64_t order = 0;
    for (const CatalogEntry& entry : entries) {
        if (entry.schema->priority == kPriorityDefault) continue;
        order = (order ^ (std::uint64_t{entry.number} << 8 | entry.schema->priority)) *
                0x9E3779B97F4A7C15;
    }
    return order;
}

}  // namespace

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
    order_ = order_of(entries_);
}

const CatalogEntry* Catalog::find(std::string_view entity) const {
    const auto found = std::lower_bound(entries_.begin(), entries_.end(), entity,
                                        [](const CatalogEntry& entry, std::string_view wanted) {
                                            return entry.schema->name < wanted;
                                        });
    return found != entries_.end() && found->schema->name == entity ? &*found : nullptr;
}

std::uint8_t Catalog::priority(EntityNumber entity) const {
    for (const CatalogEntry& entry : entries_) {
        if (entry.number == entity) return entry.schema->priority;
    }
    return kPriorityDefault;
}

bool Catalog::is_local(std::string_view entity) const {
    const EntitySchema* found = schema_.find(entity);
    return found != nullptr && found->local;
}

}  // namespace syncline::server
