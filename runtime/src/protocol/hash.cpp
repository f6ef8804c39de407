#include "syncline/protocol/hash.hpp"

#include <xxhash.h>

#include <array>

namespace syncline {
namespace {

SetHash hash_of(std::string_view id, ByteView row) {
    const std::array<XXH128_hash_t, 2> parts{XXH3_128bits(id.data(), id.size()),
                                             XXH3_128bits(row.data(), row.size())};
    const std::array<std::uint64_t, 4> words{parts[0].high64, parts[0].low64, parts[1].high64,
                                             parts[1].low64};
    const XXH128_hash_t both = XXH3_128bits(words.data(), sizeof words);
    return {both.high64, both.low64};
}

}  // namespace

void SetHash::add(std::string_view id, ByteView row) {
    *this += hash_of(id, row);
}

void SetHash::remove(std::string_view id, ByteView row) {
    *this -= hash_of(id, row);
}

SetHash& SetHash::operator+=(const SetHash& other) {
    low += other.low;
    high += other.high + (low < other.low ? 1 : 0);
    return *this;
}

SetHash& SetHash::operator-=(const SetHash& other) {
    high -= other.high + (low < other.low ? 1 : 0);
    low -= other.low;
    return *this;
}

}  // namespace syncline
