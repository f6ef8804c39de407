#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "layout.hpp"
#include "scalar.hpp"
#include "syncline/base/error.hpp"
#include "syncline/protocol/row.hpp"

namespace syncline {
namespace {

constexpr std::size_t kAlignClasses = 6;  // 1, 2, 4, … 32: what FlatBuffers allows

constexpr std::size_t align_class(std::uint32_t align) {
    return std::min<std::size_t>(static_cast<std::size_t>(std::countr_zero(align)),
                                 kAlignClasses - 1);
}

constexpr std::size_t padding(std::size_t at, std::size_t align) {
    return (align - at % align) % align;
}

/// Elements of a set in its order.
bool element_less(const FieldSchema& field, const std::uint8_t* a, const std::uint8_t* b) {
    const std::uint32_t size = element_size(field);
    if (!is_scalar(field.element)) return std::memcmp(a, b, size) < 0;
    return order_key(field.element, load_bits(a, size)) <
           order_key(field.element, load_bits(b, size));
}

/// `values` sorted and without duplicates.
Bytes as_set(const FieldSchema& field, ByteView values) {
    const std::size_t size = element_size(field);
    std::vector<const std::uint8_t*> elements(values.size() / size);
    for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = values.data() + i * size;
    std::sort(elements.begin(), elements.end(),
              [&](const auto* a, const auto* b) { return element_less(field, a, b); });
    const auto end =
        std::unique(elements.begin(), elements.end(),
                    [&](const auto* a, const auto* b) { return std::memcmp(a, b, size) == 0; });
    Bytes sorted;
    sorted.reserve(values.size());
    for (auto element = elements.begin(); element != end; ++element) {
        sorted.insert(sorted.end(), *element, *element + size);
    }
    return sorted;
}

bool is_set(const FieldSchema& field, ByteView values) {
    const std::size_t size = element_size(field);
    for (std::size_t at = size; at < values.size(); at += size) {
        if (!element_less(field, values.data() + at - size, values.data() + at)) return false;
    }
    return true;
}

/// What a field is to be: an inline value, or a finished block of bytes in the arena, to be put
/// where `position + lead` is aligned.
struct Slot {
    bool present = false;
    std::uint8_t align = 4;
    std::uint8_t lead = 0;    // 4 for a vector: its elements are what must be aligned
    std::uint32_t entry = 0;  // from the block's start to what the field's offset leads to
    std::uint64_t bits = 0;   // of a scalar
    std::size_t block = 0;    // in the arena: of a struct, string, vector or table
    std::size_t block_size = 0;
    std::size_t position = 0;  // of the block in the result
};

}  // namespace

struct RowBuilder::Impl {
    Impl(const TableSchema& schema, bool keep)
        : table(&schema), keep_defaults(keep), slots(schema.fields.size()) {}

    const TableSchema* table;
    bool keep_defaults;
    std::uint8_t align = 4;  // of the bytes that `finish` gave last
    std::vector<Slot> slots;
    Bytes arena;

    [[noreturn]] void refuse(FieldId id, const char* what) const {
        const FieldSchema* field = table->find(id);
        const std::string name =
            field != nullptr ? std::string(field->name) : "field " + std::to_string(id);
        throw InvalidArgument(std::string(table->name) + ": " + name + " " + what);
    }

    const FieldSchema& field(FieldId id, FieldType type) const {
        const FieldSchema* found = table->find(id);
        if (found == nullptr) refuse(id, "is not in the schema");
        if (type != FieldType::none && found->type != type) refuse(id, "has another type");
        return *found;
    }

    Slot& slot(const FieldSchema& field) {
        return slots[static_cast<std::size_t>(&field - table->fields.data())];
    }

    void set_scalar(const FieldSchema& field, std::uint64_t bits) {
        if (field.type == FieldType::boolean) bits = bits != 0 ? 1 : 0;
        Slot& target = slot(field);
        target.bits = bits;
        target.present = keep_defaults || field.optional || bits != default_bits(field);
    }

    /// Begins a block at the arena's end. A block that is replaced stays there until `finish`.
    Slot& begin_block(const FieldSchema& field, std::uint32_t alignment, std::uint8_t lead) {
        Slot& target = slot(field);
        target.present = true;
        target.align = static_cast<std::uint8_t>(std::max<std::uint32_t>(alignment, 1));
        target.lead = lead;
        target.entry = 0;
        target.block = arena.size();
        return target;
    }

    void append(const void* data, std::size_t size) {
        const auto* bytes = static_cast<const std::uint8_t*>(data);
        arena.insert(arena.end(), bytes, bytes + size);
    }

    void append_number(std::size_t value) {
        const auto number = static_cast<std::uint32_t>(value);
        append(&number, sizeof number);
    }

    void append_string(std::string_view value) {
        append_number(value.size());
        append(value.data(), value.size());
        arena.push_back(0);
    }

    void end_block(Slot& target) { target.block_size = arena.size() - target.block; }

    void check_size(FieldId id, std::size_t size) const {
        if (size > kRowBytesMax) refuse(id, "is too long");
    }

