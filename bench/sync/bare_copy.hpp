#pragma once

#include <string>

namespace sync_bench {

/// Writes all rows of all tables of the SQLite file `source` into a new file `target` with the same
/// tables and indexes: a loop over prepared statements in one transaction (WAL,
/// synchronous=NORMAL), which is the least that any program must do to store the same. Returns the
/// seconds from begin to commit; the reading of `source` is not counted.
double bare_copy(const std::string& source, const std::string& target);

}  // namespace sync_bench
