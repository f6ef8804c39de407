#include "syncline/protocol/schema.hpp"

#include <algorithm>
#include <vector>

#include "layout.hpp"

namespace syncline {
namespace {

/// FNV-1a over numbers and texts, the same on every platform.
class Digest {
public:
    void number(std::uint64_t value) {
        for (int shift = 0; shift < 64; shift += 8) byte(static_cast<std::uint8_t>(value >> shift));
    }

    void text(std::string_view value) {
        number(value.size());
        for (const char c : value) byte(static_cast<std::uint8_t>(c));
    }

    std::uint64_t value() const { return state_; }

private:
    void byte(std::uint8_t value) {
        state_ ^= value;
        state_ *= 0x100000001B3;
    }

    std::uint64_t state_ = 0xCBF29CE484222325;
};

/// Walks tables, naming each by the order in which it was met: types may be recursive, and their
/// names decide nothing.
class Fingerprint {
public:
    void entity(const EntitySchema& entity) {
        digest_.text(entity.name);
        digest_.number(entity.key);
        digest_.number(static_cast<std::uint64_t>(entity.conflict));
        table(entity.table);
    }

    void mutator(const MutatorSchema& mutator) {
        digest_.text(mutator.name);
        table(mutator.arguments);
    }

    std::uint64_t value() const { return digest_.value(); }

private:
    void table(const TableSchema* table) {
        const auto known = std::find(met_.begin(), met_.end(), table);
        digest_.number(static_cast<std::uint64_t>(known - met_.begin()));
        if (known != met_.end() || table == nullptr) return;
        met_.push_back(table);
        digest_.number(table->fields.size());
        for (const FieldSchema& field : table->fields) this->field(field);
    }

    // `indexed`, `unique` and `references` are left out: they are the client's own affair, and a
    // new index must not make a client wait for a new server.
    void field(const FieldSchema& field) {
        digest_.text(field.name);
        digest_.number(field.id);
        digest_.number(static_cast<std::uint64_t>(field.type));
        digest_.number(static_cast<std::uint64_t>(field.element));
        digest_.number(field.struct_size);
        digest_.number(field.struct_align);
        digest_.number(default_bits(field));
        digest_.number((field.required ? 1U : 0U) | (field.optional ? 2U : 0U) |
                       (field.key ? 4U : 0U));
        digest_.number(static_cast<std::uint64_t>(field.merge));
        digest_.number(static_cast<std::uint64_t>(field.stamp));
        if (field.type == FieldType::table) table(field.table);
    }

    Digest digest_;
    std::vector<const TableSchema*> met_;
};

}  // namespace

const FieldSchema* TableSchema::find(FieldId id) const {
    // Ids without gaps are the rule.
    if (id < fields.size() && fields[id].id == id) return &fields[id];
    const auto found = std::lower_bound(
        fields.begin(), fields.end(), id,
        [](const FieldSchema& field, FieldId wanted) { return field.id < wanted; });
    return found != fields.end() && found->id == id ? &*found : nullptr;
}

const FieldSchema* TableSchema::find(std::string_view field_name) const {
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const FieldSchema& field) {
        return field.name == field_name;
    });
    return found != fields.end() ? &*found : nullptr;
}

const EntitySchema* Schema::find(std::string_view entity) const {
    const auto found =
        std::find_if(entities.begin(), entities.end(),
                     [&](const EntitySchema& candidate) { return candidate.name == entity; });
    return found != entities.end() ? &*found : nullptr;
}

const MutatorSchema* Schema::find_mutator(std::string_view name) const {
    const auto found =
        std::find_if(mutators.begin(), mutators.end(),
                     [&](const MutatorSchema& candidate) { return candidate.name == name; });
    return found != mutators.end() ? &*found : nullptr;
}

std::uint64_t fingerprint(const Schema& schema) {
    std::vector<const EntitySchema*> entities;
    for (const EntitySchema& entity : schema.entities) {
        if (!entity.local) entities.push_back(&entity);
    }
    std::sort(entities.begin(), entities.end(),
              [](const EntitySchema* a, const EntitySchema* b) { return a->name < b->name; });
    Fingerprint result;
    for (const EntitySchema* entity : entities) result.entity(*entity);
    std::vector<const MutatorSchema*> mutators;
    for (const MutatorSchema& mutator : schema.mutators) mutators.push_back(&mutator);
    std::sort(mutators.begin(), mutators.end(),
              [](const MutatorSchema* a, const MutatorSchema* b) { return a->name < b->name; });
    for (const MutatorSchema* mutator : mutators) result.mutator(*mutator);
    return result.value();
}

}  // namespace syncline
