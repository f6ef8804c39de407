#include <algorithm>

#include "layout.hpp"
#include "patch_format.hpp"
#include "syncline/base/error.hpp"
#include "syncline/protocol/patch.hpp"

namespace syncline {
namespace {

// Defaults are written: what the user assigned must not depend on the default that the reader's
// version of the schema has.
constexpr bool kKeepDefaults = true;

bool allows(const FieldSchema& field, PatchOp op) {
    switch (op) {
        case PatchOp::assign:
            return true;
        case PatchOp::add:
            return field.merge == MergePolicy::counter;
        case PatchOp::insert:
        case PatchOp::erase:
            return field.merge == MergePolicy::set;
    }
    return false;
}

bool go_together(PatchOp a, PatchOp b) {
    return (a == PatchOp::insert && b == PatchOp::erase) ||
           (a == PatchOp::erase && b == PatchOp::insert);
}

}  // namespace

PatchBuilder::PatchBuilder(const EntitySchema& entity)
    : entity_(&entity), set_(*entity.table, kKeepDefaults), unset_(*entity.table, kKeepDefaults) {}

RowBuilder& PatchBuilder::assign(FieldId field) {
    mark(field, PatchOp::assign);
    return set_;
}

RowBuilder& PatchBuilder::add(FieldId field) {
    mark(field, PatchOp::add);
    return set_;
}

RowBuilder& PatchBuilder::insert(FieldId field) {
    mark(field, PatchOp::insert);
    return set_;
}

RowBuilder& PatchBuilder::erase(FieldId field) {
    mark(field, PatchOp::erase);
    return unset_;
}

void PatchBuilder::mark(FieldId id, PatchOp op) {
    const FieldSchema* field = entity_->table->find(id);
    const auto refuse = [&](const char* why) {
        throw InvalidArgument(
            std::string(entity_->name) + ": " +
            (field != nullptr ? std::string(field->name) : "field " + std::to_string(id)) + " " +
            why);
    };
    if (field == nullptr) refuse("is not in the schema");
    if (field->key) refuse("is the key and never changes");
    if (field->stamp != Stamp::none) refuse("is set by the runtime");
    if (!allows(*field, op)) refuse("has another merge policy");

    std::erase_if(entries_, [&](const PatchEntry& entry) {
        return entry.field == id && !go_together(entry.op, op);
    });
    if (op != PatchOp::erase) set_.clear(id);
    if (op != PatchOp::insert) unset_.clear(id);
    const PatchEntry added{id, op};
    const auto place = std::lower_bound(
        entries_.begin(), entries_.end(), added, [](const PatchEntry& a, const PatchEntry& b) {
            return a.field != b.field ? a.field < b.field : a.op < b.op;
        });
    entries_.insert(place, added);
}

Bytes PatchBuilder::finish() {
    Bytes entries(entries_.size() * kPatchEntrySize);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        store(&entries[i * kPatchEntrySize], entries_[i].field);
        entries[i * kPatchEntrySize + 2] = static_cast<std::uint8_t>(entries_[i].op);
    }
    RowBuilder patch(kPatchTable);
    patch.vector(kPatchEntries, entries, kPatchEntrySize);
    if (!set_.empty()) patch.vector(kPatchSet, set_.finish(), 1);
    if (!unset_.empty()) patch.vector(kPatchUnset, unset_.finish(), 1);
    entries_.clear();
    return patch.finish();
}

}  // namespace syncline
