#pragma once

#include <cstdint>
#include <functional>

#include "syncline/protocol/messages.hpp"
#include "syncline/storage/database.hpp"

namespace syncline {

/// Keeps the changes of an incomplete pull until its last page arrives. Of two versions of a row
/// the later one stays, so that a page that comes twice does no harm.
void stage_row(Connection& connection, std::int64_t scope, const RowChange& change);

/// Calls `visit` for each staged change of `scope`.
void for_each_staged(Connection& connection, std::int64_t scope,
                     const std::function<void(const RowChange&)>& visit);

void drop_staged(Connection& connection, std::int64_t scope);

}  // namespace syncline
