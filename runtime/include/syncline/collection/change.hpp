#pragma once

#include <concepts>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "syncline/protocol/patch.hpp"

// The members of a generated patch (`TodoPatch`): each says what becomes of one field. All of them
// are "left as it is" unless something is put into them.

namespace syncline {

/// Makes an optional field absent, or a vector empty: `todo.update({.due = syncline::cleared})`.
struct Cleared {};
inline constexpr Cleared cleared{};

namespace detail {

template <class T>
inline constexpr bool kClearable = false;
template <class T>
inline constexpr bool kClearable<std::optional<T>> = true;
template <class T>
inline constexpr bool kClearable<std::vector<T>> = true;

}  // namespace detail

/// A new value for a field, or nothing.
template <class T>
class Change {
public:
    Change() = default;

    template <class U>
    requires std::convertible_to<U, T> Change(U&& value) : value_(T(std::forward<U>(value))) {}

    Change(Cleared) requires detail::kClearable<T> : value_(T{}) {}

    explicit operator bool() const { return value_.has_value(); }
    const T& value() const { return *value_; }

private:
    std::optional<T> value_;
};

/// What `add` gives.
template <class T>
struct CounterAdd {
    T amount;
};

/// Adds `amount`, which may be negative, to a counter: concurrent additions all count.
template <class T>
CounterAdd<T> add(T amount) {
    return {amount};
}

/// A new value for a counter, an amount to add, or nothing.
template <class T>
class CounterChange {
public:
    CounterChange() = default;

    template <class U>
    requires std::convertible_to<U, T> CounterChange(U value)
        : op_(PatchOp::assign), value_(static_cast<T>(value)) {}

    template <class U>
    requires std::convertible_to<U, T> CounterChange(CounterAdd<U> change)
        : op_(PatchOp::add), value_(static_cast<T>(change.amount)) {}

    explicit operator bool() const { return op_.has_value(); }
    PatchOp op() const { return *op_; }
    T value() const { return value_; }

private:
    std::optional<PatchOp> op_;
    T value_{};
};

/// What `insert` and `erase` give.
template <class T>
struct SetEdit {
    PatchOp op;
    std::vector<T> elements;
};

/// Adds elements to a set, or takes them out: what others add or take out meanwhile stays so.
template <class T>
SetEdit<T> insert(std::initializer_list<T> elements) {
    return {PatchOp::insert, elements};
}
template <class T>
SetEdit<T> insert(std::vector<T> elements) {
    return {PatchOp::insert, std::move(elements)};
}
template <class T>
SetEdit<T> erase(std::initializer_list<T> elements) {
    return {PatchOp::erase, elements};
}
template <class T>
SetEdit<T> erase(std::vector<T> elements) {
    return {PatchOp::erase, std::move(elements)};
}

/// New elements for a set, an `insert`, an `erase`, or nothing.
template <class T>
class SetChange {
public:
    SetChange() = default;
    SetChange(std::vector<T> elements) : op_(PatchOp::assign), elements_(std::move(elements)) {}
    SetChange(std::initializer_list<T> elements) : SetChange(std::vector<T>(elements)) {}
    SetChange(Cleared) : SetChange(std::vector<T>()) {}

    template <class U>
    requires std::convertible_to<U, T> SetChange(SetEdit<U> edit)
        : op_(edit.op), elements_(edit.elements.begin(), edit.elements.end()) {}

    explicit operator bool() const { return op_.has_value(); }
    PatchOp op() const { return *op_; }
    const std::vector<T>& elements() const { return elements_; }

private:
    std::optional<PatchOp> op_;
    std::vector<T> elements_;
};

}  // namespace syncline
