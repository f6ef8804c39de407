#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace syncline {

/// Owned bytes of a row, a patch, a message or a frame.
using Bytes = std::vector<std::uint8_t>;

/// Bytes that somebody else owns.
using ByteView = std::span<const std::uint8_t>;

/// The bytes of `text`, valid as long as `text` is.
inline ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The characters of `bytes`, valid as long as `bytes` are.
inline std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A copy of `bytes`.
inline Bytes to_bytes(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace syncline
