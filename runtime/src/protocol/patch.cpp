#include "syncline/protocol/patch.hpp"

#include <algorithm>

#include "layout.hpp"
#include "patch_format.hpp"
#include "patch_values.hpp"
#include "row_verify.hpp"
#include "scalar.hpp"

namespace syncline {
namespace {

RowView part(ByteView patch, FieldId which) {
    return RowView(RowView(patch).vector_bytes(which, 1));
}

PatchEntry entry_at(ByteView entries, std::size_t index) {
    const std::uint8_t* data = entries.data() + index * kPatchEntrySize;
    return {load<FieldId>(data), static_cast<PatchOp>(data[2])};
}

std::size_t entry_count(ByteView entries) {
    return entries.size() / kPatchEntrySize;
}

ByteView entry_bytes(ByteView patch) {
    return RowView(patch).vector_bytes(kPatchEntries, kPatchEntrySize);
}

/// Why `entry` cannot be applied, or nullptr.
const char* fault_of(const FieldSchema& field, PatchEntry entry, RowView set, RowView unset) {
    if (field.key) return "is the key and never changes";
    if (field.stamp != Stamp::none) return "is set by the runtime";
    switch (entry.op) {
        case PatchOp::assign: {
            const bool clears = !set.has(field.id) && !is_scalar(field.type);
            return clears && field.required ? "is required and cannot be cleared" : nullptr;
        }
        case PatchOp::add:
            if (field.merge != MergePolicy::counter || !is_scalar(field.type) ||
                field.type == FieldType::boolean) {
                return "is no counter";
            }
            return set.has(field.id) ? nullptr : "is to be added to, but by nothing";
        case PatchOp::insert:
            if (field.merge != MergePolicy::set || field.type != FieldType::vector) {
                return "is no set";
            }
            return set.has(field.id) ? nullptr : "is to get elements, but none is given";
        case PatchOp::erase:
            if (field.merge != MergePolicy::set || field.type != FieldType::vector) {
                return "is no set";
            }
            return unset.has(field.id) ? nullptr : "is to lose elements, but none is given";
    }
    return "has an unknown operation";
}

bool follows(PatchEntry before, PatchEntry after) {
    if (before.field != after.field) return before.field < after.field;
    return before.op == PatchOp::insert && after.op == PatchOp::erase;
}

/// One row being made out of `base` and the values of a patch.
class Merge {
public:
    Merge(RowView base, RowView set, RowView unset, RowBuilder& out)
        : base_(base), set_(set), unset_(unset), out_(out) {}

    void field(const FieldSchema& field, PatchOp op, bool also_erase) {
        switch (op) {
            case PatchOp::assign:
                return assign(field);
            case PatchOp::add:
                return add(field);
            case PatchOp::insert:
                return change_set(field, true, also_erase);
            case PatchOp::erase:
                return change_set(field, false, true);
        }
    }

private:
    void assign(const FieldSchema& field) {
        const bool keeps_extreme =
            (field.merge == MergePolicy::max || field.merge == MergePolicy::min) &&
            is_scalar(field.type);
        if (keeps_extreme) return extreme(field);
        if (field.merge == MergePolicy::set && field.type == FieldType::vector) {
            return put_elements(out_, field, elements_of(field, set_));
        }
        out_.copy(field.id, set_);
    }

    void extreme(const FieldSchema& field) {
        if (field.optional && !set_.has(field.id)) {
            out_.copy(field.id, base_);
        } else if (field.optional && !base_.has(field.id)) {
            out_.copy(field.id, set_);
        } else {
            const std::uint64_t before = order_key(field.type, bits_of(field, base_));
            const std::uint64_t after = order_key(field.type, bits_of(field, set_));
            const bool takes = field.merge == MergePolicy::max ? after > before : after < before;
            out_.copy(field.id, takes ? set_ : base_);
        }
    }

    void add(const FieldSchema& field) {
        const std::uint64_t before =
            field.optional && !base_.has(field.id) ? 0 : bits_of(field, base_);
        put_bits(out_, field, saturating_add(field.type, before, bits_of(field, set_)));
    }

    void change_set(const FieldSchema& field, bool inserts, bool erases) {
        Elements values = elements_of(field, base_);
        if (erases) values = without(values, elements_of(field, unset_));
        if (inserts) values = together(values, elements_of(field, set_));
        put_elements(out_, field, values);
    }

