#include "frame_reader.hpp"

#include <algorithm>
#include <utility>

namespace syncline::http {

bool FrameReader::read(ByteView bytes, const std::function<void(Bytes)>& on_frame) {
    while (!bytes.empty()) {
        if (header_size_ < 4) {
            header_[header_size_++] = bytes.front();
            bytes = bytes.subspan(1);
            if (header_size_ < 4) continue;
            missing_ = header_[0] | std::size_t{header_[1]} << 8 | std::size_t{header_[2]} << 16 |
                       std::size_t{header_[3]} << 24;
            if (missing_ > frame_bytes_max_) return false;
            if (missing_ == 0) header_size_ = 0;
            continue;
        }
        // What was announced is not believed before it comes: memory follows the bytes.
        const std::size_t taken = std::min(missing_, bytes.size());
        frame_.insert(frame_.end(), bytes.begin(),
                      bytes.begin() + static_cast<std::ptrdiff_t>(taken));
        bytes = bytes.subspan(taken);
        missing_ -= taken;
        if (missing_ > 0) continue;
        header_size_ = 0;
        on_frame(std::exchange(frame_, {}));
    }
    return true;
}

}  // namespace syncline::http
