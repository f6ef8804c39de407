#pragma once

#include <string>
#include <vector>

#include "syncline/protocol/schema.hpp"
#include "syncline/storage/statement.hpp"
#include "syncline/store/query.hpp"

namespace syncline::detail {

/// The part of a SELECT that a `StoreQuery` decides: what follows the conditions that all have.
/// Texts of equal shape are equal, so that their statements are found again.
class SelectSql {
public:
    /// Both must outlive it. Throws: `InvalidArgument`.
    SelectSql(const EntitySchema& entity, const StoreQuery& query);

    const std::string& text() const { return text_; }

    /// Binds the values, the first one as parameter `first`, which the text counts from 2.
    void bind(Statement& statement, int first) const;

private:
    void add_condition(const Condition& condition);
    void add_prefix(const std::string& column, const std::string& prefix);
    void add_order();
    std::string parameter(QueryValue value);
    std::string column(FieldId field) const;
    void check_value(const Condition& condition) const;

    const EntitySchema& entity_;
    const StoreQuery& query_;
    std::string text_;
    std::vector<QueryValue> values_;
};

}  // namespace syncline::detail
