#include "syncline/base/ids.hpp"

#include <algorithm>

namespace syncline {
namespace {

void append_hex(std::string& text, std::uint64_t value, int digits) {
    static constexpr char kDigits[] = "0123456789abcdef";
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
        text.push_back(kDigits[(value >> shift) & 0xF]);
    }
}

}  // namespace

std::string to_string(Id128 id) {
    std::string text;
    text.reserve(32);
    append_hex(text, id.high, 16);
    append_hex(text, id.low, 16);
    return text;
}

// RFC 9562, version 7, method 1: the 12 bits after the version and the first 14 after the variant
// are a counter, so that ids made within one millisecond, or after a step back, still ascend.
std::string IdGenerator::row_id() {
    constexpr std::uint32_t kCounterBits = 26;
    const auto wall = std::chrono::duration_cast<std::chrono::milliseconds>(
        clock_.wall_now().time_since_epoch());
    const auto milliseconds =
        static_cast<std::uint64_t>(std::max<std::int64_t>(wall.count(), 0)) & 0xFFFF'FFFF'FFFF;
    if (milliseconds > last_milliseconds_) {
        last_milliseconds_ = milliseconds;
        counter_ = static_cast<std::uint32_t>(random_.next()) & ((1U << (kCounterBits - 1)) - 1);
    } else if (++counter_ >> kCounterBits) {
        ++last_milliseconds_;
        counter_ = 0;
    }

    std::string id;
    id.reserve(36);
    append_hex(id, last_milliseconds_ >> 16, 8);
    id.push_back('-');
    append_hex(id, last_milliseconds_ & 0xFFFF, 4);
    id.push_back('-');
    append_hex(id, 0x7000 | (counter_ >> 14), 4);
    id.push_back('-');
    append_hex(id, 0x8000 | (counter_ & 0x3FFF), 4);
    id.push_back('-');
    append_hex(id, random_.next() & 0xFFFF'FFFF'FFFF, 12);
    return id;
}

Id128 IdGenerator::id128() { return {random_.next(), random_.next()}; }

MutationId IdGenerator::mutation_id() { return {random_.next()}; }

}  // namespace syncline
