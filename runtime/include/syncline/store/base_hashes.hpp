#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "syncline/protocol/hash.hpp"
#include "syncline/protocol/messages.hpp"
#include "syncline/storage/database.hpp"

namespace syncline {

/// Hash and number of the base rows of one generation, per entity, while a transaction changes
/// them. Read when the transaction begins and written back at its end, so that a rollback leaves
/// nothing of it. Local writes do not touch the base and so never need it.
class BaseHashes {
public:
    BaseHashes(Connection& connection, std::uint64_t generation);

    void add(std::string_view entity, std::string_view id, ByteView row);
    void remove(std::string_view entity, std::string_view id, ByteView row);

    /// Writes back what changed.
    void save(Connection& connection) const;

    /// Whether there are no base rows.
    bool empty() const;

    /// Whether the base is what `expected` says, entities that it does not name being empty.
    /// True if `expected` is empty: nothing was said.
    bool match(const std::vector<EntityHash>& expected) const;

private:
    struct Tally {
        SetHash hash;
        std::int64_t rows = 0;
        bool changed = false;
    };
    Tally& tally(std::string_view entity);

    std::uint64_t generation_;
    std::map<std::string, Tally, std::less<>> tallies_;
};

}  // namespace syncline
