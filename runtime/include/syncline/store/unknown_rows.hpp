#pragma once

#include <optional>
#include <string_view>

#include "syncline/base/ids.hpp"
#include "syncline/storage/database.hpp"

namespace syncline {

/// A base row of an entity that the schema does not know.
struct UnknownRow {
    Cursor cursor;
    Bytes data;
};

std::optional<UnknownRow> find_unknown(Connection& connection, std::uint64_t generation,
                                       std::string_view entity, std::string_view id);
void put_unknown(Connection& connection, std::uint64_t generation, std::string_view entity,
                 std::string_view id, Cursor cursor, ByteView data);
void erase_unknown(Connection& connection, std::uint64_t generation, std::string_view entity,
                   std::string_view id);

}  // namespace syncline
