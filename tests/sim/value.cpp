#include "sim/value.hpp"

#include <algorithm>
#include <compare>
#include <cstring>
#include <limits>
#include <map>
#include <stdexcept>

#include "syncline/protocol/patch.hpp"

namespace syncline::sim {
namespace {

using Elements = std::set<std::string>;

// One that keeps its memory. Nobody needs two of one table at a time.
RowBuilder& builder_of(const TableSchema& table) {
    thread_local std::map<const TableSchema*, RowBuilder> builders;
    return builders.try_emplace(&table, table).first->second;
}

template <class T>
T from_bits(std::uint64_t bits) {
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

// Calls `with` with a value of the scalar's own type.
template <class With>
auto by_type(FieldType type, With with) {
    switch (type) {
        case FieldType::boolean:
            return with(bool{});
        case FieldType::int8:
            return with(std::int8_t{});
        case FieldType::uint8:
            return with(std::uint8_t{});
        case FieldType::int16:
            return with(std::int16_t{});
        case FieldType::uint16:
            return with(std::uint16_t{});
        case FieldType::int32:
            return with(std::int32_t{});
        case FieldType::uint32:
            return with(std::uint32_t{});
        case FieldType::int64:
            return with(std::int64_t{});
        case FieldType::uint64:
            return with(std::uint64_t{});
        case FieldType::float32:
            return with(float{});
        default:
            return with(double{});
    }
}

template <class T>
Plain plain(T value) {
    if constexpr (std::is_floating_point_v<T>) {
        return static_cast<double>(value);
    } else if constexpr (std::is_signed_v<T> || std::is_same_v<T, bool>) {
        return static_cast<std::int64_t>(value);
    } else {
        return static_cast<std::uint64_t>(value);
    }
}

template <class T>
T back(const Plain& value) {
    if constexpr (std::is_floating_point_v<T>) {
        return static_cast<T>(std::get<double>(value));
    } else if constexpr (std::is_signed_v<T> || std::is_same_v<T, bool>) {
        return static_cast<T>(std::get<std::int64_t>(value));
    } else {
        return static_cast<T>(std::get<std::uint64_t>(value));
    }
}

bool is_set(const FieldSchema& field) {
    return field.merge == MergePolicy::set && field.type == FieldType::vector;
}

std::size_t element_size(const FieldSchema& field) {
    if (!is_scalar(field.element)) return field.struct_size;
    return by_type(field.element, [](auto value) { return sizeof value; });
}

Elements elements_in(const FieldSchema& field, RowView row) {
    Elements elements;
    if (field.element == FieldType::string) {
        for (std::size_t i = 0; i < row.vector_size(field.id); ++i) {
            elements.emplace(row.string_element(field.id, i));
        }
        return elements;
    }
    const std::size_t size = element_size(field);
    const std::string_view bytes = as_text(row.vector_bytes(field.id, size));
    for (std::size_t at = 0; at < bytes.size(); at += size) {
        elements.emplace(bytes.substr(at, size));
    }
    return elements;
}

void put_elements(RowBuilder& row, const FieldSchema& field, const Elements& elements) {
    if (field.element == FieldType::string) {
        const std::vector<std::string_view> views(elements.begin(), elements.end());
        row.string_views(field.id, views);
        return;
    }
    std::string bytes;
    for (const std::string& element : elements) bytes += element;
    row.vector(field.id, as_bytes(bytes), element_size(field));
}

void put(RowBuilder& row, const FieldSchema& field, const Plain& value) {
    if (std::holds_alternative<std::monostate>(value)) return;
    if (is_scalar(field.type)) {
        by_type(field.type, [&](auto kind) { row.scalar(field.id, back<decltype(kind)>(value)); });
    } else if (field.type == FieldType::string) {
        row.string(field.id, std::get<std::string>(value));
    } else if (is_set(field)) {
        put_elements(row, field, std::get<Elements>(value));
    } else {
        row.copy(field.id, RowView(as_bytes(std::get<std::string>(value))));
    }
}

std::int64_t micros(WallTime time) {
    return time.time_since_epoch().count();
}

// --- The merge policies -------------------------------------------------------------------------

template <class T>
T sum(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
        return a + b;
    } else {
        using Limits = std::numeric_limits<T>;
        if (b > 0 && a > Limits::max() - b) return Limits::max();
        if constexpr (std::is_signed_v<T>) {
            if (b < 0 && a < Limits::min() - b) return Limits::min();
        }
        return static_cast<T>(a + b);
    }
}

// Stops at the ends of the type.
Plain counted(const FieldSchema& field, const Plain& before, const Plain& amount) {
    return by_type(field.type, [&](auto kind) -> Plain {
        using T = decltype(kind);
        if constexpr (std::is_same_v<T, bool>) {
            throw std::logic_error("a bool does not count");
        } else {
            const bool absent = std::holds_alternative<std::monostate>(before);
            return plain(sum<T>(absent ? T{} : back<T>(before), back<T>(amount)));
        }
    });
}

bool is_less(const Plain& a, const Plain& b) {
    if (const auto* number = std::get_if<double>(&a)) {
        return std::strong_order(*number, std::get<double>(b)) < 0;
    }
    return a < b;
}

// An absent one is neither larger nor smaller: it is nothing.
bool is_better(const FieldSchema& field, const Plain& value, const Plain& before) {
    if (std::holds_alternative<std::monostate>(value)) return false;
    if (std::holds_alternative<std::monostate>(before)) return true;
    return field.merge == MergePolicy::max ? is_less(before, value) : is_less(value, before);
}

void change_set(const FieldSchema& field, Plain& value, const FieldChange& change) {
    Elements elements;
    const bool keeps = change.op != FieldChange::Op::assign;
    if (const auto* before = std::get_if<Elements>(&value); before != nullptr && keeps) {
        elements = *before;
    }
    if (const auto* named = std::get_if<Elements>(&change.value)) {
        for (const std::string& element : *named) {
            if (change.op == FieldChange::Op::erase) {
                elements.erase(element);
            } else {
                elements.insert(element);
            }
        }
    }
    if (elements.empty() && !field.required) {
        value = {};
    } else {
        value = std::move(elements);
    }
}

void change_field(const FieldSchema& field, Plain& value, const FieldChange& change) {
    if (is_set(field)) return change_set(field, value, change);
    if (change.op == FieldChange::Op::add) {
        value = counted(field, value, change.value);
        return;
    }
    const bool extreme = field.merge == MergePolicy::max || field.merge == MergePolicy::min;
    if (extreme && !is_better(field, change.value, value)) return;
    value = change.value;
}

std::size_t place(const Value& value, FieldId field) {
    const FieldSchema* const found = value.entity->table->find(field);
    if (found == nullptr) throw std::logic_error("a field that is not in the schema");
    return static_cast<std::size_t>(found - value.entity->table->fields.data());
}

std::int64_t stamp_in(const Plain& value) {
    const auto* stamp = std::get_if<std::int64_t>(&value);
    return stamp != nullptr ? *stamp : 0;
}

std::string text_of(const FieldSchema& field, const Plain& value) {
    if (std::holds_alternative<std::monostate>(value)) return "none";
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    if (const auto* number = std::get_if<std::uint64_t>(&value)) return std::to_string(*number);
    if (const auto* number = std::get_if<double>(&value)) return std::to_string(*number);
    if (const auto* text = std::get_if<std::string>(&value)) {
        if (field.type == FieldType::string) return '"' + text->substr(0, 20) + '"';
        return "value of " + std::to_string(text->size()) + " bytes";
    }
    std::string text = "{";
    for (const std::string& element : std::get<Elements>(value)) {
        text += text.size() > 1 ? " " : "";
        if (field.element == FieldType::string) {
            text += element;
            continue;
        }
        for (const char byte : element) text += std::to_string(static_cast<unsigned char>(byte));
    }
    return text + "}";
}

}  // namespace

Plain& Value::at(FieldId field) {
    return fields[place(*this, field)];
}

const Plain& Value::at(FieldId field) const {
    return fields[place(*this, field)];
}

Plain decode_field(const FieldSchema& field, const TableSchema& table, RowView row) {
    if (is_scalar(field.type)) {
        return by_type(field.type, [&](auto kind) -> Plain {
            using T = decltype(kind);
            if (field.optional && !row.has(field.id)) return {};
            return plain(row.scalar<T>(field.id, from_bits<T>(field.default_bits)));
        });
    }
    if (!row.has(field.id)) return {};
    if (field.type == FieldType::string) return std::string(row.string(field.id));
    if (is_set(field)) return elements_in(field, row);
    RowBuilder& alone = builder_of(table);
    alone.copy(field.id, row);
    return std::string(as_text(alone.finish()));
}

Value decode_row(const EntitySchema& entity, ByteView bytes) {
    const RowView row(bytes);
    Value value{&entity};
    value.fields.reserve(entity.table->fields.size());
    for (const FieldSchema& field : entity.table->fields) {
        value.fields.push_back(decode_field(field, *entity.table, row));
    }
    return value;
}

std::string encode(const Value& value) {
    const auto fields = value.entity->table->fields;
    RowBuilder& row = builder_of(*value.entity->table);
    for (std::size_t i = 0; i < fields.size(); ++i) put(row, fields[i], value.fields[i]);
    return std::string(as_text(row.finish()));
}

std::string difference(const Value& is, const Value& should) {
    std::string text;
    const auto fields = is.entity->table->fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (is.fields[i] == should.fields[i]) continue;
        text += (text.empty() ? "" : ", ") + std::string(fields[i].name) + " " +
                text_of(fields[i], is.fields[i]) + " instead of " +
                text_of(fields[i], should.fields[i]);
    }
    return text;
}

