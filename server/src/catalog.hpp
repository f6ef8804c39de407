#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "syncline/protocol/schema.hpp"
#include "syncline/server/authority.hpp"

namespace syncline::server {

/// An entity of the schema and its number in the storage.
struct CatalogEntry {
    const EntitySchema* schema = nullptr;
    EntityNumber number = 0;
};

/// The entities that are synchronized. Immutable.
class Catalog {
public:
    Catalog(const Schema& schema, Authority& authority);

    /// nullptr: the schema has no such entity, or it is local.
    const CatalogEntry* find(std::string_view entity) const;
    /// Whether the schema has it as a local entity.
    bool is_local(std::string_view entity) const;

    /// By name.
    const std::vector<CatalogEntry>& entries() const { return entries_; }
    const Schema& schema() const { return schema_; }
    std::uint64_t fingerprint() const { return fingerprint_; }

    /// Of an entity that the schema lacks: the default.
    std::uint8_t priority(EntityNumber entity) const;
    /// Names the order that priorities make; 0: all are the same.
    std::uint64_t order() const { return order_; }

private:
    const Schema& schema_;
    std::uint64_t fingerprint_;
    std::vector<CatalogEntry> entries_;
    std::uint64_t order_ = 0;
};

}  // namespace syncline::server
