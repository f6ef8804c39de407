#include "unknown_fields.hpp"

#include <array>
#include <cstring>

#include "syncline/protocol/row.hpp"

namespace syncline::server {
namespace {

// `Patch` of schema/protocol.fbs, as far as it matters here.
constexpr FieldId kPatchEntries = 0;
constexpr std::size_t kPatchEntrySize = 4;  // field: ushort; op: ubyte; padding
constexpr std::array<FieldSchema, 1> kPatchFields{{
    {.name = "entries",
     .id = kPatchEntries,
     .type = FieldType::vector,
     .element = FieldType::structure,
     .struct_size = kPatchEntrySize,
     .struct_align = 2},
}};
constexpr TableSchema kPatchTable{.name = "Patch", .fields = kPatchFields};

template <class T>
T load(const std::uint8_t* data) {
    T value;
    std::memcpy(&value, data, sizeof value);
    return value;
}

/// A FlatBuffers table whose bytes `verify_row` passed.
bool has_unknown_fields(const TableSchema& schema, const std::uint8_t* table) {
    const std::uint8_t* vtable = table - load<std::int32_t>(table);
    const std::size_t slots = (std::size_t{load<std::uint16_t>(vtable)} - 4) / 2;
    const auto offset = [&](std::size_t id) {
        return id < slots ? load<std::uint16_t>(vtable + 4 + id * 2) : std::uint16_t{0};
    };
    const std::size_t end = schema.fields.empty() ? 0 : schema.fields.back().id + std::size_t{1};
    for (std::size_t id = end; id < slots; ++id) {
        if (offset(id) != 0) return true;
    }
    for (const FieldSchema& field : schema.fields) {
        if (field.type != FieldType::table || offset(field.id) == 0) continue;
        const std::uint8_t* place = table + offset(field.id);
        if (has_unknown_fields(*field.table, place + load<std::uint32_t>(place))) return true;
    }
    return false;
}

}  // namespace

bool has_unknown_fields(const TableSchema& table, ByteView row) {
    return has_unknown_fields(table, row.data() + load<std::uint32_t>(row.data()));
}

bool names_unknown_field(const EntitySchema& entity, ByteView patch) {
    if (verify_row(kPatchTable, patch)) return false;
    const ByteView entries = RowView(patch).vector_bytes(kPatchEntries, kPatchEntrySize);
    for (std::size_t at = 0; at + kPatchEntrySize <= entries.size(); at += kPatchEntrySize) {
        if (entity.table->find(load<FieldId>(entries.data() + at)) == nullptr) return true;
    }
    return false;
}

}  // namespace syncline::server
