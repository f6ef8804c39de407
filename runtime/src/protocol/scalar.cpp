#include "scalar.hpp"

#include <bit>
#include <limits>

#include "layout.hpp"

namespace syncline {
namespace {

constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

std::int64_t sign_extended(std::uint64_t bits, std::uint32_t size) {
    const std::uint32_t shift = 64 - size * 8;
    return static_cast<std::int64_t>(bits << shift) >> shift;
}

bool is_signed(FieldType type) {
    return type == FieldType::int8 || type == FieldType::int16 || type == FieldType::int32 ||
           type == FieldType::int64;
}

std::uint64_t add_signed(std::uint32_t size, std::uint64_t a, std::uint64_t b) {
    const std::int64_t x = sign_extended(a, size);
    const std::int64_t y = sign_extended(b, size);
    const std::int64_t highest = std::numeric_limits<std::int64_t>::max() >> (64 - size * 8);
    const std::int64_t lowest = -highest - 1;
    std::int64_t sum = 0;
    if (y > 0) {
        sum = x > highest - y ? highest : x + y;
    } else {
        sum = x < lowest - y ? lowest : x + y;
    }
    return low_bytes(static_cast<std::uint64_t>(sum), size);
}

std::uint64_t add_unsigned(std::uint32_t size, std::uint64_t a, std::uint64_t b) {
    const std::uint64_t highest = low_bytes(~std::uint64_t{0}, size);
    return b > highest - a ? highest : a + b;
}

template <class Float, class Bits>
std::uint64_t add_float(std::uint64_t a, std::uint64_t b) {
    const auto sum =
        std::bit_cast<Float>(static_cast<Bits>(a)) + std::bit_cast<Float>(static_cast<Bits>(b));
    return std::bit_cast<Bits>(static_cast<Float>(sum));
}

}  // namespace

std::uint64_t order_key(FieldType type, std::uint64_t bits) {
    const std::uint32_t size = scalar_size(type);
    if (is_signed(type)) return static_cast<std::uint64_t>(sign_extended(bits, size)) ^ kSign;
    if (type != FieldType::float32 && type != FieldType::float64) return bits;
    const std::uint64_t wide = bits << (64 - size * 8);
    return (wide & kSign) != 0 ? ~wide : wide | kSign;
}

std::uint64_t saturating_add(FieldType type, std::uint64_t a, std::uint64_t b) {
    if (type == FieldType::float32) return add_float<float, std::uint32_t>(a, b);
    if (type == FieldType::float64) return add_float<double, std::uint64_t>(a, b);
    const std::uint32_t size = scalar_size(type);
    return is_signed(type) ? add_signed(size, a, b) : add_unsigned(size, a, b);
}

}  // namespace syncline
