#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "syncline/protocol/row.hpp"

// Values of rows and patches as merging sees them: bits of scalars, elements of sets.

namespace syncline {

/// Elements of a set as texts, ascending and without duplicates: a string itself, or the bytes of
/// a scalar or struct. They point into the row.
using Elements = std::vector<std::string_view>;

Elements elements_of(const FieldSchema& field, RowView row);
Elements together(const Elements& some, const Elements& others);
Elements without(const Elements& some, const Elements& others);

/// Makes `elements` the value of `field`; none at all leave it absent, unless it is required.
void put_elements(RowBuilder& out, const FieldSchema& field, const Elements& elements);

/// The low bytes of a scalar, or of its default.
std::uint64_t bits_of(const FieldSchema& field, RowView row);
void put_bits(RowBuilder& out, const FieldSchema& field, std::uint64_t bits);

}  // namespace syncline
