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

/// By entity: a hash less another one; what is equal is not in it.
using HashDifference = std::map<std::string, SetHash, std::less<>>;

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

    /// By how much `expected` differs from the base. Empty: it does not, entities that it does not
    /// name being as they are, or nothing was said at all.
    HashDifference difference(const std::vector<EntityHash>& expected) const;

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
