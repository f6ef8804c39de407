#include "field_values.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include "todo.hpp"

namespace {

using syncline::Condition;
using syncline::QueryValue;
using syncline::Row;
using todo::TodoFields;

Row row(const todo::TodoDraft& draft) {
    syncline::RowBuilder builder(*todo::Todo::schema().table);
    draft.write(builder);
    return Row(builder.string(TodoFields::id.id, draft.id).finish());
}

bool same(syncline::FieldId field, const todo::TodoDraft& a, const todo::TodoDraft& b) {
    return same_field(*todo::Todo::schema().table->find(field), row(a), row(b));
}

bool meets(const syncline::FieldCondition<todo::Todo>& condition, const todo::TodoDraft& draft) {
    return matches(todo::Todo::schema(), condition.condition, row(draft));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(field_values_tests)

BOOST_AUTO_TEST_CASE(equal_values_are_the_same_and_others_are_not) {
    const todo::TodoDraft a{.id = "a", .title = "t", .tags = {"x"}, .visits = 3, .due = 5};
    todo::TodoDraft b = a;
    b.id = "b";
    BOOST_TEST(!same(TodoFields::id.id, a, b));
    BOOST_TEST(same(TodoFields::title.id, a, b));
    BOOST_TEST(same(TodoFields::tags.id, a, b));
    BOOST_TEST(same(TodoFields::visits.id, a, b));
    b.tags = {"x", "y"};
    b.visits = 4;
    BOOST_TEST(!same(TodoFields::tags.id, a, b));
    BOOST_TEST(!same(TodoFields::visits.id, a, b));
}

BOOST_AUTO_TEST_CASE(an_absent_optional_differs_from_its_zero) {
    BOOST_TEST(
        !same(TodoFields::due.id, {.id = "a", .title = "t"}, {.id = "a", .title = "t", .due = 0}));
}

BOOST_AUTO_TEST_CASE(a_stored_default_is_the_same_as_an_absent_one) {
    syncline::RowBuilder builder(*todo::Todo::schema().table, true);
    builder.string(TodoFields::id.id, "a").string(TodoFields::title.id, "t");
    const Row stored(builder.scalar(TodoFields::priority.id, todo::Priority::normal).finish());
    const Row absent = row({.id = "a", .title = "t"});
    BOOST_TEST(stored.has(TodoFields::priority.id));
    BOOST_TEST(!absent.has(TodoFields::priority.id));
    BOOST_TEST(
        same_field(*todo::Todo::schema().table->find(TodoFields::priority.id), stored, absent));
}

BOOST_AUTO_TEST_CASE(texts_compare_by_their_bytes) {
    BOOST_TEST((syncline::compare(QueryValue("Z"), QueryValue("a")) < 0));
    BOOST_TEST((syncline::compare(QueryValue("z"), QueryValue("\xc3\xa4")) < 0));
    BOOST_TEST((syncline::compare(std::nullopt, QueryValue("")) < 0));
}

BOOST_AUTO_TEST_CASE(an_absent_value_meets_no_condition) {
    BOOST_TEST(!meets(TodoFields::list_id == "x", {.id = "a", .title = "t"}));
    BOOST_TEST(!meets(TodoFields::list_id < "x", {.id = "a", .title = "t"}));
    BOOST_TEST(meets(TodoFields::list_id == "x", {.id = "a", .title = "t", .list_id = "x"}));
}

BOOST_AUTO_TEST_CASE(conditions_compare_as_they_say) {
    const todo::TodoDraft m{.id = "m", .title = "t"};
    BOOST_TEST(meets(TodoFields::id == "m", m));
    BOOST_TEST(!meets(TodoFields::id < "m", m));
    BOOST_TEST(meets(TodoFields::id <= "m", m));
    BOOST_TEST(!meets(TodoFields::id > "m", m));
    BOOST_TEST(meets(TodoFields::id >= "m", m));
    BOOST_TEST(meets(TodoFields::id.starts_with(""), m));
    BOOST_TEST(!meets(TodoFields::id.starts_with("mm"), m));
}

BOOST_AUTO_TEST_SUITE_END()
