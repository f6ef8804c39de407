#include "syncline/store/columns.hpp"

#include <algorithm>

namespace syncline {
namespace {

bool is_real(FieldType type) {
    return type == FieldType::float32 || type == FieldType::float64;
}

std::int64_t integer_value(const FieldSchema& field, RowView row) {
    const std::uint64_t other = field.default_bits;
    const auto as = [&]<class T>(T) {
        return static_cast<std::int64_t>(row.scalar<T>(field.id, static_cast<T>(other)));
    };
    switch (field.type) {
        case FieldType::boolean:
        case FieldType::uint8:
            return as(std::uint8_t{});
        case FieldType::int8:
            return as(std::int8_t{});
        case FieldType::int16:
            return as(std::int16_t{});
        case FieldType::uint16:
            return as(std::uint16_t{});
        case FieldType::int32:
            return as(std::int32_t{});
        case FieldType::uint32:
            return as(std::uint32_t{});
        case FieldType::int64:
            return as(std::int64_t{});
        default:
            return as(std::uint64_t{});
    }
}

double real_value(const FieldSchema& field, RowView row) {
    if (field.type == FieldType::float32) {
        float other = 0;
        std::memcpy(&other, &field.default_bits, sizeof other);
        return static_cast<double>(row.scalar<float>(field.id, other));
    }
    double other = 0;
    std::memcpy(&other, &field.default_bits, sizeof other);
    return row.scalar<double>(field.id, other);
}

}  // namespace

std::vector<const FieldSchema*> indexed_fields(const EntitySchema& entity) {
    std::vector<const FieldSchema*> fields;
    for (const FieldSchema& field : entity.table->fields) {
        const bool can = is_scalar(field.type) || field.type == FieldType::string;
        if (can && !field.key && (field.indexed || field.unique)) fields.push_back(&field);
    }
    return fields;
}

std::string column_name(FieldId field) {
    return "f" + std::to_string(field);
}

std::string column_type(const FieldSchema& field) {
    if (field.type == FieldType::string) return "TEXT";
    return is_real(field.type) ? "REAL" : "INTEGER";
}

std::string table_name(std::string_view entity) {
    return "row_" + std::string(entity);
}

std::string index_name(const std::string& table, const std::string& column) {
    return table + "_" + column;
}

void bind_column(Statement& statement, int index, const FieldSchema& field, RowView row) {
    const bool absent = !row.has(field.id);
    if (absent && (field.optional || field.type == FieldType::string)) return;
    if (field.type == FieldType::string) {
        statement.bind(index, row.string(field.id));
    } else if (is_real(field.type)) {
        statement.bind(index, real_value(field, row));
    } else {
        statement.bind(index, integer_value(field, row));
    }
}

}  // namespace syncline
