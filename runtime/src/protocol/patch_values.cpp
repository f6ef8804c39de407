#include "patch_values.hpp"

#include <algorithm>
#include <iterator>

#include "layout.hpp"

namespace syncline {

Elements elements_of(const FieldSchema& field, RowView row) {
    Elements result(row.vector_size(field.id));
    const std::size_t size = element_size(field);
    const ByteView bytes = row.vector_bytes(field.id, size);
    for (std::size_t i = 0; i < result.size(); ++i) {
        result[i] = field.element == FieldType::string ? row.string_element(field.id, i)
                                                       : as_text(bytes.subspan(i * size, size));
    }
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
}

Elements together(const Elements& some, const Elements& others) {
    Elements result;
    std::set_union(some.begin(), some.end(), others.begin(), others.end(),
                   std::back_inserter(result));
    return result;
}

Elements without(const Elements& some, const Elements& others) {
    Elements result;
    std::set_difference(some.begin(), some.end(), others.begin(), others.end(),
                        std::back_inserter(result));
    return result;
}

void put_elements(RowBuilder& out, const FieldSchema& field, const Elements& elements) {
    if (elements.empty() && !field.required) {
        out.clear(field.id);
    } else if (field.element == FieldType::string) {
        out.string_views(field.id, elements);
    } else {
        Bytes bytes;
        for (const std::string_view element : elements) {
            bytes.insert(bytes.end(), element.begin(), element.end());
        }
        out.vector(field.id, bytes, element_size(field));
    }
}

std::uint64_t bits_of(const FieldSchema& field, RowView row) {
    const std::uint8_t* data = row.field(field.id);
    return data == nullptr ? default_bits(field) : load_bits(data, scalar_size(field.type));
}

void put_bits(RowBuilder& out, const FieldSchema& field, std::uint64_t bits) {
    switch (scalar_size(field.type)) {
        case 1:
            out.scalar(field.id, static_cast<std::uint8_t>(bits));
            break;
        case 2:
            out.scalar(field.id, static_cast<std::uint16_t>(bits));
            break;
        case 4:
            out.scalar(field.id, static_cast<std::uint32_t>(bits));
            break;
        default:
            out.scalar(field.id, bits);
            break;
    }
}

}  // namespace syncline
