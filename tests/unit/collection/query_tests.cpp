#include <boost/test/unit_test.hpp>

#include "model_fixture.hpp"

using todo::TodoFields;

namespace {

struct QueryFixture : ModelFixture {
    QueryFixture() {
        todos.create({.id = "1", .title = "milk", .list_id = "home"});
        todos.create({.id = "2", .title = "work", .list_id = "office"});
        todos.create({.id = "3", .title = "bread", .list_id = "home"});
        todos.create({.id = "4", .title = "loose"});
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(query_tests, QueryFixture)

BOOST_AUTO_TEST_CASE(a_condition_selects) {
    BOOST_TEST(titles(todos.query().where(TodoFields::list_id == "home").all()) == "milk bread");
    BOOST_TEST(titles(todos.query().where(TodoFields::list_id > "home").all()) == "work");
    BOOST_TEST(titles(todos.query().where(TodoFields::id <= "2").all()) == "milk work");
}

BOOST_AUTO_TEST_CASE(conditions_add_up) {
    const auto query =
        todos.query().where(TodoFields::list_id == "home").where(TodoFields::id > "1");
    BOOST_TEST(titles(query.all()) == "bread");
    BOOST_TEST(query.count() == 1U);
}

BOOST_AUTO_TEST_CASE(a_prefix_selects) {
    const auto query = todos.query().where(TodoFields::list_id.starts_with("ho"));
    BOOST_TEST(titles(query.all()) == "milk bread");
}

BOOST_AUTO_TEST_CASE(order_limit_and_offset_are_kept) {
    const auto query = todos.query().order_by(TodoFields::id, syncline::descending);
    BOOST_TEST(titles(query.all()) == "loose bread work milk");
    BOOST_TEST(titles(query.limit(2).all()) == "loose bread");
    BOOST_TEST(titles(query.limit(2).offset(1).all()) == "bread work");
}

BOOST_AUTO_TEST_CASE(first_is_the_first_in_order) {
    const auto query = todos.query().where(TodoFields::list_id == "home");
    BOOST_TEST(query.first()->title() == "milk");
    BOOST_TEST(query.order_by(TodoFields::id, syncline::descending).first()->title() == "bread");
    BOOST_TEST(!todos.query().where(TodoFields::id == "none").first().has_value());
    BOOST_TEST(!query.limit(0).first().has_value());
}

BOOST_AUTO_TEST_CASE(a_query_is_a_value_that_can_be_built_on) {
    const auto base = todos.query().where(TodoFields::list_id == "home");
    const auto narrowed = base.limit(1);
    BOOST_TEST(base.count() == 2U);
    BOOST_TEST(narrowed.count() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
