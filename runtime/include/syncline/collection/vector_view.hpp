#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "syncline/protocol/row.hpp"

namespace syncline {

/// The elements of a vector field, read in place: strings as `std::string_view`, all else by value.
/// Valid as long as the snapshot (`TodoView`) it came from.
///
/// Thread-safety: immutable.
template <class T>
class VectorView {
    static constexpr bool kStrings = std::same_as<T, std::string>;

public:
    using value_type = std::conditional_t<kStrings, std::string_view, T>;

    class iterator {
    public:
        using iterator_concept = std::random_access_iterator_tag;
        using iterator_category = std::input_iterator_tag;  // it gives values, not references
        using value_type = VectorView::value_type;
        using difference_type = std::ptrdiff_t;
        using reference = value_type;
        using pointer = void;

        iterator() = default;
        iterator(const VectorView* view, std::size_t index) : view_(view), index_(index) {}

        value_type operator*() const { return (*view_)[index_]; }
        value_type operator[](difference_type n) const { return *(*this + n); }
        iterator& operator++() { return *this += 1; }
        iterator operator++(int) { return std::exchange(*this, *this + 1); }
        iterator& operator--() { return *this -= 1; }
        iterator operator--(int) { return std::exchange(*this, *this - 1); }
        iterator& operator+=(difference_type n) {
            index_ += static_cast<std::size_t>(n);
            return *this;
        }
        iterator& operator-=(difference_type n) { return *this += -n; }
        friend iterator operator+(iterator i, difference_type n) { return i += n; }
        friend iterator operator+(difference_type n, iterator i) { return i += n; }
        friend iterator operator-(iterator i, difference_type n) { return i -= n; }
        friend difference_type operator-(iterator a, iterator b) {
            return static_cast<difference_type>(a.index_ - b.index_);
        }
        friend bool operator==(iterator a, iterator b) { return a.index_ == b.index_; }
        friend auto operator<=>(iterator a, iterator b) { return a.index_ <=> b.index_; }

    private:
        const VectorView* view_ = nullptr;
        std::size_t index_ = 0;
    };

    VectorView() = default;
    VectorView(RowView row, FieldId field) : row_(row), field_(field) {}

    std::size_t size() const { return row_ ? row_.vector_size(field_) : 0; }
    bool empty() const { return size() == 0; }

    /// `index` < `size()`.
    value_type operator[](std::size_t index) const {
        if constexpr (kStrings) {
            return row_.string_element(field_, index);
        } else {
            return row_.element<T>(field_, index);
        }
    }

    iterator begin() const { return {this, 0}; }
    iterator end() const { return {this, size()}; }

    /// Cost: O(size).
    bool contains(const value_type& value) const {
        return std::find(begin(), end(), value) != end();
    }

    /// A copy that owns its elements.
    std::vector<T> to_vector() const { return std::vector<T>(begin(), end()); }

private:
    RowView row_;
    FieldId field_ = 0;
};

}  // namespace syncline
