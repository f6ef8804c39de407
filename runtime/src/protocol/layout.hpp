#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "syncline/protocol/row.hpp"
#include "syncline/protocol/schema.hpp"

// How fields lie in a FlatBuffers table.

namespace syncline {

static_assert(std::endian::native == std::endian::little, "rows are read in place");

using detail::load;

template <class T>
void store(std::uint8_t* data, T value) {
    std::memcpy(data, &value, sizeof value);
}

constexpr std::uint32_t scalar_size(FieldType type) {
    switch (type) {
        case FieldType::boolean:
        case FieldType::int8:
        case FieldType::uint8:
            return 1;
        case FieldType::int16:
        case FieldType::uint16:
            return 2;
        case FieldType::int32:
        case FieldType::uint32:
        case FieldType::float32:
            return 4;
        case FieldType::int64:
        case FieldType::uint64:
        case FieldType::float64:
            return 8;
        default:
            return 0;
    }
}

/// Bytes of a field within its table: the value, or the offset of what is stored elsewhere.
inline std::uint32_t inline_size(const FieldSchema& field) {
    if (is_scalar(field.type)) return scalar_size(field.type);
    return field.type == FieldType::structure ? field.struct_size : 4;
}

inline std::uint32_t inline_align(const FieldSchema& field) {
    return field.type == FieldType::structure ? field.struct_align : inline_size(field);
}

/// Bytes of one element of a vector; of a vector of strings: of one offset.
inline std::uint32_t element_size(const FieldSchema& field) {
    if (field.element == FieldType::structure) return field.struct_size;
    return field.element == FieldType::string ? 4 : scalar_size(field.element);
}

inline std::uint32_t element_align(const FieldSchema& field) {
    return field.element == FieldType::structure ? field.struct_align : element_size(field);
}

/// The low `size` bytes of `bits`.
constexpr std::uint64_t low_bytes(std::uint64_t bits, std::uint32_t size) {
    return size >= 8 ? bits : bits & ((std::uint64_t{1} << (size * 8)) - 1);
}

inline std::uint64_t load_bits(const std::uint8_t* data, std::uint32_t size) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, data, size);
    return bits;
}

inline std::uint64_t default_bits(const FieldSchema& field) {
    return low_bytes(field.default_bits, scalar_size(field.type));
}

}  // namespace syncline
