#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "syncline/base/bytes.hpp"
#include "syncline/protocol/schema.hpp"

namespace syncline {

/// Longest row that is built or accepted.
inline constexpr std::size_t kRowBytesMax = std::size_t{64} << 20;

/// Why `bytes` are no row of `table`, or nothing if they are one. Nothing else may look into bytes
/// that this has not passed.
///
/// A row is a FlatBuffers table whose parts all lie within `bytes`, at any alignment, at most 64
/// tables deep and `kRowBytesMax` long. Required fields are there, the key is not empty, a bool is
/// 0 or 1. What its parts take together is not more than there is: shared bytes would let a short
/// row become a very long one when it is rewritten. Fields that `table` does not know are not
/// looked at. Cost: O(size); no allocation when valid.
std::optional<std::string> verify_row(const TableSchema& table, ByteView bytes);

namespace detail {
/// Reads a value that need not be aligned.
template <class T>
T load(const std::uint8_t* data) {
    T value;
    std::memcpy(&value, data, sizeof value);
    return value;
}
}  // namespace detail

/// Typed reading of a FlatBuffers table in place. Does not own the bytes, which `verify_row`
/// passed; anything but the field's own type in an accessor reads rubbish or worse. The bytes may
/// lie at any address: nothing has to be aligned.
///
/// Thread-safety: immutable.
class RowView {
public:
    RowView() = default;
    explicit RowView(ByteView bytes) : bytes_(bytes) {}

    /// The whole buffer, also of a nested table.
    ByteView bytes() const { return bytes_; }
    explicit operator bool() const { return !bytes_.empty(); }

    /// Whether the field is stored: false for an absent optional and for a scalar at its default.
    bool has(FieldId id) const { return field(id) != nullptr; }

    /// The stored scalar, or `fallback` if it is absent. T: bool, integer, float, or enum of the
    /// field's exact width.
    template <class T>
    T scalar(FieldId id, T fallback) const {
        static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
        const std::uint8_t* data = field(id);
        if (data == nullptr) return fallback;
        return detail::load<T>(data);
    }

    template <class T>
    std::optional<T> optional_scalar(FieldId id) const {
        const std::uint8_t* data = field(id);
        if (data == nullptr) return std::nullopt;
        return detail::load<T>(data);
    }

    /// Empty if absent.
    std::string_view string(FieldId id) const {
        const std::uint8_t* data = target(id);
        return data == nullptr ? std::string_view{} : string_at(data);
    }

    /// Number of elements of a vector; 0 if absent.
    std::size_t vector_size(FieldId id) const {
        const std::uint8_t* data = target(id);
        return data == nullptr ? 0 : detail::load<std::uint32_t>(data);
    }

    /// Raw elements of a vector of scalars or structs, `element_size` bytes each; empty if absent.
    ByteView vector_bytes(FieldId id, std::size_t element_size) const {
        const std::uint8_t* data = target(id);
        if (data == nullptr) return {};
        return {data + 4, detail::load<std::uint32_t>(data) * element_size};
    }

    /// `index` < `vector_size(id)`.
    template <class T>
    T element(FieldId id, std::size_t index) const {
        static_assert(std::is_trivially_copyable_v<T>);
        return detail::load<T>(vector_bytes(id, sizeof(T)).data() + index * sizeof(T));
    }

    template <class T>
    std::vector<T> elements(FieldId id) const {
        const ByteView bytes = vector_bytes(id, sizeof(T));
        std::vector<T> values;
        values.reserve(bytes.size() / sizeof(T));
        for (std::size_t at = 0; at < bytes.size(); at += sizeof(T)) {
            values.push_back(detail::load<T>(bytes.data() + at));
        }
        return values;
    }

    /// An element of a vector of strings; `index` < `vector_size(id)`.
    std::string_view string_element(FieldId id, std::size_t index) const {
        const std::uint8_t* data = target(id) + 4 + index * 4;
        return string_at(data + detail::load<std::uint32_t>(data));
    }
    std::vector<std::string> string_elements(FieldId id) const;

    /// A struct, or nothing if absent. T has the struct's exact layout.
    template <class T>
    std::optional<T> structure(FieldId id) const {
        static_assert(std::is_trivially_copyable_v<T>);
        const std::uint8_t* data = field(id);
        if (data == nullptr) return std::nullopt;
        return detail::load<T>(data);
    }

