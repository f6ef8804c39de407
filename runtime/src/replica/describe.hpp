#pragma once

#include <string>

#include "syncline/protocol/messages.hpp"
#include "syncline/protocol/row.hpp"
#include "syncline/protocol/schema.hpp"

namespace syncline::detail {

/// The fields that are there: `id = "a", title = "Milk"`. For people: long values are cut.
std::string describe_row(const TableSchema& table, RowView row);

/// What a mutation's payload does to a row of `entity`. Says so if it is not valid.
std::string describe_payload(const EntitySchema& entity, MutationKind kind, ByteView payload);

}  // namespace syncline::detail
