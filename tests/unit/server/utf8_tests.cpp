#include "utf8.hpp"

#include <boost/test/unit_test.hpp>

using syncline::server::is_utf8;

BOOST_AUTO_TEST_SUITE(utf8_tests)

BOOST_AUTO_TEST_CASE(well_formed_text_is_taken) {
    for (const char* text :
         {"", "plain", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
          "\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF4\x8F\xBF\xBF", "\xED\x9F\xBF\xEE\x80\x80"}) {
        BOOST_TEST(is_utf8(text), text);
    }
}

BOOST_AUTO_TEST_CASE(what_is_cut_short_overlong_or_beyond_unicode_is_refused) {
    for (const char* text :
         {"\x80", "\xBF", "\xC3", "\xC3(", "\xC0\x80", "\xC1\xBF", "\xE2\x82", "\xE0\x9F\xBF",
          "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
          "\xF5\x80\x80\x80", "\xFF", "\xF0\x9F\x98", "ok\xFE"}) {
        BOOST_TEST(!is_utf8(text), text);
    }
    BOOST_TEST(!is_utf8(std::string_view("a\0b", 3)));
}

BOOST_AUTO_TEST_SUITE_END()