    /// A nested table; false in a condition if absent.
    RowView table(FieldId id) const {
        const std::uint8_t* data = target(id);
        return data == nullptr ? RowView{} : RowView(bytes_, data);
    }

    /// The stored bytes of a scalar or struct, or what the offset of any other field leads to
    /// (`target`); nullptr if absent. For code that is driven by a `TableSchema`.
    const std::uint8_t* field(FieldId id) const {
        if (bytes_.empty()) return nullptr;
        const std::uint8_t* table = table_ != nullptr ? table_ : root();
        const std::uint8_t* vtable = table - detail::load<std::int32_t>(table);
        const std::size_t slot = 4 + std::size_t{id} * 2;
        if (slot + 2 > detail::load<std::uint16_t>(vtable)) return nullptr;
        const std::uint16_t offset = detail::load<std::uint16_t>(vtable + slot);
        return offset == 0 ? nullptr : table + offset;
    }

    const std::uint8_t* target(FieldId id) const {
        const std::uint8_t* data = field(id);
        return data == nullptr ? nullptr : data + detail::load<std::uint32_t>(data);
    }

private:
    RowView(ByteView bytes, const std::uint8_t* table) : bytes_(bytes), table_(table) {}
    const std::uint8_t* root() const {
        return bytes_.data() + detail::load<std::uint32_t>(bytes_.data());
    }
    static std::string_view string_at(const std::uint8_t* data) {
        return as_text({data + 4, detail::load<std::uint32_t>(data)});
    }

    ByteView bytes_;
    const std::uint8_t* table_ = nullptr;  // of a nested table; the root is found from bytes_
};

/// A row's bytes, shared and immutable: a copy costs a reference count.
class Row : public RowView {
public:
    Row() = default;
    explicit Row(Bytes bytes) : Row(std::make_shared<const Bytes>(std::move(bytes))) {}
    explicit Row(std::shared_ptr<const Bytes> bytes) : RowView(*bytes), owner_(std::move(bytes)) {}

private:
    std::shared_ptr<const Bytes> owner_;
};

/// Builds the bytes of a row, of a patch's values or of a nested table.
///
/// The same values give the same bytes, whatever the order of the calls and on either side: fields
/// are written in a canonical order, scalars at their default are left out (with `keep_defaults`:
/// written; an optional scalar is written whatever its value), sets are sorted and made unique.
/// Setting a field again replaces it. An empty string or vector is present, and differs from an
/// absent one. Structs are taken byte by byte: padding within them should be zero.
///
/// The setters throw `InvalidArgument` for a field that is not in the table or of another type, and
/// change nothing then. Thread-safety: none. May be used again after `finish`, and keeps its
/// memory.
class RowBuilder {
public:
    /// `table` must outlive the builder.
    explicit RowBuilder(const TableSchema& table, bool keep_defaults = false);
    ~RowBuilder();
    RowBuilder(RowBuilder&&) noexcept;
    RowBuilder& operator=(RowBuilder&&) noexcept;

    template <class T>
    RowBuilder& scalar(FieldId id, T value) {
        static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
        std::uint64_t bits = 0;
        std::memcpy(&bits, &value, sizeof value);
        return scalar_bits(id, bits, sizeof value);
    }
    RowBuilder& string(FieldId id, std::string_view value);
    RowBuilder& structure(FieldId id, const void* value, std::size_t size);
    /// Vector of scalars or structs; `values` holds whole elements.
    RowBuilder& vector(FieldId id, ByteView values, std::size_t element_size);
    RowBuilder& strings(FieldId id, const std::vector<std::string>& values);
    RowBuilder& string_views(FieldId id, std::span<const std::string_view> values);
    /// Nested table, as the bytes of a finished `RowBuilder` of its schema.
    /// Throws: `InvalidArgument` also if `verify_row` refuses `nested`.
    RowBuilder& table(FieldId id, ByteView nested);
    /// Takes a field of `from` as it is there; absent there: absent here. `from` is a verified row
    /// of this table, or a part of one. Nothing of it is referred to afterwards.
    RowBuilder& copy(FieldId id, RowView from);
    /// Makes a field absent again.
    RowBuilder& clear(FieldId id);

    /// Whether no field is set.
    bool empty() const;

    /// The bytes; empties the builder. Does not check required fields: `verify_row` does.
    /// Throws: `InvalidArgument` if they were longer than `kRowBytesMax`; empties the builder, too.
    Bytes finish();

private:
    RowBuilder& scalar_bits(FieldId id, std::uint64_t bits, std::size_t size);
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace syncline
