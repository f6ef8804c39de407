#pragma once

#include <string>
#include <vector>

#include "syncline/protocol/row.hpp"
#include "syncline/protocol/schema.hpp"
#include "syncline/storage/statement.hpp"

namespace syncline {

/// The fields of `entity` that are kept as indexed columns, ascending by id; not the key.
std::vector<const FieldSchema*> indexed_fields(const EntitySchema& entity);

/// `f3` for the field with id 3: a renamed field keeps its column.
std::string column_name(FieldId field);

/// `INTEGER`, `REAL` or `TEXT`.
std::string column_type(const FieldSchema& field);

/// `row_todo`.
std::string table_name(std::string_view entity);

/// `row_todo_f3`, of the index of column `f3` of table `row_todo`.
std::string index_name(const std::string& table, const std::string& column);

/// Binds the value of `field` in the verified `row`; absent and without a default: NULL.
void bind_column(Statement& statement, int index, const FieldSchema& field, RowView row);

}  // namespace syncline
