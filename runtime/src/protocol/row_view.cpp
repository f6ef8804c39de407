#include "syncline/protocol/row.hpp"

namespace syncline {

std::vector<std::string> RowView::string_elements(FieldId id) const {
    const std::size_t size = vector_size(id);
    std::vector<std::string> values;
    values.reserve(size);
    for (std::size_t i = 0; i < size; ++i) values.emplace_back(string_element(id, i));
    return values;
}

}  // namespace syncline
