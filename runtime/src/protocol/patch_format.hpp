#pragma once

#include <array>

#include "syncline/protocol/schema.hpp"

// The table `Patch` of schema/protocol.fbs: a patch is read and written as a row is.

namespace syncline {

inline constexpr FieldId kPatchEntries = 0;
inline constexpr FieldId kPatchSet = 1;
inline constexpr FieldId kPatchUnset = 2;
inline constexpr std::uint32_t kPatchEntrySize = 4;  // field: 2, op: 1, padding: 1

inline constexpr std::array<FieldSchema, 3> kPatchFields{{
    {.name = "entries",
     .id = kPatchEntries,
     .type = FieldType::vector,
     .element = FieldType::structure,
     .struct_size = kPatchEntrySize,
     .struct_align = 2,
     .required = true},
    {.name = "set", .id = kPatchSet, .type = FieldType::vector, .element = FieldType::uint8},
    {.name = "unset", .id = kPatchUnset, .type = FieldType::vector, .element = FieldType::uint8},
}};

inline constexpr TableSchema kPatchTable{"patch", kPatchFields};

}  // namespace syncline