    void set_string(const FieldSchema& field, std::string_view value) {
        check_size(field.id, value.size());
        Slot& target = begin_block(field, 4, 0);
        append_string(value);
        end_block(target);
    }

    void set_vector(const FieldSchema& field, ByteView values) {
        check_size(field.id, values.size());
        Bytes normal;
        if (field.element == FieldType::boolean) {
            normal.assign(values.begin(), values.end());
            for (std::uint8_t& value : normal) value = value != 0 ? 1 : 0;
            values = normal;
        }
        if (field.merge == MergePolicy::set && !is_set(field, values)) {
            normal = as_set(field, values);
            values = normal;
        }
        Slot& target = begin_block(field, std::max(element_align(field), 4U), 4);
        append_number(values.size() / element_size(field));
        append(values.data(), values.size());
        end_block(target);
    }

    void set_strings(const FieldSchema& field, std::span<const std::string_view> values) {
        std::vector<std::string_view> sorted;
        const auto not_ascending = [](std::string_view a, std::string_view b) { return a >= b; };
        if (field.merge == MergePolicy::set &&
            std::adjacent_find(values.begin(), values.end(), not_ascending) != values.end()) {
            sorted.assign(values.begin(), values.end());
            std::sort(sorted.begin(), sorted.end());
            sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
            values = sorted;
        }
        std::size_t size = 0;
        for (const std::string_view value : values) size += value.size() + 12;
        check_size(field.id, size);

        Slot& target = begin_block(field, 4, 0);
        append_number(values.size());
        std::size_t offset_at = arena.size();
        arena.resize(arena.size() + values.size() * 4);
        for (const std::string_view value : values) {
            arena.resize(arena.size() + padding(arena.size() - target.block, 4));
            store(&arena[offset_at], static_cast<std::uint32_t>(arena.size() - offset_at));
            append_string(value);
            offset_at += 4;
        }
        end_block(target);
    }

    void set_structure(const FieldSchema& field, const void* value) {
        Slot& target = begin_block(field, field.struct_align, 0);
        append(value, field.struct_size);
        end_block(target);
    }

    /// Writes the nested table anew, so that the bytes are canonical, and embeds them whole: all
    /// their offsets are relative.
    void set_table(const FieldSchema& field, RowView nested) {
        Impl inner(*field.table, false);
        inner.copy_all(nested);
        const Bytes bytes = inner.finish();
        Slot& target = begin_block(field, inner.align, 0);
        target.entry = load<std::uint32_t>(bytes.data());
        append(bytes.data(), bytes.size());
        end_block(target);
    }

    void copy(const FieldSchema& field, RowView from) {
        const std::uint8_t* data = from.field(field.id);
        if (data == nullptr) {
            slot(field).present = false;
        } else if (is_scalar(field.type)) {
            set_scalar(field, load_bits(data, scalar_size(field.type)));
        } else if (field.type == FieldType::structure) {
            set_structure(field, data);
        } else if (field.type == FieldType::string) {
            set_string(field, from.string(field.id));
        } else if (field.type == FieldType::table) {
            set_table(field, from.table(field.id));
        } else if (field.element == FieldType::string) {
            copy_strings(field, from);
        } else {
            set_vector(field, from.vector_bytes(field.id, element_size(field)));
        }
    }

    void copy_strings(const FieldSchema& field, RowView from) {
        std::vector<std::string_view> values(from.vector_size(field.id));
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = from.string_element(field.id, i);
        }
        set_strings(field, values);
    }

    void copy_all(RowView from) {
        for (const FieldSchema& field : table->fields) copy(field, from);
    }

    void reset() {
        for (Slot& target : slots) target.present = false;
        arena.clear();
    }

    // The layout, front to back: offset of the root, vtable, table (fields by falling alignment,
    // then by id), then the blocks by id. It depends on the values and the schema alone, not on the
    // version of a library: client and server must agree on every byte.
    Bytes finish() {
        std::array<std::size_t, kAlignClasses> class_size{};
        std::size_t vtable_size = 4;
        std::size_t table_align = 4;
        for (std::size_t i = 0; i < slots.size(); ++i) {
            if (!slots[i].present) continue;
            const FieldSchema& field = table->fields[i];
            class_size[align_class(inline_align(field))] += inline_size(field);
            table_align = std::max<std::size_t>(table_align, inline_align(field));
            vtable_size = 4 + (std::size_t{field.id} + 1) * 2;
        }
        std::array<std::size_t, kAlignClasses> next{};
        std::size_t table_size = 4;
        for (std::size_t c = kAlignClasses; c-- > 0;) {
            next[c] = table_size;
            table_size += class_size[c];
        }
        const std::size_t vtable = 4;
        const std::size_t start =
            vtable + vtable_size + padding(vtable + vtable_size + 4, table_align);
        const std::size_t total = place_blocks(start + table_size, table_align);
        if (vtable_size > 0xFFFF || table_size > 0xFFFF || total > kRowBytesMax) {
            reset();
            throw InvalidArgument(std::string(table->name) + ": the row is too long (" +
                                  std::to_string(total) + " bytes)");
        }

        Bytes out(total);
        store(&out[0], static_cast<std::uint32_t>(start));
        store(&out[vtable], static_cast<std::uint16_t>(vtable_size));
        store(&out[vtable + 2], static_cast<std::uint16_t>(table_size));
        store(&out[start], static_cast<std::int32_t>(start - vtable));
        for (std::size_t i = 0; i < slots.size(); ++i) {
            if (!slots[i].present) continue;
            const FieldSchema& field = table->fields[i];
            std::size_t& at = next[align_class(inline_align(field))];
            store(&out[vtable + 4 + std::size_t{field.id} * 2], static_cast<std::uint16_t>(at));
            write(field, slots[i], out, start + at);
            at += inline_size(field);
        }
        reset();
        return out;
    }

