#pragma once

#include <deque>
#include <string>
#include <vector>

#include "syncline/base/bytes.hpp"
#include "syncline/protocol/schema.hpp"

namespace syncline::server {

/// A schema and all that it points to; stays where it is.
struct OwnedSchema {
    std::deque<std::string> names;
    std::deque<std::vector<FieldSchema>> fields;
    std::deque<TableSchema> tables;
    std::vector<EntitySchema> entities;
    std::vector<MutatorSchema> mutators;
    Schema schema;
};

/// Fills `result` from compiled schema bytes. `file` is the name in messages. Throws:
/// `SchemaError`.
void read_schema(ByteView bfbs, const std::string& file, OwnedSchema& result);

}  // namespace syncline::server
