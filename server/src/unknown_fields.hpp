#pragma once

#include "syncline/base/bytes.hpp"
#include "syncline/protocol/schema.hpp"

namespace syncline::server {

/// Whether a verified row, or a table nested in it, stores a field beyond the last one of its
/// schema: it was written under a newer one. (A gap between known fields is a deprecated one.)
bool has_unknown_fields(const TableSchema& table, ByteView row);

/// Whether a patch, which need not be valid otherwise, names a field that `entity` has not.
bool names_unknown_field(const EntitySchema& entity, ByteView patch);

}  // namespace syncline::server