    std::size_t place_blocks(std::size_t at, std::size_t table_align) {
        std::size_t highest_align = table_align;
        for (std::size_t i = 0; i < slots.size(); ++i) {
            Slot& target = slots[i];
            const FieldType type = table->fields[i].type;
            if (!target.present || is_scalar(type) || type == FieldType::structure) continue;
            target.position = at + padding(at + target.lead, target.align);
            at = target.position + target.block_size;
            highest_align = std::max<std::size_t>(highest_align, target.align);
        }
        align = static_cast<std::uint8_t>(highest_align);
        return at;
    }

    void write(const FieldSchema& field, const Slot& from, Bytes& out, std::size_t at) const {
        if (is_scalar(field.type)) {
            std::memcpy(&out[at], &from.bits, scalar_size(field.type));
        } else if (field.type == FieldType::structure) {
            std::memcpy(&out[at], &arena[from.block], from.block_size);
        } else {
            store(&out[at], static_cast<std::uint32_t>(from.position + from.entry - at));
            std::memcpy(&out[from.position], &arena[from.block], from.block_size);
        }
    }
};

RowBuilder::RowBuilder(const TableSchema& table, bool keep_defaults)
    : impl_(std::make_unique<Impl>(table, keep_defaults)) {}
RowBuilder::~RowBuilder() = default;
RowBuilder::RowBuilder(RowBuilder&&) noexcept = default;
RowBuilder& RowBuilder::operator=(RowBuilder&&) noexcept = default;

RowBuilder& RowBuilder::scalar_bits(FieldId id, std::uint64_t bits, std::size_t size) {
    const FieldSchema& field = impl_->field(id, FieldType::none);
    if (scalar_size(field.type) != size) impl_->refuse(id, "has another type");
    impl_->set_scalar(field, bits);
    return *this;
}

RowBuilder& RowBuilder::string(FieldId id, std::string_view value) {
    impl_->set_string(impl_->field(id, FieldType::string), value);
    return *this;
}

RowBuilder& RowBuilder::structure(FieldId id, const void* value, std::size_t size) {
    const FieldSchema& field = impl_->field(id, FieldType::structure);
    if (field.struct_size != size) impl_->refuse(id, "is a struct of another size");
    impl_->set_structure(field, value);
    return *this;
}

RowBuilder& RowBuilder::vector(FieldId id, ByteView values, std::size_t size) {
    const FieldSchema& field = impl_->field(id, FieldType::vector);
    if (field.element == FieldType::string || element_size(field) != size ||
        values.size() % size != 0) {
        impl_->refuse(id, "is a vector of other elements");
    }
    impl_->set_vector(field, values);
    return *this;
}

RowBuilder& RowBuilder::strings(FieldId id, const std::vector<std::string>& values) {
    const std::vector<std::string_view> views(values.begin(), values.end());
    return string_views(id, views);
}

RowBuilder& RowBuilder::string_views(FieldId id, std::span<const std::string_view> values) {
    const FieldSchema& field = impl_->field(id, FieldType::vector);
    if (field.element != FieldType::string) impl_->refuse(id, "is a vector of other elements");
    impl_->set_strings(field, values);
    return *this;
}

RowBuilder& RowBuilder::table(FieldId id, ByteView nested) {
    const FieldSchema& field = impl_->field(id, FieldType::table);
    if (const auto why = verify_row(*field.table, nested)) {
        throw InvalidArgument(std::string(impl_->table->name) + ": " + *why);
    }
    impl_->set_table(field, RowView(nested));
    return *this;
}

RowBuilder& RowBuilder::copy(FieldId id, RowView from) {
    impl_->copy(impl_->field(id, FieldType::none), from);
    return *this;
}

RowBuilder& RowBuilder::clear(FieldId id) {
    impl_->slot(impl_->field(id, FieldType::none)).present = false;
    return *this;
}

bool RowBuilder::empty() const {
    return std::none_of(impl_->slots.begin(), impl_->slots.end(),
                        [](const Slot& slot) { return slot.present; });
}

Bytes RowBuilder::finish() {
    return impl_->finish();
}

}  // namespace syncline
