#include "server_url.hpp"

#include <boost/test/unit_test.hpp>

#include "syncline/base/error.hpp"

using syncline::http::parse_server_url;
using syncline::http::ServerUrl;

BOOST_AUTO_TEST_SUITE(server_url_tests)

BOOST_AUTO_TEST_CASE(scheme_host_port_and_path_are_told_apart) {
    const ServerUrl url = parse_server_url("http://sync.example.com:8080/a/b/");
    BOOST_TEST(!url.secure);
    BOOST_TEST(url.host == "sync.example.com");
    BOOST_TEST(url.port == 8080);
    BOOST_TEST(url.path == "/a/b");
    BOOST_TEST(url.to_string() == "http://sync.example.com:8080/a/b");
}

BOOST_AUTO_TEST_CASE(the_port_is_the_schemes_unless_said) {
    BOOST_TEST(parse_server_url("http://h").port == 80);
    BOOST_TEST(parse_server_url("https://h/").port == 443);
    BOOST_TEST(parse_server_url("https://h").secure);
    BOOST_TEST(parse_server_url("https://h/").path == "");
}

BOOST_AUTO_TEST_CASE(addresses_of_both_kinds_are_hosts) {
    BOOST_TEST(parse_server_url("http://127.0.0.1:1").host == "127.0.0.1");
    const ServerUrl url = parse_server_url("http://[fe80::1]:8080/x");
    BOOST_TEST(url.host == "fe80::1");
    BOOST_TEST(url.port == 8080);
    BOOST_TEST(url.to_string() == "http://[fe80::1]:8080/x");
    BOOST_TEST(parse_server_url("http://[::1]").port == 80);
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused_with_the_address_and_the_way_out) {
    for (const char* text : {"",
                             "localhost",
                             "localhost:8080",
                             "ftp://h",
                             "http:/h",
                             "http://",
                             "http://:80",
                             "http:///path",
                             "http://h:",
                             "http://h:0",
                             "http://h:65536",
                             "http://h:8o8o",
                             "http://h:80:80",
                             "http://u:p@h",
                             "http://h/?q",
                             "http://h#f",
                             "http://h ",
                             "http://h\n",
                             "http://a b",
                             "http://[::1",
                             "http://[::1]x",
                             "http://[xyz]",
                             "http://h\xC3\xA4"}) {
        BOOST_CHECK_EXCEPTION(parse_server_url(text), syncline::InvalidArgument,
                              [&](const syncline::InvalidArgument& error) {
                                  const std::string what = error.what();
                                  return what.find(text) != std::string::npos &&
                                         what.find("write it like") != std::string::npos;
                              });
    }
}

BOOST_AUTO_TEST_SUITE_END()
