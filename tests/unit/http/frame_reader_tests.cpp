#include "frame_reader.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using syncline::as_bytes;
using syncline::as_text;
using syncline::Bytes;
using syncline::http::FrameReader;

namespace {

struct FrameFixture {
    bool read(const std::string& bytes) {
        return reader.read(as_bytes(bytes), [&](const Bytes& frame) {
            frames += "[" + std::string(as_text(frame)) + "]";
        });
    }
    FrameReader reader{5};
    std::string frames;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(frame_reader_tests, FrameFixture)

BOOST_AUTO_TEST_CASE(a_frame_is_given_when_its_last_byte_comes) {
    BOOST_TEST(read(std::string("\3\0\0\0ab", 6)));
    BOOST_TEST(frames.empty());
    BOOST_TEST(read("c"));
    BOOST_TEST(frames == "[abc]");
}

BOOST_AUTO_TEST_CASE(several_frames_may_come_at_once_with_heartbeats_between) {
    BOOST_TEST(read(std::string("\1\0\0\0a\0\0\0\0\0\0\0\0\2\0\0\0bc\0\0", 21)));
    BOOST_TEST(read(std::string("\0\0\1\0\0\0d", 7)));
    BOOST_TEST(frames == "[a][bc][d]");
}

BOOST_AUTO_TEST_CASE(bytes_may_come_one_by_one) {
    for (const char c : std::string("\2\0\0\0ab\0\0\0\0\1\0\0\0c", 15)) {
        BOOST_TEST(read(std::string(1, c)));
    }
    BOOST_TEST(frames == "[ab][c]");
}

BOOST_AUTO_TEST_CASE(a_frame_longer_than_allowed_is_refused_by_its_length) {
    BOOST_TEST(read(std::string("\5\0\0\0abcde", 9)));
    BOOST_TEST(!read(std::string("\6\0\0\0", 4)));
    BOOST_TEST(frames == "[abcde]");
}

BOOST_AUTO_TEST_SUITE_END()
