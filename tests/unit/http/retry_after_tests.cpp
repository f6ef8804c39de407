#include "retry_after.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using syncline::WallTime;
using syncline::http::parse_http_date;
using syncline::http::parse_retry_after;

namespace {

constexpr WallTime kDate{784'111'777s};  // Sun, 06 Nov 1994 08:49:37 GMT

}  // namespace

BOOST_AUTO_TEST_SUITE(retry_after_tests)

BOOST_AUTO_TEST_CASE(dates_are_read_in_all_forms_of_http) {
    BOOST_TEST((parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == kDate));
    BOOST_TEST((parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == kDate));
    BOOST_TEST((parse_http_date("Sun Nov  6 08:49:37 1994") == kDate));
    BOOST_TEST((parse_http_date("Thu, 29 Feb 2024 23:59:60 GMT") == WallTime(1'709'251'200s)));
}

BOOST_AUTO_TEST_CASE(what_is_no_date_is_refused) {
    for (const char* text : {"", "soon", "Sun, 06 Nov 1994", "Sun, 31 Feb 2024 00:00:00 GMT",
                             "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:00:00 GMT",
                             "Sun, 06 Nov 1994 08:49 GMT", "Nov 08:49:37", "-1"}) {
        BOOST_TEST(!parse_http_date(text), text);
    }
}

BOOST_AUTO_TEST_CASE(a_number_is_seconds) {
    BOOST_TEST((parse_retry_after("0", kDate) == 0ms));
    BOOST_TEST((parse_retry_after("120", kDate) == 120s));
    BOOST_TEST((parse_retry_after(" 5 ", kDate) == 5s));
}

BOOST_AUTO_TEST_CASE(a_date_is_the_time_until_then) {
    BOOST_TEST((parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", kDate - 90s) == 90s));
    BOOST_TEST((parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", kDate + 90s) == 0ms));
}

BOOST_AUTO_TEST_CASE(nobody_is_made_to_wait_for_more_than_a_week) {
    BOOST_TEST((parse_retry_after("99999999", kDate) == 24h * 7));
    BOOST_TEST((parse_retry_after("99999999999999999999", kDate) == 24h * 7));
    BOOST_TEST((parse_retry_after("Sun, 06 Nov 2094 08:49:37 GMT", kDate) == 24h * 7));
}

BOOST_AUTO_TEST_CASE(anything_else_says_nothing) {
    for (const char* text : {"", "soon", "-5", "1.5", "5 minutes"}) {
        BOOST_TEST(!parse_retry_after(text, kDate), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
