#include "sim/random_rows.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "syncline/protocol/patch.hpp"
#include "syncline/protocol/row.hpp"

namespace syncline::sim {
namespace {

constexpr std::uint64_t kIds = 6;

// Integers: mostly small ones, that meet each other, and the ends of the type.
template <class T>
T some_integer(Dice& dice) {
    switch (dice.below(10)) {
        case 0:
            return std::numeric_limits<T>::max();
        case 1:
            return std::numeric_limits<T>::min();
        case 2:
            return static_cast<T>(dice.next());
        default:
            break;
    }
    const auto small = static_cast<T>(dice.below(50));
    return std::is_signed_v<T> ? static_cast<T>(small - 20) : small;
}

// No infinity where it may be added up: what comes of two of them has no defined bits.
template <class T>
T some_float(Dice& dice, bool counts) {
    const std::uint64_t kind = counts ? 9 : dice.below(10);
    if (kind == 0) return std::numeric_limits<T>::infinity();
    if (kind == 1) return -std::numeric_limits<T>::infinity();
    if (kind == 2) return static_cast<T>(-0.0);
    return static_cast<T>(static_cast<double>(dice.below(60)) * 0.1 - 2);
}

// Gives `with` a value of the type.
template <class With>
void some_scalar(FieldType type, bool counts, Dice& dice, With with) {
    switch (type) {
        case FieldType::boolean:
            return with(dice.chance(50));
        case FieldType::int8:
            return with(some_integer<std::int8_t>(dice));
        case FieldType::uint8:
            return with(some_integer<std::uint8_t>(dice));
        case FieldType::int16:
            return with(some_integer<std::int16_t>(dice));
        case FieldType::uint16:
            return with(some_integer<std::uint16_t>(dice));
        case FieldType::int32:
            return with(some_integer<std::int32_t>(dice));
        case FieldType::uint32:
            return with(some_integer<std::uint32_t>(dice));
        case FieldType::int64:
            return with(some_integer<std::int64_t>(dice));
        case FieldType::uint64:
            return with(some_integer<std::uint64_t>(dice));
        case FieldType::float32:
            return with(some_float<float>(dice, counts));
        default:
            return with(some_float<double>(dice, counts));
    }
}

std::string some_text(const FieldSchema& field, Dice& dice) {
    if (!field.references.empty()) return some_id(dice);
    if (field.unique) return "one " + std::to_string(dice.below(40));
    const std::uint64_t kind = dice.below(12);
    if (kind == 0) return "";
    if (kind == 1) return "\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x99\x82";
    return "text " + std::to_string(dice.below(1000));
}

void append(Bytes& to, const void* value, std::size_t size) {
    const auto* const bytes = static_cast<const std::uint8_t*>(value);
    to.insert(to.end(), bytes, bytes + size);
}

std::size_t append_element(Bytes& to, const FieldSchema& field, Dice& dice) {
    const bool in_set = field.merge == MergePolicy::set;
    const std::size_t before = to.size();
    if (!is_scalar(field.element)) {
        // Of a set there are few, so that they are added and removed again.
        const std::uint64_t which = in_set ? dice.below(4) : dice.next();
        for (std::uint32_t i = 0; i < field.struct_size; ++i) {
            to.push_back(static_cast<std::uint8_t>(in_set ? which : which >> (i % 8 * 8)));
        }
    } else {
        Dice few(dice.below(4));
        some_scalar(field.element, in_set, in_set ? few : dice,
                    [&](auto value) { append(to, &value, sizeof value); });
    }
    return to.size() - before;
}

std::vector<std::string> some_strings(const FieldSchema& field, std::uint64_t count, Dice& dice) {
    std::vector<std::string> texts;
    for (std::uint64_t i = 0; i < count; ++i) {
        texts.push_back(field.merge == MergePolicy::set ? "t" + std::to_string(dice.below(4))
                                                        : some_text(field, dice));
    }
    return texts;
}

std::size_t size_of(const FieldSchema& field) {
    Bytes one;
    Dice dice(0);
    return append_element(one, field, dice);
}

void put_vector(RowBuilder& row, const FieldSchema& field, std::uint64_t count, Dice& dice) {
    if (field.element == FieldType::string) {
        row.strings(field.id, some_strings(field, count, dice));
        return;
    }
    Bytes values;
    for (std::uint64_t i = 0; i < count; ++i) append_element(values, field, dice);
    row.vector(field.id, values, size_of(field));
}

Bytes some_table(const TableSchema& table, Dice& dice);

void put_some(RowBuilder& row, const FieldSchema& field, Dice& dice) {
    switch (field.type) {
        case FieldType::string:
            row.string(field.id, some_text(field, dice));
            return;
        case FieldType::structure: {
            Bytes value;
            for (std::uint32_t i = 0; i < field.struct_size; ++i) {
                value.push_back(static_cast<std::uint8_t>(dice.next()));
            }
            row.structure(field.id, value.data(), value.size());
            return;
        }
        case FieldType::table:
            row.table(field.id, some_table(*field.table, dice));
            return;
        case FieldType::vector: {
            const bool filled = field.merge == MergePolicy::set && !field.required;
            return put_vector(row, field, filled ? 1 + dice.below(3) : dice.below(4), dice);
        }
        default:
            some_scalar(field.type, field.merge == MergePolicy::counter, dice,
                        [&](auto value) { row.scalar(field.id, value); });
    }
}

Bytes some_table(const TableSchema& table, Dice& dice) {
    RowBuilder row(table);
    for (const FieldSchema& field : table.fields) {
        if (field.required || dice.chance(50)) put_some(row, field, dice);
    }
    return row.finish();
}

bool is_writable(const FieldSchema& field) {
    return !field.key && field.stamp == Stamp::none;
}

void some_change(PatchBuilder& patch, const FieldSchema& field, Dice& dice) {
    const bool elsewise = dice.chance(20);  // what the policy is not for
    if (field.merge == MergePolicy::counter && !elsewise) {
        return put_some(patch.add(field.id), field, dice);
    }
    if (field.merge == MergePolicy::set && !elsewise) {
        const std::uint64_t what = dice.below(3);
        if (what != 0) put_vector(patch.insert(field.id), field, 1 + dice.below(2), dice);
        if (what != 1) put_vector(patch.erase(field.id), field, 1 + dice.below(2), dice);
        return;
    }
    RowBuilder& value = patch.assign(field.id);
    const bool can_clear = is_scalar(field.type) ? field.optional : !field.required;
    if (!can_clear || !dice.chance(25)) put_some(value, field, dice);
}

void put_number(RowBuilder& row, const FieldSchema& field, std::uint64_t number) {
    if (field.type == FieldType::string) {
        row.string(field.id, "twins " + std::to_string(number));
        return;
    }
    Dice dice(number);
    some_scalar(field.type, false, dice, [&](auto value) {
        row.scalar(field.id, static_cast<decltype(value)>(number % 100));
    });
}

// Required fields, and so many percent of the others.
void put_row(RowBuilder& row, const EntitySchema& entity, std::string_view id, Dice& dice,
             std::uint64_t others) {
    row.string(entity.key, id);
    for (const FieldSchema& field : entity.table->fields) {
        if (!is_writable(field)) continue;
        if (field.required || dice.chance(others)) put_some(row, field, dice);
    }
}

}  // namespace

std::string some_id(Dice& dice) {
    return "k" + std::to_string(dice.below(kIds));
}

const FieldSchema* big_field(const EntitySchema& entity) {
    const auto fields = entity.table->fields;
    const auto found = std::find_if(fields.begin(), fields.end(), [](const FieldSchema& field) {
        return is_writable(field) && field.type == FieldType::string && !field.unique;
    });
    return found == fields.end() ? nullptr : &*found;
}

Bytes random_row(const EntitySchema& entity, std::string_view id, Dice& dice, std::size_t big) {
    RowBuilder row(*entity.table);
    put_row(row, entity, id, dice, 50);
    const FieldSchema* const text = big_field(entity);
    if (big > 0 && text != nullptr) row.string(text->id, std::string(big + dice.below(big), 'x'));
    return row.finish();
}

Bytes random_patch(const EntitySchema& entity, Dice& dice) {
    std::vector<const FieldSchema*> fields;
    for (const FieldSchema& field : entity.table->fields) {
        if (is_writable(field)) fields.push_back(&field);
    }
    PatchBuilder patch(entity);
    for (std::uint64_t i = 1 + dice.below(3); i > 0 && !fields.empty(); --i) {
        some_change(patch, *fields[dice.below(fields.size())], dice);
    }
    return patch.finish();
}

Bytes row_with(const EntitySchema& entity, std::string_view id, const FieldSchema& field,
               std::uint64_t number, Dice& dice) {
    RowBuilder row(*entity.table);
    put_row(row, entity, id, dice, 0);
    put_number(row, field, number);
    return row.finish();
}

Bytes patch_with(const EntitySchema& entity, const FieldSchema& field, std::uint64_t number) {
    PatchBuilder patch(entity);
    put_number(patch.assign(field.id), field, number);
    return patch.finish();
}

}  // namespace syncline::sim
