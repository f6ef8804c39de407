#pragma once

#include <array>
#include <string>
#include <vector>

#include "syncline/base/random.hpp"
#include "syncline/protocol/row.hpp"

// A table with a field of every type, id 5 left out, and nested tables that may recur.

namespace syncline::test {

struct Point {
    double x;
    double y;
};

struct Color {
    std::uint8_t red;
    std::uint8_t green;
    std::uint8_t blue;
};

namespace every {

extern const TableSchema kTable;

enum : FieldId {
    kId = 0,
    kBool = 1,
    kInt8 = 2,
    kUint8 = 3,
    kInt16 = 4,
    kUint16 = 6,
    kInt32 = 7,
    kUint32 = 8,
    kInt64 = 9,
    kUint64 = 10,
    kFloat = 11,
    kDouble = 12,
    kText = 13,
    kPoint = 14,
    kColor = 15,
    kNested = 16,
    kBlob = 17,
    kBools = 18,
    kShorts = 19,
    kLongs = 20,
    kPoints = 21,
    kColors = 22,
    kNames = 23,
    kOptional = 24,
    kNumberSet = 25,
    kNameSet = 26,
};

inline constexpr std::array<FieldSchema, 26> kFields{{
    {.name = "id", .id = kId, .type = FieldType::string, .required = true, .key = true},
    {.name = "a_bool", .id = kBool, .type = FieldType::boolean, .default_bits = 1},
    {.name = "a_int8", .id = kInt8, .type = FieldType::int8, .default_bits = ~std::uint64_t{6}},
    {.name = "a_uint8", .id = kUint8, .type = FieldType::uint8},
    {.name = "a_int16", .id = kInt16, .type = FieldType::int16},
    {.name = "a_uint16", .id = kUint16, .type = FieldType::uint16},
    {.name = "a_int32", .id = kInt32, .type = FieldType::int32},
    {.name = "a_uint32", .id = kUint32, .type = FieldType::uint32},
    {.name = "a_int64", .id = kInt64, .type = FieldType::int64},
    {.name = "a_uint64", .id = kUint64, .type = FieldType::uint64},
    {.name = "a_float", .id = kFloat, .type = FieldType::float32},
    {.name = "a_double", .id = kDouble, .type = FieldType::float64},
    {.name = "text", .id = kText, .type = FieldType::string},
    {.name = "point",
     .id = kPoint,
     .type = FieldType::structure,
     .struct_size = sizeof(Point),
     .struct_align = 8},
    {.name = "color",
     .id = kColor,
     .type = FieldType::structure,
     .struct_size = sizeof(Color),
     .struct_align = 1},
    {.name = "nested", .id = kNested, .type = FieldType::table, .table = &kTable},
    {.name = "blob", .id = kBlob, .type = FieldType::vector, .element = FieldType::uint8},
    {.name = "bools", .id = kBools, .type = FieldType::vector, .element = FieldType::boolean},
    {.name = "shorts", .id = kShorts, .type = FieldType::vector, .element = FieldType::int16},
    {.name = "longs", .id = kLongs, .type = FieldType::vector, .element = FieldType::int64},
    {.name = "points",
     .id = kPoints,
     .type = FieldType::vector,
     .element = FieldType::structure,
     .struct_size = sizeof(Point),
     .struct_align = 8},
    {.name = "colors",
     .id = kColors,
     .type = FieldType::vector,
     .element = FieldType::structure,
     .struct_size = sizeof(Color),
     .struct_align = 1},
    {.name = "names", .id = kNames, .type = FieldType::vector, .element = FieldType::string},
    {.name = "optional", .id = kOptional, .type = FieldType::int32, .optional = true},
    {.name = "number_set",
     .id = kNumberSet,
     .type = FieldType::vector,
     .element = FieldType::int32,
     .merge = MergePolicy::set},
    {.name = "name_set",
     .id = kNameSet,
     .type = FieldType::vector,
     .element = FieldType::string,
     .merge = MergePolicy::set},
}};
inline constexpr TableSchema kTable{"Every", kFields};

}  // namespace every

inline std::string random_text(Random& random, std::size_t longest = 20) {
    std::string text(random.below(longest + 1), ' ');
    for (char& c : text) c = static_cast<char>(random.next());
    return text;
}

template <class T>
ByteView raw(const std::vector<T>& values) {
    return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(T)};
}

