#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "syncline/base/bytes.hpp"
#include "syncline/protocol/schema.hpp"

namespace syncline {

/// Why `bytes` are no row of `table` (FlatBuffers verifier, required fields, key not empty), or
/// nothing if they are one. Nothing else may look into bytes that this has not passed.
/// Cost: O(size); no allocation when valid.
std::optional<std::string> verify_row(const TableSchema& table, ByteView bytes);

/// Typed reading of a FlatBuffers table in place. Does not own the bytes, which `verify_row` passed.
///
/// Thread-safety: immutable.
class RowView {
public:
    RowView() = default;
    explicit RowView(ByteView bytes) : bytes_(bytes) {}

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
        T value;
        std::memcpy(&value, data, sizeof value);
        return value;
    }

    template <class T>
    std::optional<T> optional_scalar(FieldId id) const {
        if (!has(id)) return std::nullopt;
        return scalar<T>(id, T{});
    }

    /// Empty if absent.
    std::string_view string(FieldId id) const;

    /// Elements of a vector of scalars or structs; 0 / empty if absent.
    std::size_t vector_size(FieldId id) const;
    /// Raw elements of a vector of scalars or structs, `element_size` bytes each.
    ByteView vector_bytes(FieldId id, std::size_t element_size) const;

    template <class T>
    T element(FieldId id, std::size_t index) const {
        static_assert(std::is_trivially_copyable_v<T>);
        T value;
        std::memcpy(&value, vector_bytes(id, sizeof(T)).data() + index * sizeof(T), sizeof value);
        return value;
    }

    template <class T>
    std::vector<T> elements(FieldId id) const {
        std::vector<T> values;
        values.reserve(vector_size(id));
        for (std::size_t i = 0; i < vector_size(id); ++i) values.push_back(element<T>(id, i));
        return values;
    }

    /// An element of a vector of strings; `index` < `vector_size(id)`.
    std::string_view string_element(FieldId id, std::size_t index) const;
    std::vector<std::string> string_elements(FieldId id) const;

    /// A struct, or nothing if absent. T has the struct's exact layout.
    template <class T>
    std::optional<T> structure(FieldId id) const {
        static_assert(std::is_trivially_copyable_v<T>);
        const std::uint8_t* data = field(id);
        if (data == nullptr) return std::nullopt;
        T value;
        std::memcpy(&value, data, sizeof value);
        return value;
    }

    /// A nested table; false in a condition if absent.
    RowView table(FieldId id) const;

private:
    RowView(ByteView bytes, const std::uint8_t* table) : bytes_(bytes), table_(table) {}
    const std::uint8_t* field(FieldId id) const;

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
/// written), sets are sorted and made unique. Setting a field again replaces it.
///
/// Thread-safety: none. May be used again after `finish`, and keeps its memory then.
class RowBuilder {
public:
    /// Throws: nothing here; the setters throw `InvalidArgument` for an id or type not in `table`.
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
    /// Nested table, as the bytes of a finished `RowBuilder` of its schema.
    RowBuilder& table(FieldId id, ByteView nested);
    /// Takes a field of `from` as it is there; absent there: absent here.
    RowBuilder& copy(FieldId id, RowView from);
    /// Makes a field absent again.
    RowBuilder& clear(FieldId id);

    /// The bytes; empties the builder. Does not check required fields: `verify_row` does.
    Bytes finish();

private:
    RowBuilder& scalar_bits(FieldId id, std::uint64_t bits, std::size_t size);
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace syncline