    RowView base_;
    RowView set_;
    RowView unset_;
    RowBuilder& out_;
};

std::int64_t microseconds(WallTime time) {
    return time.time_since_epoch().count();
}

std::int64_t stamp_of(const FieldSchema& field, RowView row) {
    return row.scalar<std::int64_t>(field.id, static_cast<std::int64_t>(default_bits(field)));
}

bool is_stamp(const FieldSchema& field) {
    return field.stamp != Stamp::none && field.type == FieldType::int64;
}

}  // namespace

std::optional<std::string> verify_patch(const EntitySchema& entity, ByteView patch) {
    if (auto why = verify_row(kPatchTable, patch)) return why;
    const RowView set = patch_set(patch);
    const RowView unset = patch_unset(patch);
    for (const RowView values : {set, unset}) {
        if (!values) continue;
        if (auto why = verify_part(*entity.table, values.bytes())) return why;
    }
    const ByteView entries = entry_bytes(patch);
    for (std::size_t i = 0; i < entry_count(entries); ++i) {
        const PatchEntry entry = entry_at(entries, i);
        const FieldSchema* field = entity.table->find(entry.field);
        const auto refused = [&](const char* why) {
            return std::string(entity.name) + ": " +
                   (field != nullptr ? std::string(field->name)
                                     : "field " + std::to_string(entry.field)) +
                   " " + why;
        };
        if (field == nullptr) return refused("is not in the schema");
        if (i > 0 && !follows(entry_at(entries, i - 1), entry)) return refused("is out of order");
        if (const char* fault = fault_of(*field, entry, set, unset)) return refused(fault);
    }
    return std::nullopt;
}

std::vector<PatchEntry> patch_entries(ByteView patch) {
    const ByteView bytes = entry_bytes(patch);
    std::vector<PatchEntry> entries(entry_count(bytes));
    for (std::size_t i = 0; i < entries.size(); ++i) entries[i] = entry_at(bytes, i);
    return entries;
}

RowView patch_set(ByteView patch) {
    return part(patch, kPatchSet);
}

RowView patch_unset(ByteView patch) {
    return part(patch, kPatchUnset);
}

Bytes apply_patch(const EntitySchema& entity, RowView base, ByteView patch, WallTime time) {
    RowBuilder out(*entity.table);
    Merge merge(base, patch_set(patch), patch_unset(patch), out);
    const ByteView entries = entry_bytes(patch);
    std::size_t next = 0;
    for (const FieldSchema& field : entity.table->fields) {
        if (next < entry_count(entries) && entry_at(entries, next).field == field.id) {
            const PatchOp op = entry_at(entries, next++).op;
            const bool also_erase =
                next < entry_count(entries) && entry_at(entries, next).field == field.id;
            if (also_erase) ++next;
            merge.field(field, op, also_erase);
        } else if (is_stamp(field) && field.stamp == Stamp::updated_at) {
            out.scalar(field.id, std::max(stamp_of(field, base), microseconds(time)));
        } else {
            out.copy(field.id, base);
        }
    }
    return out.finish();
}

std::optional<Bytes> confirm_stamps(const EntitySchema& entity, RowView row, WallTime now) {
    const std::int64_t limit = microseconds(now);
    const auto needs_change = [&](const FieldSchema& field) {
        const std::int64_t stamp = is_stamp(field) ? stamp_of(field, row) : limit;
        return stamp > limit || (stamp == 0 && limit != 0);
    };
    const auto fields = entity.table->fields;
    if (std::none_of(fields.begin(), fields.end(), needs_change)) return std::nullopt;
    RowBuilder out(*entity.table);
    for (const FieldSchema& field : fields) {
        if (needs_change(field)) {
            out.scalar(field.id, limit);
        } else {
            out.copy(field.id, row);
        }
    }
    return out.finish();
}

void stamp(const EntitySchema& entity, RowBuilder& row, WallTime now) {
    for (const FieldSchema& field : entity.table->fields) {
        if (is_stamp(field)) row.scalar(field.id, microseconds(now));
    }
}

Bytes assign_all(const EntitySchema& entity, RowView row) {
    PatchBuilder patch(entity);
    for (const FieldSchema& field : entity.table->fields) {
        if (!field.key && !is_stamp(field)) patch.assign(field.id).copy(field.id, row);
    }
    return patch.finish();
}

}  // namespace syncline
