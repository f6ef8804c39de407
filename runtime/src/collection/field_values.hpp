#pragma once

#include <compare>
#include <optional>

#include "syncline/protocol/row.hpp"
#include "syncline/protocol/schema.hpp"
#include "syncline/store/query.hpp"

// Fields of rows by their schema: are they equal, and how do they compare. The same answers as the
// store's indexes give, so that a live query and the database agree about membership and order.

namespace syncline {

/// Whether both rows have the same value, or both none. A false row has no values.
bool same_field(const FieldSchema& field, RowView a, RowView b);

/// The value of a scalar or string as queries compare it; nothing if absent or not a number.
std::optional<QueryValue> query_value(const FieldSchema& field, RowView row);

/// Nothing comes before everything, numbers before texts; texts by their bytes.
std::weak_ordering compare(const std::optional<QueryValue>& a, const std::optional<QueryValue>& b);

/// Whether the row meets the condition. An absent value meets none.
bool matches(const EntitySchema& entity, const Condition& condition, RowView row);

}  // namespace syncline
