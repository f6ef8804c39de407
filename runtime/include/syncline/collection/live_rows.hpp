#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "syncline/protocol/row.hpp"
#include "syncline/protocol/schema.hpp"
#include "syncline/store/query.hpp"

namespace syncline {

/// Which rows a live query holds: those that meet `query.where` and `filter`, ordered by `order_by`
/// (any field with an order, not only an indexed one; none: by id), the first `limit` of them.
struct LiveSpec {
    std::vector<Condition> where;
    std::function<bool(const Row&)> filter;  ///< none: all; must depend on nothing but the row
    std::optional<FieldId> order_by;
    bool descending = false;
    std::optional<std::uint64_t> limit;
};

/// The untyped inside of a `LiveQuery`; see there.
class LiveRows {
public:
    virtual ~LiveRows() = default;
    virtual std::vector<Row> rows() const = 0;
    virtual std::size_t size() const = 0;
    virtual std::optional<Row> first() const = 0;
};

}  // namespace syncline
