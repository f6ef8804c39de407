#include "continuation.hpp"

#include <algorithm>
#include <array>

namespace syncline::server {
namespace {

constexpr std::size_t kNumbers = 9;  // the last one is the checksum

constexpr std::uint64_t kVersion = 1;

/// FNV-1a: finds accidents and mixed up scopes. What a client forges harms only itself.
std::uint64_t checksum(ByteView bytes, std::string_view scope) {
    std::uint64_t state = 0xCBF29CE484222325;
    const auto add = [&](std::uint8_t byte) {
        state ^= byte;
        state *= 0x100000001B3;
    };
    std::for_each(bytes.begin(), bytes.end(), add);
    for (const char c : scope) add(static_cast<std::uint8_t>(c));
    return state;
}

void put(Bytes& out, std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) {
        out.push_back(static_cast<std::uint8_t>(value >> shift));
    }
}

std::uint64_t get(ByteView bytes, std::size_t number) {
    std::uint64_t value = 0;
    for (std::size_t i = 8; i-- > 0;) value = value << 8 | bytes[number * 8 + i];
    return value;
}

}  // namespace

Bytes encode(const Continuation& continuation, std::string_view scope) {
    Bytes bytes;
    bytes.reserve(kNumbers * 8);
    put(bytes, kVersion << 1 | (continuation.snapshot ? 1 : 0));
    put(bytes, continuation.epoch.high);
    put(bytes, continuation.epoch.low);
    put(bytes, continuation.base.value);
    put(bytes, continuation.start_head.value);
    put(bytes, continuation.after.cursor.value);
    put(bytes, continuation.after.place);
    put(bytes, continuation.rows_total);
    put(bytes, checksum(bytes, scope));
    return bytes;
}

std::optional<Continuation> decode_continuation(ByteView bytes, std::string_view scope) {
    if (bytes.size() != kNumbers * 8) return std::nullopt;
    if (get(bytes, kNumbers - 1) != checksum(bytes.first((kNumbers - 1) * 8), scope)) {
        return std::nullopt;
    }
    if (get(bytes, 0) >> 1 != kVersion) return std::nullopt;
    Continuation result;
    result.snapshot = (get(bytes, 0) & 1) != 0;
    result.epoch.high = get(bytes, 1);
    result.epoch.low = get(bytes, 2);
    result.base.value = get(bytes, 3);
    result.start_head.value = get(bytes, 4);
    result.after.cursor.value = get(bytes, 5);
    result.after.place = get(bytes, 6);
    result.rows_total = get(bytes, 7);
    return result;
}

}  // namespace syncline::server
