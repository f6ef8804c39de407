#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "syncline/collection/change.hpp"
#include "syncline/collection/field.hpp"
#include "syncline/protocol/patch.hpp"
#include "syncline/protocol/row.hpp"

// How values of C++ types get into rows and patches: what generated drafts and patches call.

namespace syncline {

namespace detail {

/// A generated struct for a nested table.
template <class T>
concept NestedTable = requires(const T& value, RowBuilder& row) {
    { T::table() } -> std::same_as<const TableSchema&>;
    value.write(row);
};

template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;
template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

template <class T>
void write_vector(RowBuilder& row, FieldId field, const std::vector<T>& values) {
    if constexpr (std::same_as<T, std::string>) {
        row.strings(field, values);
    } else if constexpr (std::same_as<T, bool>) {
        const Bytes bytes(values.begin(), values.end());
        row.vector(field, bytes, 1);
    } else {
        static_assert(std::is_trivially_copyable_v<T>);
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(values.data());
        row.vector(field, {bytes, values.size() * sizeof(T)}, sizeof(T));
    }
}

template <class T>
void write_value(RowBuilder& row, FieldId field, const T& value) {
    if constexpr (kIsOptional<T>) {
        if (value) write_value(row, field, *value);
    } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
        row.scalar(field, value);
    } else if constexpr (std::convertible_to<const T&, std::string_view>) {
        row.string(field, value);
    } else if constexpr (kIsVector<T>) {
        // An empty vector and an absent one are one thing, so they must be the same bytes.
        if (!value.empty()) write_vector(row, field, value);
    } else if constexpr (NestedTable<T>) {
        RowBuilder nested(T::table());
        value.write(nested);
        row.table(field, nested.finish());
    } else {
        static_assert(std::is_trivially_copyable_v<T>);
        row.structure(field, &value, sizeof value);
    }
}

}  // namespace detail

/// Puts `value` into `row`; an empty optional or vector leaves the field absent.
template <class Entity, class T, FieldId kId, bool kIndexed>
void put(RowBuilder& row, Field<Entity, T, kId, kIndexed>, const T& value) {
    detail::write_value(row, kId, value);
}

/// As `put`, for a vector that must be present even when it is empty.
template <class Entity, class T, FieldId kId, bool kIndexed>
void put_required(RowBuilder& row, Field<Entity, std::vector<T>, kId, kIndexed>,
                  const std::vector<T>& value) {
    detail::write_vector(row, kId, value);
}

/// Puts `change` into `patch`, unless it leaves the field as it is.
template <class Entity, class T, FieldId kId, bool kIndexed>
void put(PatchBuilder& patch, Field<Entity, T, kId, kIndexed>, const Change<T>& change) {
    if (change) detail::write_value(patch.assign(kId), kId, change.value());
}

template <class Entity, class T, FieldId kId, bool kIndexed>
void put_required(PatchBuilder& patch, Field<Entity, std::vector<T>, kId, kIndexed>,
                  const Change<std::vector<T>>& change) {
    if (change) detail::write_vector(patch.assign(kId), kId, change.value());
}

template <class Entity, class T, FieldId kId, bool kIndexed>
void put(PatchBuilder& patch, Field<Entity, T, kId, kIndexed>, const CounterChange<T>& change) {
    if (!change) return;
    RowBuilder& row = change.op() == PatchOp::add ? patch.add(kId) : patch.assign(kId);
    row.scalar(kId, change.value());
}

template <class Entity, class T, FieldId kId, bool kIndexed>
void put(PatchBuilder& patch, Field<Entity, std::vector<T>, kId, kIndexed>,
         const SetChange<T>& change) {
    if (!change) return;
    if (change.op() != PatchOp::assign && change.elements().empty()) return;
    RowBuilder& row = change.op() == PatchOp::insert  ? patch.insert(kId)
                      : change.op() == PatchOp::erase ? patch.erase(kId)
                                                      : patch.assign(kId);
    detail::write_value(row, kId, change.elements());
}

}  // namespace syncline
