#pragma once

#include <concepts>
#include <type_traits>

namespace syncline {

/// When is a new value no change? `==` where the type has one, with NaN equal to NaN; a type
/// without `==` changes with every write.
struct DefaultEqual {
    template <class T>
    constexpr bool operator()(const T& a, const T& b) const {
        if constexpr (std::floating_point<T>) {
            return a == b || (a != a && b != b);
        } else if constexpr (std::equality_comparable<T>) {
            return a == b;
        } else {
            return false;
        }
    }
};

/// Every write is a change.
struct NeverEqual {
    template <class T>
    constexpr bool operator()(const T&, const T&) const noexcept {
        return false;
    }
};

/// No write is a change: observers keep what they first saw.
struct AlwaysEqual {
    template <class T>
    constexpr bool operator()(const T&, const T&) const noexcept {
        return true;
    }
};

inline constexpr NeverEqual never_equal{};
inline constexpr AlwaysEqual always_equal{};

/// A function that may decide whether two values are the same.
template <class F, class T>
concept EqualityFor = std::predicate<F&, const T&, const T&>;

}  // namespace syncline
