#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "syncline/base/bytes.hpp"
#include "syncline/base/clock.hpp"
#include "syncline/protocol/row.hpp"
#include "syncline/protocol/schema.hpp"

namespace syncline {

/// What a patch does to one field.
enum class PatchOp : std::uint8_t {
    assign,  ///< takes the value in `set`; absent there: makes the field absent (or its default)
    add,     ///< counter: adds the value in `set`
    insert,  ///< set: adds the elements in `set`
    erase,   ///< set: removes the elements in `unset`
};

/// A change of named fields, in the encoding that is queued and sent. See `PatchBuilder`.
///
/// An empty patch changes nothing. Bytes from outside pass `verify_patch` before they are used.
struct PatchEntry {
    FieldId field = 0;
    PatchOp op = PatchOp::assign;
    friend bool operator==(PatchEntry, PatchEntry) = default;
};

/// Builds a patch for rows of `entity`.
class PatchBuilder {
public:
    explicit PatchBuilder(const EntitySchema& entity);

    /// Marks `field` as assigned and gives the builder to put its value into; without a value the
    /// field is cleared. Throws: `InvalidArgument` for an unknown field or the key.
    RowBuilder& assign(FieldId field);
    /// As above for `PatchOp::add` / `insert` / `erase`; the field's merge policy must allow it.
    RowBuilder& add(FieldId field);
    RowBuilder& insert(FieldId field);
    RowBuilder& erase(FieldId field);

    bool empty() const { return entries_.empty(); }

    /// The encoded patch; empties the builder.
    Bytes finish();

private:
    void mark(FieldId field, PatchOp op);
    const EntitySchema* entity_;
    std::vector<PatchEntry> entries_;
    RowBuilder set_;
    RowBuilder unset_;
};

/// Why `patch` cannot be applied to rows of `entity`, or nothing if it can.
std::optional<std::string> verify_patch(const EntitySchema& entity, ByteView patch);

/// The fields a verified patch names, in its order.
std::vector<PatchEntry> patch_entries(ByteView patch);

/// The row that `base` becomes by a verified `patch`, under the schema's merge policies: what the
/// server stores and, with the same function, what the client predicts.
///
/// Policy max / min: `assign` keeps the larger / smaller of the two. `updated_at` fields are raised
/// to `time`, and never go back. Fields of `base` that `entity` does not know are dropped.
/// Cost: O(size of row).
Bytes apply_patch(const EntitySchema& entity, RowView base, ByteView patch, WallTime time);

/// A copy of the verified row `row` with its `created_at` and `updated_at` fields limited to `now`
/// (set to `now` where absent), or nothing if it needs no change.
std::optional<Bytes> confirm_stamps(const EntitySchema& entity, RowView row, WallTime now);

}  // namespace syncline
