#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "syncline/protocol/row.hpp"

namespace syncline {

/// What generated views (`TodoView`) have in common: one state of one row, as it was when it was
/// read. A value; a copy costs a reference count.
///
/// Thread-safety: immutable.
class EntityView {
public:
    /// `row` is a verified row of the view's entity.
    explicit EntityView(Row row) : row_(std::move(row)) {}

    /// Equal in every field, known to this schema or not.
    friend bool operator==(const EntityView& a, const EntityView& b) {
        return std::ranges::equal(a.row_.bytes(), b.row_.bytes());
    }

    const Row& row() const { return row_; }

protected:
    std::optional<std::string_view> optional_string(FieldId field) const {
        if (!row_.has(field)) return std::nullopt;
        return row_.string(field);
    }

    /// A nested table as the struct generated for it.
    template <class T>
    std::optional<T> read_table(FieldId field) const {
        if (const RowView nested = row_.table(field)) return T::read(nested);
        return std::nullopt;
    }

    Row row_;
};

/// A copy that outlives the view it was read from.
inline std::optional<std::string> owned(std::optional<std::string_view> text) {
    if (!text) return std::nullopt;
    return std::string(*text);
}

}  // namespace syncline
