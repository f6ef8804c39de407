#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "catalog.hpp"
#include "syncline/base/clock.hpp"
#include "syncline/protocol/messages.hpp"
#include "syncline/server/arena.hpp"
#include "syncline/server/engine.hpp"
#include "transaction_plan.hpp"

namespace syncline::server {

/// Why a mutation is not done: what becomes a `Rejection`.
struct Refusal {
    std::string code;
    std::string reason;
};

/// What clients and named mutators may do to rows, each checked in full and put into the plan.
class RowRules {
public:
    /// `fingerprint`: of the client's schema. All else must outlive it.
    RowRules(const Catalog& catalog, const EngineOptions& options, std::uint64_t fingerprint,
             TransactionPlan& plan, Arena& arena, WallTime now);

    /// The entity, or why not. Throws: `RequestRefused` (`schema_unknown`) if it is not known and
    /// the client has another schema; so do the others for fields.
    std::optional<Refusal> entity(std::string_view name, const CatalogEntry*& entry) const;

    std::optional<Refusal> create(const CatalogEntry& entry, std::string_view key, ByteView row);
    void put(const CatalogEntry& entry, std::string_view key, ByteView row);
    /// `base`: the version the user saw, where that matters.
    std::optional<Refusal> update(const CatalogEntry& entry, std::string_view key, ByteView patch,
                                  WallTime time, const Cursor* base, Cursor head);
    std::optional<Refusal> remove(const CatalogEntry& entry, std::string_view key, bool* found);

    /// Why the named mutation `name`, which the server has no code for, is not done. Throws as
    /// `entity` if it is of a newer schema.
    Refusal no_mutator(std::string_view name) const;

    /// The key that a verified row bears.
    static std::string_view key_of(const CatalogEntry& entry, ByteView row);
    std::optional<Refusal> check_row(const CatalogEntry& entry, ByteView row) const;

    PlannedRow& row(const CatalogEntry& entry, std::string_view key) {
        return plan_.row(entry, key);
    }
    Arena& arena() { return arena_; }
    const Catalog& catalog() const { return catalog_; }
    WallTime now() const { return now_; }

private:
    std::optional<Refusal> check_key(std::string_view key) const;
    std::optional<Refusal> check_size(const CatalogEntry& entry, ByteView row) const;
    ByteView confirmed(const CatalogEntry& entry, ByteView row);
    [[noreturn]] void refuse_schema(const std::string& what) const;

    const Catalog& catalog_;
    const EngineOptions& options_;
    bool same_schema_;
    TransactionPlan& plan_;
    Arena& arena_;
    WallTime now_;
};

}  // namespace syncline::server
