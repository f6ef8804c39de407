#include <boost/test/unit_test.hpp>

#include "engine_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

BOOST_FIXTURE_TEST_SUITE(engine_push_tests, EngineFixture)

BOOST_AUTO_TEST_CASE(a_create_is_stored_as_it_came) {
    const Bytes sent = note_row({.id = "n1", .title = "Milk", .created_at = 5, .updated_at = 6});
    apply(anna, anna.create("note", "n1", sent));
    BOOST_TEST(row(anna, "note", "n1") == sent);
}

BOOST_AUTO_TEST_SUITE_END()
