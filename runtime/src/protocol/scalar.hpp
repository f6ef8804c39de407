#pragma once

#include <cstdint>

#include "syncline/protocol/schema.hpp"

// Arithmetic on scalars whose type only the schema knows; `bits` are their low bytes.

namespace syncline {

/// Orders values of one type as numbers; floats by IEEE total order, so that every two differ or
/// are the same bits.
std::uint64_t order_key(FieldType type, std::uint64_t bits);

/// The sum, kept within the type's range.
std::uint64_t saturating_add(FieldType type, std::uint64_t a, std::uint64_t b);

}  // namespace syncline
