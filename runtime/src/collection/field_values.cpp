#include "field_values.hpp"

#include <cmath>
#include <cstring>
#include <string_view>

#include "syncline/base/error.hpp"

namespace syncline {

namespace {

std::size_t scalar_size(FieldType type) {
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

/// The stored value, or the default that absence stands for; nothing for an absent optional.
std::optional<std::uint64_t> scalar_bits(const FieldSchema& field, RowView row) {
    const std::uint8_t* data = row.field(field.id);
    if (data == nullptr) {
        if (field.optional || !row) return std::nullopt;
        return field.default_bits;
    }
    std::uint64_t bits = 0;
    std::memcpy(&bits, data, scalar_size(field.type));
    return bits;
}

template <class T>
T from_bits(std::uint64_t bits) {
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

bool same_bytes(ByteView a, ByteView b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

bool same_strings(const FieldSchema& field, RowView a, RowView b) {
    const std::size_t size = a.vector_size(field.id);
    if (b.vector_size(field.id) != size) return false;
    for (std::size_t i = 0; i < size; ++i) {
        if (a.string_element(field.id, i) != b.string_element(field.id, i)) return false;
    }
    return true;
}

bool same_vector(const FieldSchema& field, RowView a, RowView b) {
    if (field.element == FieldType::string) return same_strings(field, a, b);
    const std::size_t size =
        field.element == FieldType::structure ? field.struct_size : scalar_size(field.element);
    return same_bytes(a.vector_bytes(field.id, size), b.vector_bytes(field.id, size));
}

bool same_table(const FieldSchema& field, RowView a, RowView b) {
    for (const FieldSchema& member : field.table->fields) {
        if (!same_field(member, a.table(field.id), b.table(field.id))) return false;
    }
    return true;
}

bool starts_with(const QueryValue& value, const QueryValue& prefix) {
    const auto* text = std::get_if<std::string>(&value);
    const auto* start = std::get_if<std::string>(&prefix);
    return text != nullptr && start != nullptr && text->starts_with(*start);
}

bool is_number(const QueryValue& value) {
    return !std::holds_alternative<std::string>(value);
}

double as_real(const QueryValue& value) {
    const auto* integer = std::get_if<std::int64_t>(&value);
    return integer != nullptr ? static_cast<double>(*integer) : std::get<double>(value);
}

template <class T>
std::weak_ordering order(const T& a, const T& b) {
    if (a < b) return std::weak_ordering::less;
    return b < a ? std::weak_ordering::greater : std::weak_ordering::equivalent;
}

std::weak_ordering compare_values(const QueryValue& a, const QueryValue& b) {
    if (is_number(a) != is_number(b)) {
        return is_number(a) ? std::weak_ordering::less : std::weak_ordering::greater;
    }
    if (a.index() == b.index()) return order(a, b);
    return order(as_real(a), as_real(b));
}

}  // namespace

bool same_field(const FieldSchema& field, RowView a, RowView b) {
    if (is_scalar(field.type)) return scalar_bits(field, a) == scalar_bits(field, b);
    if ((a.field(field.id) == nullptr) != (b.field(field.id) == nullptr)) return false;
    if (a.field(field.id) == nullptr) return true;
    switch (field.type) {
        case FieldType::structure:
            return same_bytes({a.field(field.id), field.struct_size},
                              {b.field(field.id), field.struct_size});
        case FieldType::string:
            return a.string(field.id) == b.string(field.id);
        case FieldType::vector:
            return same_vector(field, a, b);
        case FieldType::table:
            return same_table(field, a, b);
        default:
            return true;
    }
}

std::optional<QueryValue> query_value(const FieldSchema& field, RowView row) {
    if (field.type == FieldType::string) {
        if (!row.has(field.id)) return std::nullopt;
        return QueryValue(std::string(row.string(field.id)));
    }
    const std::optional<std::uint64_t> bits = scalar_bits(field, row);
    if (!bits) return std::nullopt;
    switch (field.type) {
        case FieldType::int8:
            return QueryValue(std::int64_t{from_bits<std::int8_t>(*bits)});
        case FieldType::int16:
            return QueryValue(std::int64_t{from_bits<std::int16_t>(*bits)});
        case FieldType::int32:
            return QueryValue(std::int64_t{from_bits<std::int32_t>(*bits)});
        case FieldType::float32:
        case FieldType::float64: {
            const double value = field.type == FieldType::float32 ? from_bits<float>(*bits)
                                                                  : from_bits<double>(*bits);
            if (std::isnan(value)) return std::nullopt;
            return QueryValue(value);
        }
        default:
            return QueryValue(static_cast<std::int64_t>(*bits));
    }
}

std::weak_ordering compare(const std::optional<QueryValue>& a, const std::optional<QueryValue>& b) {
    if (!a || !b) return a.has_value() <=> b.has_value();
    return compare_values(*a, *b);
}

bool matches(const EntitySchema& entity, const Condition& condition, RowView row) {
    const FieldSchema* field = entity.table->find(condition.field);
    SYNCLINE_ASSERT(field != nullptr, "a condition on a field that the entity does not have");
    const std::optional<QueryValue> value = query_value(*field, row);
    if (!value) return false;
    if (condition.op == Condition::Op::starts_with) return starts_with(*value, condition.value);
    const std::weak_ordering relation = compare_values(*value, condition.value);
    switch (condition.op) {
        case Condition::Op::equal:
            return relation == 0;
        case Condition::Op::less:
            return relation < 0;
        case Condition::Op::less_equal:
            return relation <= 0;
        case Condition::Op::greater:
            return relation > 0;
        default:
            return relation >= 0;
    }
}

}  // namespace syncline
