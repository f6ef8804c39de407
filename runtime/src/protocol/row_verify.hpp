#pragma once

#include <optional>
#include <string>

#include "syncline/base/bytes.hpp"
#include "syncline/protocol/schema.hpp"

namespace syncline {

/// As `verify_row`, for a table that holds only some fields: the root may lack required fields and
/// the key. Nested tables must be whole.
std::optional<std::string> verify_part(const TableSchema& table, ByteView bytes);

}  // namespace syncline