std::vector<FieldChange> decode_patch(const EntitySchema& entity, ByteView patch) {
    std::vector<FieldChange> changes;
    const RowView set = patch_set(patch);
    const RowView unset = patch_unset(patch);
    for (const PatchEntry entry : patch_entries(patch)) {
        FieldChange change;
        change.field = entry.field;
        change.op = static_cast<FieldChange::Op>(entry.op);
        const RowView values = entry.op == PatchOp::erase ? unset : set;
        change.value = decode_field(*entity.table->find(entry.field), *entity.table, values);
        changes.push_back(std::move(change));
    }
    // What is erased from a set is erased before something is inserted.
    std::stable_partition(changes.begin(), changes.end(), [](const FieldChange& change) {
        return change.op == FieldChange::Op::erase;
    });
    return changes;
}

void apply_changes(Value& value, const std::vector<FieldChange>& changes, WallTime time) {
    const auto fields = value.entity->table->fields;
    for (const FieldChange& change : changes) {
        const std::size_t at = place(value, change.field);
        change_field(fields[at], value.fields[at], change);
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].stamp != Stamp::updated_at) continue;
        value.fields[i] = std::max(stamp_in(value.fields[i]), micros(time));
    }
}

Value stamped(Value value, WallTime now) {
    const auto fields = value.entity->table->fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].stamp == Stamp::none) continue;
        const std::int64_t stamp = stamp_in(value.fields[i]);
        if (stamp == 0 || stamp > micros(now)) value.fields[i] = micros(now);
    }
    return value;
}

}  // namespace syncline::sim
