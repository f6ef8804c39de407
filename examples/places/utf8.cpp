#include "utf8.hpp"

#include <cstddef>
#include <cstdint>

namespace places {
namespace {

std::uint32_t byte_at(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

/// Length of the character at `at`, or 0 if none begins there.
std::size_t character_size(std::string_view text, std::size_t at) {
    const std::uint32_t lead = byte_at(text, at);
    if (lead < 0x80) return 1;
    const std::size_t size = lead < 0xC2   ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
    if (size == 0 || text.size() - at < size) return 0;

    std::uint32_t code = lead & (0x7Fu >> size);
    for (std::size_t i = 1; i < size; ++i) {
        const std::uint32_t next = byte_at(text, at + i);
        if ((next & 0xC0) != 0x80) return 0;
        code = code << 6 | (next & 0x3F);
    }
    const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
    const bool surrogate = code >= 0xD800 && code < 0xE000;
    return overlong || surrogate || code > 0x10FFFF ? 0 : size;
}

}  // namespace

bool is_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = character_size(text, at);
        if (size == 0) return false;
        at += size;
    }
    return true;
}

}  // namespace places
