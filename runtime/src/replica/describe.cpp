#include "describe.hpp"

#include <algorithm>

#include "syncline/protocol/patch.hpp"

namespace syncline::detail {
namespace {

constexpr std::size_t kTextMax = 60;
constexpr std::size_t kElementsMax = 8;

std::string quoted(std::string_view text) {
    if (text.size() <= kTextMax) return "\"" + std::string(text) + "\"";
    std::size_t end = kTextMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return "\"" + std::string(text.substr(0, end)) + "…\" (" + std::to_string(text.size()) +
           " bytes)";
}

/// Calls `read.operator()<T>()` with the type of a scalar, or of an element of a vector of them.
template <class Read>
std::string number(FieldType type, const Read& read) {
    switch (type) {
        case FieldType::boolean:
            return read.template operator()<std::uint8_t>() != 0 ? "true" : "false";
        case FieldType::int8:
            return std::to_string(read.template operator()<std::int8_t>());
        case FieldType::uint8:
            return std::to_string(read.template operator()<std::uint8_t>());
        case FieldType::int16:
            return std::to_string(read.template operator()<std::int16_t>());
        case FieldType::uint16:
            return std::to_string(read.template operator()<std::uint16_t>());
        case FieldType::int32:
            return std::to_string(read.template operator()<std::int32_t>());
        case FieldType::uint32:
            return std::to_string(read.template operator()<std::uint32_t>());
        case FieldType::int64:
            return std::to_string(read.template operator()<std::int64_t>());
        case FieldType::uint64:
            return std::to_string(read.template operator()<std::uint64_t>());
        case FieldType::float32:
            return std::to_string(read.template operator()<float>());
        case FieldType::float64:
            return std::to_string(read.template operator()<double>());
        default:
            return "…";
    }
}

std::string vector_text(const FieldSchema& field, RowView row) {
    const std::size_t count = row.vector_size(field.id);
    if (field.element == FieldType::uint8) return std::to_string(count) + " bytes";
    std::string text = "{";
    for (std::size_t i = 0; i < std::min(count, kElementsMax); ++i) {
        if (i > 0) text += ", ";
        text += field.element == FieldType::string
                    ? quoted(row.string_element(field.id, i))
                    : number(field.element, [&]<class T>() { return row.element<T>(field.id, i); });
    }
    return text + (count > kElementsMax ? ", … " + std::to_string(count) + " in all}" : "}");
}

std::string value_text(const FieldSchema& field, RowView row) {
    if (is_scalar(field.type)) {
        return number(field.type, [&]<class T>() { return row.scalar<T>(field.id, T{}); });
    }
    switch (field.type) {
        case FieldType::string:
            return quoted(row.string(field.id));
        case FieldType::vector:
            return vector_text(field, row);
        default:
            return "{…}";
    }
}

std::string entry_text(const FieldSchema& field, PatchOp op, RowView set, RowView unset) {
    const std::string name(field.name);
    switch (op) {
        case PatchOp::add:
            return name + " += " + value_text(field, set);
        case PatchOp::insert:
            return name + " gets " + value_text(field, set);
        case PatchOp::erase:
            return name + " loses " + value_text(field, unset);
        case PatchOp::assign:
            break;
    }
    if (!set || !set.has(field.id)) return name + " is cleared";
    const bool extreme = field.merge == MergePolicy::max || field.merge == MergePolicy::min;
    const std::string policy = field.merge == MergePolicy::max ? " at least " : " at most ";
    return name + (extreme ? policy : " = ") + value_text(field, set);
}

std::string patch_text(const EntitySchema& entity, ByteView patch) {
    std::string text;
    for (const PatchEntry entry : patch_entries(patch)) {
        const FieldSchema* field = entity.table->find(entry.field);
        if (field == nullptr) continue;
        if (!text.empty()) text += ", ";
        text += entry_text(*field, entry.op, patch_set(patch), patch_unset(patch));
    }
    return text;
}

}  // namespace

std::string describe_row(const TableSchema& table, RowView row) {
    std::string text;
    for (const FieldSchema& field : table.fields) {
        if (!row.has(field.id)) continue;
        if (!text.empty()) text += ", ";
        text += std::string(field.name) + " = " + value_text(field, row);
    }
    return text;
}

std::string describe_payload(const EntitySchema& entity, MutationKind kind, ByteView payload) {
    switch (kind) {
        case MutationKind::create:
            if (verify_row(*entity.table, payload)) return "a row of another schema";
            return describe_row(*entity.table, RowView(payload));
        case MutationKind::update:
            if (verify_patch(entity, payload)) return "a patch of another schema";
            return patch_text(entity, payload);
        case MutationKind::remove:
            return "the row goes";
        case MutationKind::named:
            return std::to_string(payload.size()) + " bytes of arguments";
    }
    return {};
}

}  // namespace syncline::detail
