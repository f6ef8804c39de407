#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "syncline/base/bytes.hpp"
#include "syncline/base/clock.hpp"
#include "syncline/protocol/row.hpp"
#include "syncline/protocol/schema.hpp"

// Rows and patches as plain values, by the descriptors of any schema, and the merge policies in the
// plainest words there are.

namespace syncline::sim {

/// What a field holds; monostate: it is absent. An integer or bool with a sign or without one, a
/// float of any width, a text, or the elements of a set, each as its bytes. All other types, which
/// no policy looks into, are held as the bytes of a row with this field alone.
using Plain = std::variant<std::monostate, std::int64_t, std::uint64_t, double, std::string,
                           std::set<std::string>>;

/// One row.
struct Value {
    const EntitySchema* entity = nullptr;
    std::vector<Plain> fields = {};  // in the order of the table's

    Plain& at(FieldId field);
    const Plain& at(FieldId field) const;
};

Plain decode_field(const FieldSchema& field, const TableSchema& table, RowView row);
Value decode_row(const EntitySchema& entity, ByteView row);
/// Canonical bytes.
std::string encode(const Value& value);
/// The fields in which they differ.
std::string difference(const Value& is, const Value& should);

/// One field's change.
struct FieldChange {
    enum class Op : std::uint8_t { assign, add, insert, erase };
    FieldId field = 0;
    Op op = Op::assign;
    Plain value;
};
/// What a patch says, in an order in which it can be done.
std::vector<FieldChange> decode_patch(const EntitySchema& entity, ByteView patch);

/// Changes `value` as the merge policies say; `time` is for the stamp.
void apply_changes(Value& value, const std::vector<FieldChange>& changes, WallTime time);
/// A new row as it is stored: stamps not later than `now`.
Value stamped(Value value, WallTime now);

}  // namespace syncline::sim
