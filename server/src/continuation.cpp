#include "continuation.hpp"

#include <algorithm>
#include <array>

namespace syncline::server {
namespace {

// Version 1, which a client may have kept from an older server: 8 numbers and the checksum.
// Version 2: 11 numbers, the key, the checksum.
constexpr std::size_t kNumbers1 = 8;
constexpr std::size_t kNumbers2 = 11;
constexpr std::size_t kNumber = 8;  // bytes

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
    bytes.reserve((kNumbers2 + 1) * kNumber + continuation.key.size());
    put(bytes, std::uint64_t{2} << 1 | (continuation.snapshot ? 1 : 0));
    put(bytes, continuation.epoch.high);
    put(bytes, continuation.epoch.low);
    put(bytes, continuation.base.value);
    put(bytes, continuation.start_head.value);
    put(bytes, continuation.after.cursor.value);
    put(bytes, continuation.after.place);
    put(bytes, continuation.rows_total);
    put(bytes, continuation.bytes_total);
    put(bytes, continuation.entity);
    put(bytes, continuation.order);
    bytes.insert(bytes.end(), continuation.key.begin(), continuation.key.end());
    put(bytes, checksum(bytes, scope));
    return bytes;
}

std::optional<Continuation> decode_continuation(ByteView bytes, std::string_view scope) {
    if (bytes.size() < (kNumbers1 + 1) * kNumber) return std::nullopt;
    const ByteView said = bytes.first(bytes.size() - kNumber);
    if (get(bytes.subspan(said.size()), 0) != checksum(said, scope)) return std::nullopt;
    const std::uint64_t version = get(said, 0) >> 1;
    const std::size_t numbers = version == 1 ? kNumbers1 : kNumbers2;
    if ((version != 1 && version != 2) || said.size() < numbers * kNumber) return std::nullopt;
    Continuation result;
    result.snapshot = (get(bytes, 0) & 1) != 0;
    result.epoch.high = get(bytes, 1);
    result.epoch.low = get(bytes, 2);
    result.base.value = get(bytes, 3);
    result.start_head.value = get(bytes, 4);
    result.after.cursor.value = get(bytes, 5);
    result.after.place = get(bytes, 6);
    result.rows_total = get(bytes, 7);
    if (version == 1) return result;
    result.bytes_total = get(bytes, 8);
    result.entity = static_cast<EntityNumber>(get(bytes, 9));
    result.order = get(bytes, 10);
    const ByteView key = said.subspan(numbers * kNumber);
    result.key.assign(key.begin(), key.end());
    return result;
}

}  // namespace syncline::server
