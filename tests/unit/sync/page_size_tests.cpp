#include "page_size.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using syncline::PageSize;

namespace {

constexpr std::uint32_t kMega = 1 << 20;

}  // namespace

BOOST_AUTO_TEST_SUITE(page_size_tests)

BOOST_AUTO_TEST_CASE(the_server_chooses_the_first_page) {
    BOOST_TEST(PageSize().wished() == 0U);
}

BOOST_AUTO_TEST_CASE(pages_that_are_stored_quickly_grow_up_to_a_most) {
    PageSize size;
    size.timed_out();
    size.timed_out();
    for (int i = 0; i < 10; ++i) size.took(size.wished(), 20ms, 40ms);
    BOOST_TEST(size.wished() == kMega);
    size.took(kMega, 20ms, 40ms);
    BOOST_TEST(size.wished() == kMega);
}

BOOST_AUTO_TEST_CASE(pages_that_keep_writers_waiting_shrink_down_to_a_least) {
    PageSize size;
    size.took(kMega, 20ms, 400ms);
    BOOST_TEST(size.wished() == kMega / 2);
    for (int i = 0; i < 10; ++i) size.took(size.wished(), 20ms, 400ms);
    BOOST_TEST(size.wished() == 16U << 10);
}

BOOST_AUTO_TEST_CASE(pages_that_are_long_in_coming_do_not_grow) {
    PageSize size;
    size.timed_out();
    size.took(kMega / 2, 5s, 40ms);
    BOOST_TEST(size.wished() == kMega / 2);
}

BOOST_AUTO_TEST_CASE(the_wish_does_not_grow_beyond_what_the_server_gives) {
    PageSize size;
    size.took(4 * kMega, 20ms, 40ms);
    BOOST_TEST(size.wished() == kMega);
    PageSize narrow;
    for (int i = 0; i < 10; ++i) narrow.took(100'000, 20ms, 40ms);
    BOOST_TEST(narrow.wished() == 0U);
}

BOOST_AUTO_TEST_CASE(each_time_out_halves_it_and_quick_pages_let_it_grow_again) {
    PageSize size;
    size.timed_out();
    BOOST_TEST(size.wished() == kMega / 2);
    size.timed_out();
    BOOST_TEST(size.wished() == kMega / 4);
    size.took(kMega / 4, 20ms, 40ms);
    BOOST_TEST(size.wished() == kMega / 2);
}

BOOST_AUTO_TEST_SUITE_END()
