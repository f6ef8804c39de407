#pragma once

#include <xxhash.h>

#include <cstddef>
#include <cstdint>

#include "syncline/base/bytes.hpp"

namespace syncline::detail {

// A message ends with zeros up to a multiple of 8 bytes, and 8 bytes of checksum over all before. A
// FlatBuffers message is verified to hold together, but one flipped bit in a number still would:
// this finds it, wherever memory, a proxy or a network without TLS changed it.
inline constexpr std::size_t kChecksumBytes = 8;

inline void append_checksum(Bytes& message) {
    message.resize((message.size() + 7) / 8 * 8);
    const std::uint64_t sum = XXH3_64bits(message.data(), message.size());
    for (int shift = 0; shift < 64; shift += 8) {
        message.push_back(static_cast<std::uint8_t>(sum >> shift));
    }
}

/// Whether `body` ends with the checksum of what is before it.
inline bool has_checksum(ByteView body) {
    if (body.size() < kChecksumBytes) return false;
    const std::size_t size = body.size() - kChecksumBytes;
    std::uint64_t sum = 0;
    for (std::size_t i = kChecksumBytes; i > 0; --i) sum = sum << 8 | body[size + i - 1];
    return sum == XXH3_64bits(body.data(), size);
}

}  // namespace syncline::detail
