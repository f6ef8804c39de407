#include "row_rules.hpp"

#include <algorithm>

#include "syncline/protocol/patch.hpp"
#include "syncline/protocol/row.hpp"
#include "syncline/server/refusal.hpp"
#include "unknown_fields.hpp"
#include "utf8.hpp"

namespace syncline::server {
namespace {

Refusal invalid(std::string reason) {
    return {"invalid", std::move(reason)};
}

/// `name` in quotes, unless it is nothing that could be shown.
std::string quoted(std::string_view name) {
    constexpr std::size_t kShownMax = 100;
    if (name.size() > kShownMax || !is_utf8(name)) return "of that name";
    return "\"" + std::string(name) + "\"";
}

std::string named(const CatalogEntry& entry, std::string_view key) {
    return std::string(entry.schema->name) + " \"" + std::string(key) + "\"";
}

}  // namespace

RowRules::RowRules(const Catalog& catalog, const EngineOptions& options, std::uint64_t fingerprint,
                   TransactionPlan& plan, Arena& arena, WallTime now)
    : catalog_(catalog),
      options_(options),
      same_schema_(fingerprint == catalog.fingerprint()),
      plan_(plan),
      arena_(arena),
      now_(now) {}

void RowRules::refuse_schema(const std::string& what) const {
    throw RequestRefused(RequestError::schema_unknown,
                         what +
                             " is not in the server's schema, which differs from the client's; "
                             "give the server the newer schema");
}

std::optional<Refusal> RowRules::entity(std::string_view name, const CatalogEntry*& entry) const {
    entry = catalog_.find(name);
    if (entry != nullptr) return std::nullopt;
    if (catalog_.is_local(name)) {
        return invalid("entity " + quoted(name) + " is local and never synchronized");
    }
    if (!same_schema_) refuse_schema("entity " + quoted(name));
    return invalid("there is no entity " + quoted(name));
}

Refusal RowRules::no_mutator(std::string_view name) const {
    if (catalog_.schema().find_mutator(name) != nullptr) {
        return {"unknown_mutator", "the schema has the mutator " + quoted(name) +
                                       ", but this server was built without its code; run the "
                                       "application's own server"};
    }
    if (!same_schema_) refuse_schema("the mutator " + quoted(name));
    return {"unknown_mutator", "the server has no mutator " + quoted(name)};
}

std::optional<Refusal> RowRules::check_key(std::string_view key) const {
    if (key.empty()) return invalid("the id is empty");
    if (key.size() > options_.key_bytes_max) {
        return invalid("the id is longer than " + std::to_string(options_.key_bytes_max) +
                       " bytes");
    }
    if (!is_utf8(key)) return invalid("the id is not UTF-8");
    return std::nullopt;
}

std::optional<Refusal> RowRules::check_size(const CatalogEntry& entry, ByteView row) const {
    if (row.size() <= options_.row_bytes_max) return std::nullopt;
    return Refusal{"too_large", "the row of " + std::string(entry.schema->name) +
                                    " would be longer than " +
                                    std::to_string(options_.row_bytes_max) + " bytes"};
}

std::string_view RowRules::key_of(const CatalogEntry& entry, ByteView row) {
    return RowView(row).string(entry.schema->key);
}

std::optional<Refusal> RowRules::check_row(const CatalogEntry& entry, ByteView row) const {
    if (auto refusal = check_size(entry, row)) return refusal;
    if (auto why = verify_row(*entry.schema->table, row)) return invalid(std::move(*why));
    if (has_unknown_fields(*entry.schema->table, row)) {
        if (!same_schema_) refuse_schema("a field of " + std::string(entry.schema->name));
        return invalid("the row has a field that " + std::string(entry.schema->name) + " has not");
    }
    return check_key(key_of(entry, row));
}

ByteView RowRules::confirmed(const CatalogEntry& entry, ByteView row) {
    if (const auto changed = confirm_stamps(*entry.schema, RowView(row), now_)) {
        return arena_.keep(*changed);
    }
    return row;
}

std::optional<Refusal> RowRules::create(const CatalogEntry& entry, std::string_view key,
                                        ByteView row) {
    if (auto refusal = check_row(entry, row)) return refusal;
    if (key_of(entry, row) != key) return invalid("the row bears another id than the mutation");
    PlannedRow& planned = this->row(entry, key);
    if (planned.live()) return Refusal{"already_exists", named(entry, key) + " exists already"};
    planned.data = confirmed(entry, row);
    return std::nullopt;
}

void RowRules::put(const CatalogEntry& entry, std::string_view key, ByteView row) {
    this->row(entry, key).data = confirmed(entry, row);
}

std::optional<Refusal> RowRules::update(const CatalogEntry& entry, std::string_view key,
                                        ByteView patch, WallTime time, const Cursor* base,
                                        Cursor head) {
    if (auto refusal = check_key(key)) return refusal;
    if (auto why = verify_patch(*entry.schema, patch)) {
        if (!same_schema_ && names_unknown_field(*entry.schema, patch)) {
            refuse_schema("a field of " + std::string(entry.schema->name));
        }
        return invalid(std::move(*why));
    }
    PlannedRow& planned = row(entry, key);
    if (!planned.live()) return Refusal{"not_found", "there is no " + named(entry, key)};
    if (base != nullptr && entry.schema->conflict == ConflictPolicy::reject &&
        planned.before.live) {
        // A base beyond the head is of another history, in which nothing is known of this row.
        if (plan_.changed_by_others(planned) > *base || *base > head) {
            return Refusal{"conflict", "someone else has changed " + named(entry, key) + " since"};
        }
    }
    const Bytes changed =
        apply_patch(*entry.schema, RowView(planned.data), patch, std::min(time, now_));
    if (auto refusal = check_size(entry, changed)) return refusal;
    planned.data = arena_.keep(changed);
    return std::nullopt;
}

std::optional<Refusal> RowRules::remove(const CatalogEntry& entry, std::string_view key,
                                        bool* found) {
    if (auto refusal = check_key(key)) return refusal;
    PlannedRow& planned = row(entry, key);
    if (found != nullptr) *found = planned.live();
    planned.data = {};
    return std::nullopt;
}

}  // namespace syncline::server
