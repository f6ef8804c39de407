#include "continuation.hpp"

#include <algorithm>
#include <array>

namespace syncline::server {
namespace {

// Version 1, which a client may have kept from an older server: 8 numbers and the checksum.
// Version 2: 11 numbers, the key, the checksum.
// Version 3: 12 numbers, the last of which counts the sums; these, of 3 numbers each; the key, the
// checksum.
constexpr std::size_t kNumbers1 = 8;
constexpr std::size_t kNumbers2 = 11;
constexpr std::size_t kNumbers3 = 12;
constexpr std::size_t kSumNumbers = 3;
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

void put_sums(Bytes& out, const std::map<EntityNumber, SetHash>& sums) {
    put(out, sums.size());
    for (const auto& [entity, sum] : sums) {
        put(out, entity);
        put(out, sum.high);
        put(out, sum.low);
    }
}

/// How many numbers there are before the key; nothing: it is not what `encode` makes.
std::optional<std::size_t> numbers_in(ByteView said) {
    const std::size_t most = said.size() / kNumber;
    const std::uint64_t version = get(said, 0) >> 1;
    std::size_t numbers = version == 1 ? kNumbers1 : kNumbers2;
    if (version == 3) {
        if (most < kNumbers3 || get(said, kNumbers2) > most) return std::nullopt;
        numbers = kNumbers3 + kSumNumbers * get(said, kNumbers2);
    }
    if (version < 1 || version > 3 || numbers > most) return std::nullopt;
    return numbers;
}

}  // namespace

Bytes encode(const Continuation& continuation, std::string_view scope) {
    Bytes bytes;
    bytes.reserve((kNumbers3 + kSumNumbers * continuation.sums.size() + 1) * kNumber +
                  continuation.key.size());
    put(bytes, (continuation.summed ? std::uint64_t{3} : std::uint64_t{2}) << 1 |
                   (continuation.snapshot ? 1 : 0));
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
    if (continuation.summed) put_sums(bytes, continuation.sums);
    bytes.insert(bytes.end(), continuation.key.begin(), continuation.key.end());
    put(bytes, checksum(bytes, scope));
    return bytes;
}

std::optional<Continuation> decode_continuation(ByteView bytes, std::string_view scope) {
    if (bytes.size() < (kNumbers1 + 1) * kNumber) return std::nullopt;
    const ByteView said = bytes.first(bytes.size() - kNumber);
    if (get(bytes.subspan(said.size()), 0) != checksum(said, scope)) return std::nullopt;
    const auto numbers = numbers_in(said);
    if (!numbers) return std::nullopt;
    const std::uint64_t version = get(said, 0) >> 1;
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
    const ByteView key = said.subspan(*numbers * kNumber);
    result.key.assign(key.begin(), key.end());
    result.summed = version == 3;
    for (std::size_t at = kNumbers3; result.summed && at < *numbers; at += kSumNumbers) {
        result.sums[static_cast<EntityNumber>(get(said, at))] = {get(said, at + 1),
                                                                 get(said, at + 2)};
    }
    return result;
}

}  // namespace syncline::server
