#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "syncline/protocol/schema.hpp"

namespace syncline {

/// A value to compare an indexed column with.
using QueryValue = std::variant<std::int64_t, double, std::string>;

/// A condition on an indexed field or the key.
struct Condition {
    enum class Op : std::uint8_t { equal, less, less_equal, greater, greater_equal, starts_with };
    FieldId field = 0;
    Op op = Op::equal;
    QueryValue value;
};

/// Rows of one entity: those that meet all conditions, in an order, up to a limit.
struct StoreQuery {
    std::vector<Condition> where;
    std::optional<FieldId> order_by;  ///< an indexed field; none: by id. Ties: by id.
    bool descending = false;
    std::optional<std::uint64_t> limit;
    std::uint64_t offset = 0;
};

}  // namespace syncline
