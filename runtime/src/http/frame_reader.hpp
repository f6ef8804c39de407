#pragma once

#include <cstddef>
#include <functional>

#include "syncline/base/bytes.hpp"

namespace syncline::http {

/// Cuts the bytes of a live stream into frames: 4 bytes of length, little-endian, then the frame.
/// A length of 0 is a heartbeat.
///
/// Thread-safety: none.
class FrameReader {
public:
    explicit FrameReader(std::size_t frame_bytes_max) : frame_bytes_max_(frame_bytes_max) {}

    /// Takes the next bytes and calls `on_frame` for each frame that they complete. False: a frame
    /// is longer than allowed; nothing more can be read then.
    bool read(ByteView bytes, const std::function<void(Bytes)>& on_frame);

private:
    std::size_t frame_bytes_max_;
    std::size_t header_size_ = 0;
    std::uint8_t header_[4] = {};
    std::size_t missing_ = 0;  // of the frame whose header has been read
    Bytes frame_;
};

}  // namespace syncline::http
