#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "syncline/protocol/schema.hpp"
#include "syncline/store/query.hpp"

namespace syncline {

/// Order of rows by a field. Rows that lack the field come first; ties are ordered by id.
enum class Direction : std::uint8_t { ascending, descending };

inline constexpr Direction ascending = Direction::ascending;
inline constexpr Direction descending = Direction::descending;

/// A condition on rows of `Entity`: what comparing one of its fields gives.
template <class Entity>
struct FieldCondition {
    Condition condition;
};

namespace detail {

template <class T>
struct Unwrapped {
    using Type = T;
};
template <class T>
struct Unwrapped<std::optional<T>> {
    using Type = T;
};

template <class T>
inline constexpr bool kOrdered =
    std::is_arithmetic_v<T> || std::is_enum_v<T> || std::same_as<T, std::string>;

template <class T>
QueryValue query_value(T value) {
    if constexpr (std::same_as<T, std::string>) {
        return QueryValue(std::move(value));
    } else if constexpr (std::is_floating_point_v<T>) {
        return QueryValue(static_cast<double>(value));
    } else {
        return QueryValue(static_cast<std::int64_t>(value));
    }
}

}  // namespace detail

/// A field of `EntityT` as a compile-time value: its id, the type its values have in C++, and
/// whether queries may use it. Comparing it with a value gives a condition for `Query::where`.
///
/// `T` is an `std::optional` where the schema lets the field be absent.
template <class EntityT, class T, FieldId kId, bool kIsIndexed = false>
struct Field {
    using Entity = EntityT;
    using Value = T;
    /// What it is compared with.
    using Operand = typename detail::Unwrapped<T>::Type;

    static constexpr FieldId id = kId;
    static constexpr bool indexed = kIsIndexed;
    static constexpr bool ordered = detail::kOrdered<Operand>;

    /// Rows whose value begins with `prefix`; case matters.
    FieldCondition<Entity> starts_with(std::string prefix) const {
        static_assert(std::same_as<Operand, std::string>,
                      "syncline: starts_with needs a field of type string");
        return compare(Condition::Op::starts_with, std::move(prefix));
    }

    friend FieldCondition<Entity> operator==(Field, const Operand& value) {
        return compare(Condition::Op::equal, value);
    }
    friend FieldCondition<Entity> operator<(Field, const Operand& value) {
        return compare(Condition::Op::less, value);
    }
    friend FieldCondition<Entity> operator<=(Field, const Operand& value) {
        return compare(Condition::Op::less_equal, value);
    }
    friend FieldCondition<Entity> operator>(Field, const Operand& value) {
        return compare(Condition::Op::greater, value);
    }
    friend FieldCondition<Entity> operator>=(Field, const Operand& value) {
        return compare(Condition::Op::greater_equal, value);
    }

private:
    static FieldCondition<Entity> compare(Condition::Op op, Operand value) {
        static_assert(indexed,
                      "syncline: where() takes the key and indexed fields only: mark this field "
                      "(index) in the schema, or filter with find(predicate)");
        static_assert(!indexed || ordered, "syncline: this field's type has no order");
        return {{id, op, detail::query_value<Operand>(std::move(value))}};
    }
};

}  // namespace syncline
