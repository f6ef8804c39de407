#pragma once

#include <cstddef>

#include "syncline/protocol/schema.hpp"
#include "syncline/storage/database.hpp"

namespace syncline {

// The indexes of the tables of rows. To sort many rows once costs far less than to put each into
// its place, so a first sync does without them until its rows are there: a query finds the same
// rows without an index as with it, only more slowly.

/// Whether an index that `schema` wants is not there. Cost: O(indexes).
bool lacks_row_indexes(Connection& connection, const Schema& schema);

/// Drops the indexes of those synchronized tables that have no more than `rows_max` rows.
void drop_row_indexes(Connection& connection, const Schema& schema, std::size_t rows_max);

/// Makes one index that `schema` wants; false: all are there. The tables and columns must have been
/// prepared. Cost: O(n log n) for n rows, in memory no more than the page cache may take, the rest
/// in temporary files.
bool make_row_index(Connection& connection, const Schema& schema);

}  // namespace syncline
