#pragma once

#include <string_view>

#include "syncline/base/bytes.hpp"
#include "syncline/protocol/schema.hpp"

namespace syncline::server {

/// A file can change under us as anything else can: what it holds is read, and sent, only after
/// this. Throws: `StorageError` (`database_damaged`) if `row` is no row of `entity` with this key.
void verify_stored(const EntitySchema& entity, std::string_view key, ByteView row);

}  // namespace syncline::server
