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

/// What a patch does to one field. `set` and `unset` are two rows of values within the patch.
enum class PatchOp : std::uint8_t {
    assign,  ///< takes the value in `set`; absent there: makes the field absent (or its default)
    add,     ///< counter: adds the value in `set`
    insert,  ///< set: adds the elements in `set`
    erase,   ///< set: removes the elements in `unset`
};

/// One field that a patch changes. The entries of a patch ascend by field; a field has one, except
/// that `insert` may be followed by `erase`.
struct PatchEntry {
    FieldId field = 0;
    PatchOp op = PatchOp::assign;
    friend bool operator==(PatchEntry, PatchEntry) = default;
};

/// Builds a patch, a change of named fields, in the encoding that is queued and sent. A patch is
/// canonical as a row is: the same changes give the same bytes.
///
/// Thread-safety: none. May be used again after `finish`.
class PatchBuilder {
public:
    /// `entity` must outlive the builder.
    explicit PatchBuilder(const EntitySchema& entity);

    /// Marks `field` as assigned and gives the builder to put its value into, and nothing else;
    /// without a value the field is cleared. Replaces what was said of the field before.
    /// Throws: `InvalidArgument` for an unknown field, the key, or a field with a stamp.
    RowBuilder& assign(FieldId field);
    /// As above for `PatchOp::add` / `insert` / `erase`; the field's merge policy must allow it.
    /// `insert` and `erase` of one field go together, any other two replace each other.
    RowBuilder& add(FieldId field);
    RowBuilder& insert(FieldId field);
    RowBuilder& erase(FieldId field);

    bool empty() const { return entries_.empty(); }

    /// The encoded patch; empties the builder. Without an entry it is a valid patch that changes
    /// nothing but `updated_at`.
    Bytes finish();

private:
    void mark(FieldId field, PatchOp op);
    const EntitySchema* entity_;
    std::vector<PatchEntry> entries_;
    RowBuilder set_;
    RowBuilder unset_;
};

/// Why `patch` cannot be applied to rows of `entity`, or nothing if it can. Bytes from outside pass
/// this before they are used. Refused are: unknown fields, the key, stamps, an operation that the
/// field's policy does not allow or that lacks its value, and clearing a required field.
std::optional<std::string> verify_patch(const EntitySchema& entity, ByteView patch);

/// The fields a verified patch names, in its order.
std::vector<PatchEntry> patch_entries(ByteView patch);

/// The values in a verified patch, as a part of a row: what is assigned, added or inserted, and
/// what is erased. Nothing if there are none. They point into `patch`.
RowView patch_set(ByteView patch);
RowView patch_unset(ByteView patch);

/// The row that `base`, a verified row, becomes by a verified `patch`, under the schema's merge
/// policies: what the server stores and, with the same function, what the client predicts.
///
/// - max / min: `assign` keeps the larger / smaller of the two (floats by IEEE total order); an
///   absent optional counts as nothing, so that clearing one has no effect.
/// - counter: `add` stops at the ends of the type's range; an absent optional counts as 0.
/// - set: elements of `erase` are removed first, then those of `insert` added; a set that becomes
///   empty is absent, unless it is required.
/// - `updated_at` fields are raised to `time`, and never go back.
///
/// The result is canonical, as `RowBuilder` makes it, and passes `verify_row`. Fields of `base`
/// that `entity` does not know are dropped. Cost: O(size of row). Throws: `InvalidArgument` if the
/// result were longer than `kRowBytesMax`.
Bytes apply_patch(const EntitySchema& entity, RowView base, ByteView patch, WallTime time);

/// The one patch that makes of any row, at a time not before either, what `first` and then `second`
/// make of it; nothing where there is none: amounts up and down (the end of the range may lie
/// between), sums of floats. Both are verified. Cost: O(size of the patches).
std::optional<Bytes> join_patches(const EntitySchema& entity, ByteView first, ByteView second);

/// A canonical copy of the verified row `row` with its `created_at` and `updated_at` fields limited
/// to `now` (set to `now` where absent or 0), or nothing if it needs no change.
std::optional<Bytes> confirm_stamps(const EntitySchema& entity, RowView row, WallTime now);

/// Sets the `created_at` and `updated_at` fields of a new row to `now`.
void stamp(const EntitySchema& entity, RowBuilder& row, WallTime now);

/// The patch that makes any row of `entity` be `row`, a verified one, but for its key and stamps.
Bytes assign_all(const EntitySchema& entity, RowView row);

}  // namespace syncline
