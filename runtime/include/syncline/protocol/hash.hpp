#pragma once

#include <cstdint>
#include <string_view>

#include "syncline/base/bytes.hpp"

namespace syncline {

/// Order-independent 128-bit hash of a set of rows: equal sets have equal hashes, however they came
/// about. Kept per scope and entity on both sides (promise 7); not meant against forgery.
struct SetHash {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    /// Puts a row in / takes it out again: the sum of the rows' hashes modulo 2^128. O(size of
    /// row).
    void add(std::string_view id, ByteView row);
    void remove(std::string_view id, ByteView row);

    /// The hash of both sets / of what is left without those.
    SetHash& operator+=(const SetHash& other);
    SetHash& operator-=(const SetHash& other);

    friend bool operator==(const SetHash&, const SetHash&) = default;
};

}  // namespace syncline
