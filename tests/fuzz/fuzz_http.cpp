// What comes around the messages: frames of a live stream cut anywhere, the query that asks for
// one, and the place where a pull goes on, which a client may send back changed.

#include "continuation.hpp"
#include "frame_reader.hpp"
#include "fuzz.hpp"
#include "http/live_query.hpp"

using namespace syncline;

namespace {

constexpr std::size_t kFrameBytesMax = 1 << 20;

void read_frames(ByteView bytes) {
    http::FrameReader reader(kFrameBytesMax);
    const auto ignore = [](const Bytes&) {};
    const std::size_t cut = bytes.empty() ? 0 : bytes[0] % bytes.size();
    if (!reader.read(bytes.first(cut), ignore)) return;
    reader.read(bytes.subspan(cut), ignore);
}

}  // namespace

void fuzz_one(ByteView bytes) {
    read_frames(bytes);
    server::parse_live_query(as_text(bytes));
    server::decode_continuation(bytes, "scope");
}

std::vector<Bytes> fuzz_seeds() {
    const std::string query =
        "scope=a%20b&client=00000000000000010000000000000002&schema=7&"
        "epoch=00000000000000010000000000000002&cursor=5&confirmed=3";
    return {to_bytes(as_bytes(query)), Bytes{3, 0, 0, 0, 'a', 'b', 'c', 0, 0, 0, 0},
            server::encode(server::Continuation{}, "scope")};
}
