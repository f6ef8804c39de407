#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "catalog.hpp"
#include "syncline/base/bytes.hpp"
#include "syncline/server/authority.hpp"

namespace syncline::server {

/// Tallies of a scope that a push touches; read when first needed, written at its end.
class Tallies {
public:
    explicit Tallies(ScopeWriter& writer) : writer_(writer) {}

    Tally& of(EntityNumber entity);
    void save();

private:
    ScopeWriter& writer_;
    std::unordered_map<EntityNumber, Tally> tallies_;
};

/// A row as one client transaction sees and leaves it. `data` empty: there is none.
struct PlannedRow {
    EntityNumber entity = 0;
    std::string_view key;
    StoredRow before;
    ByteView data;

    bool live() const { return !data.empty(); }
};

/// What one client transaction does to rows, decided in full before any of it is written: to refuse
/// a transaction is to forget its plan.
class TransactionPlan {
public:
    /// `client` is whose changes they will be.
    TransactionPlan(ScopeWriter& writer, ClientId client)
        : writer_(writer), tag_(client.high ^ client.low) {}

    /// The row, read from the storage and verified when it is first asked for; stays valid until
    /// `clear`. `key` and what is put into `data` must live until then, too.
    /// Throws: `StorageError` if what is stored is damaged.
    PlannedRow& row(const CatalogEntry& entity, std::string_view key);

    /// The last change of the row as it was before by anyone but this client; 0: none.
    Cursor changed_by_others(const PlannedRow& row) const;

    /// Whether any row ends other than it began.
    bool changes() const;

    /// Writes the changed rows, all with cursor `at`.
    void write(Cursor at, Tallies& tallies);

    void clear();

private:
    struct RowName {
        EntityNumber entity;
        std::string_view key;
        friend bool operator==(const RowName&, const RowName&) = default;
    };
    struct RowNameHash {
        std::size_t operator()(const RowName& name) const {
            return std::hash<std::string_view>{}(name.key) * 31 + name.entity;
        }
    };

    static bool changed(const PlannedRow& row);
    void write(const PlannedRow& row, Cursor at, Tallies& tallies);

    ScopeWriter& writer_;
    std::uint64_t tag_;  // two clients with one tag, one in 2^64, would overlook a conflict
    std::deque<PlannedRow> rows_;
    std::unordered_map<RowName, PlannedRow*, RowNameHash> by_name_;
};

}  // namespace syncline::server