/// A row in which every field but the key is there by chance.
inline Bytes random_every(Random& random, int depth = 2);

namespace every {

inline void put_random(RowBuilder& row, FieldId id, Random& random, int depth) {
    const auto number = [&] { return random.below(4) == 0 ? 0 : random.next(); };
    const std::size_t size = random.below(5);
    std::vector<std::int64_t> longs(size);
    std::vector<std::int32_t> ints(size);
    std::vector<std::int16_t> shorts(size);
    std::vector<Point> points(size);
    std::vector<Color> colors(size);
    std::vector<std::string> names(size);
    Bytes bools(size);
    for (std::size_t i = 0; i < size; ++i) {
        longs[i] = static_cast<std::int64_t>(number());
        ints[i] = static_cast<std::int32_t>(random.below(8));
        shorts[i] = static_cast<std::int16_t>(number());
        points[i] = {static_cast<double>(number()), 1.5};
        colors[i] = {static_cast<std::uint8_t>(number()), 2, 3};
        names[i] = random_text(random, 3);
        bools[i] = static_cast<std::uint8_t>(random.below(2));
    }
    const Point point{static_cast<double>(number()), -1};
    const Color color{1, 2, static_cast<std::uint8_t>(number())};
    switch (id) {
        case kId:
            row.string(id, "key " + std::to_string(random.next()));
            break;
        case kBool:
            row.scalar(id, random.below(2) == 1);
            break;
        case kInt8:
            row.scalar(id, static_cast<std::int8_t>(number()));
            break;
        case kUint8:
            row.scalar(id, static_cast<std::uint8_t>(number()));
            break;
        case kInt16:
            row.scalar(id, static_cast<std::int16_t>(number()));
            break;
        case kUint16:
            row.scalar(id, static_cast<std::uint16_t>(number()));
            break;
        case kInt32:
            row.scalar(id, static_cast<std::int32_t>(number()));
            break;
        case kUint32:
            row.scalar(id, static_cast<std::uint32_t>(number()));
            break;
        case kInt64:
            row.scalar(id, static_cast<std::int64_t>(number()));
            break;
        case kUint64:
            row.scalar(id, number());
            break;
        case kFloat:
            row.scalar(id, static_cast<float>(number()));
            break;
        case kDouble:
            row.scalar(id, static_cast<double>(number()));
            break;
        case kText:
            row.string(id, random_text(random));
            break;
        case kPoint:
            row.structure(id, &point, sizeof point);
            break;
        case kColor:
            row.structure(id, &color, sizeof color);
            break;
        case kNested:
            row.table(id, random_every(random, depth - 1));
            break;
        case kBlob:
            row.vector(id, as_bytes(random_text(random)), 1);
            break;
        case kBools:
            row.vector(id, bools, 1);
            break;
        case kShorts:
            row.vector(id, raw(shorts), 2);
            break;
        case kLongs:
            row.vector(id, raw(longs), 8);
            break;
        case kPoints:
            row.vector(id, raw(points), sizeof(Point));
            break;
        case kColors:
            row.vector(id, raw(colors), sizeof(Color));
            break;
        case kNames:
            row.strings(id, names);
            break;
        case kOptional:
            row.scalar(id, static_cast<std::int32_t>(number()));
            break;
        case kNumberSet:
            row.vector(id, raw(ints), 4);
            break;
        case kNameSet:
            row.strings(id, names);
            break;
        default:
            break;
    }
}

}  // namespace every

inline Bytes random_every(Random& random, int depth) {
    RowBuilder row(every::kTable);
    for (const FieldSchema& field : every::kFields) {
        const bool wanted = field.key || random.below(3) != 0;
        if (!wanted || (field.type == FieldType::table && depth == 0)) continue;
        every::put_random(row, field.id, random, depth);
    }
    return row.finish();
}

}  // namespace syncline::test
