#pragma once

#include <cstring>
#include <memory>
#include <memory_resource>
#include <string_view>

#include "syncline/base/bytes.hpp"

namespace syncline::server {

/// Keeps copies of bytes and texts for as long as itself. Thread-safety: none.
class Arena {
public:
    explicit Arena(std::size_t first_block_bytes = 1024) : memory_(first_block_bytes) {}

    ByteView keep(ByteView bytes) {
        if (bytes.empty()) return {};
        void* place = memory_.allocate(bytes.size(), 1);
        std::memcpy(place, bytes.data(), bytes.size());
        return {static_cast<const std::uint8_t*>(place), bytes.size()};
    }
    std::string_view keep(std::string_view text) { return as_text(keep(as_bytes(text))); }

private:
    std::pmr::monotonic_buffer_resource memory_;
};

/// A message together with the memory that its views point into.
template <class Message>
struct Owned {
    Message message;
    std::shared_ptr<Arena> arena;
};

}  // namespace syncline::server
