#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <vector>

#include "model_fixture.hpp"

using Strings = std::vector<std::string>;

BOOST_FIXTURE_TEST_SUITE(entity_tests, ModelFixture)

BOOST_AUTO_TEST_CASE(a_new_row_has_the_values_of_its_draft) {
    const todo::Todo milk = todos.create({.title = "Buy milk",
                                          .done = true,
                                          .priority = todo::Priority::high,
                                          .tags = {"shop", "food"},
                                          .visits = 3,
                                          .due = 99,
                                          .list_id = "home"});
    BOOST_TEST(milk.exists());
    BOOST_TEST(milk.title() == "Buy milk");
    BOOST_TEST(milk.done());
    BOOST_TEST((milk.priority() == todo::Priority::high));
    BOOST_TEST(milk.tags() == (Strings{"food", "shop"}));
    BOOST_TEST(milk.visits() == 3);
    BOOST_TEST(milk.due().value() == 99);
    BOOST_TEST(milk.list_id().value() == "home");
}

BOOST_AUTO_TEST_CASE(what_a_draft_does_not_name_is_at_its_default_or_absent) {
    const todo::Todo milk = todos.create({.title = "Buy milk"});
    BOOST_TEST(!milk.done());
    BOOST_TEST((milk.priority() == todo::Priority::normal));
    BOOST_TEST(milk.tags().empty());
    BOOST_TEST(milk.visits() == 0);
    BOOST_TEST(!milk.due().has_value());
    BOOST_TEST(!milk.list_id().has_value());
}

BOOST_AUTO_TEST_CASE(a_new_row_bears_the_time_of_its_making) {
    const todo::Todo milk = todos.create({.title = "Buy milk"});
    const std::int64_t made = clock.wall_now().time_since_epoch().count();
    BOOST_TEST(milk.created_at() == made);
    clock.advance(std::chrono::seconds(5));
    milk.set_done(true);
    BOOST_TEST(milk.created_at() == made);
    BOOST_TEST(milk.updated_at() == made + 5'000'000);
}

BOOST_AUTO_TEST_CASE(a_setter_changes_one_field) {
    const todo::Todo milk = todos.create({.title = "Buy milk", .visits = 2});
    milk.set_done(true);
    BOOST_TEST(milk.done());
    BOOST_TEST(milk.title() == "Buy milk");
    BOOST_TEST(milk.visits() == 2);
    milk.set_title("Buy bread");
    milk.set_priority(todo::Priority::low);
    BOOST_TEST(milk.title() == "Buy bread");
    BOOST_TEST((milk.priority() == todo::Priority::low));
    BOOST_TEST(milk.done());
}

BOOST_AUTO_TEST_CASE(an_optional_field_is_set_and_cleared) {
    const todo::Todo milk = todos.create({.title = "Buy milk"});
    milk.set_due(0);
    BOOST_TEST(milk.due().value() == 0);
    milk.clear_due();
    BOOST_TEST(!milk.due().has_value());
}

BOOST_AUTO_TEST_CASE(a_counter_adds_up) {
    const todo::Todo milk = todos.create({.title = "Buy milk", .visits = 10});
    milk.add_visits(5);
    milk.add_visits(-2);
    BOOST_TEST(milk.visits() == 13);
    milk.set_visits(1);
    BOOST_TEST(milk.visits() == 1);
}

BOOST_AUTO_TEST_CASE(a_set_takes_elements_in_and_out) {
    const todo::Todo milk = todos.create({.title = "Buy milk", .tags = {"b"}});
    milk.insert_tags({"c", "a", "b"});
    BOOST_TEST(milk.tags() == (Strings{"a", "b", "c"}));
    milk.erase_tags({"b", "unknown"});
    BOOST_TEST(milk.tags() == (Strings{"a", "c"}));
    milk.set_tags({"z"});
    BOOST_TEST(milk.tags() == (Strings{"z"}));
    milk.set_tags({});
    BOOST_TEST(milk.tags().empty());
}

BOOST_AUTO_TEST_CASE(a_patch_changes_the_fields_it_names_and_is_one_mutation) {
    const todo::Todo milk =
        todos.create({.title = "Buy milk", .tags = {"a"}, .visits = 1, .due = 5, .list_id = "l"});
    const std::uint64_t pending = replica.sync_state().pending;
    milk.update({.done = true,
                 .tags = syncline::insert({"b"}),
                 .visits = syncline::add(4),
                 .due = syncline::cleared});
    BOOST_TEST(replica.sync_state().pending == pending + 1);
    BOOST_TEST(milk.title() == "Buy milk");
    BOOST_TEST(milk.done());
    BOOST_TEST(milk.tags() == (Strings{"a", "b"}));
    BOOST_TEST(milk.visits() == 5);
    BOOST_TEST(!milk.due().has_value());
    BOOST_TEST(milk.list_id().value() == "l");
}

BOOST_AUTO_TEST_CASE(a_patch_assigns_counters_and_sets_too) {
    const todo::Todo milk = todos.create({.title = "Buy milk", .tags = {"a"}, .visits = 1});
    milk.update({.title = "Bread", .tags = {"x", "y"}, .visits = 7, .due = 3, .list_id = "l"});
    BOOST_TEST(milk.title() == "Bread");
    BOOST_TEST(milk.tags() == (Strings{"x", "y"}));
    BOOST_TEST(milk.visits() == 7);
    BOOST_TEST(milk.due().value() == 3);
    milk.update({.tags = syncline::erase({"x"}), .list_id = syncline::cleared});
    BOOST_TEST(milk.tags() == (Strings{"y"}));
    BOOST_TEST(!milk.list_id().has_value());
    milk.update({.tags = syncline::cleared});
    BOOST_TEST(milk.tags().empty());
}

BOOST_AUTO_TEST_CASE(an_empty_patch_writes_nothing) {
    const todo::Todo milk = todos.create({.title = "Buy milk"});
    const std::uint64_t pending = replica.sync_state().pending;
    milk.update({});
    milk.insert_tags({});
    BOOST_TEST(replica.sync_state().pending == pending);
}

BOOST_AUTO_TEST_CASE(set_creates_what_is_not_there) {
    const todo::Todo milk = todos.get("milk");
    BOOST_TEST(!milk.exists());
    milk.set({.title = "Buy milk", .visits = 2});
    BOOST_TEST(milk.title() == "Buy milk");
    BOOST_TEST(milk.id() == "milk");
    BOOST_TEST(todos.count() == 1U);
}

BOOST_AUTO_TEST_CASE(set_replaces_every_field_but_the_time_of_making) {
    const todo::Todo milk = todos.create(
        {.title = "Buy milk", .done = true, .tags = {"a"}, .visits = 5, .due = 1, .list_id = "l"});
    const std::int64_t made = milk.created_at();
    clock.advance(std::chrono::seconds(1));
    milk.set({.title = "Bread", .visits = 2});
    BOOST_TEST(milk.title() == "Bread");
    BOOST_TEST(!milk.done());
    BOOST_TEST(milk.tags().empty());
    BOOST_TEST(milk.visits() == 2);
    BOOST_TEST(!milk.due().has_value());
    BOOST_TEST(!milk.list_id().has_value());
    BOOST_TEST(milk.created_at() == made);
}

BOOST_AUTO_TEST_CASE(a_removed_row_is_gone_for_every_handle) {
    const todo::Todo milk = todos.create({.title = "Buy milk"});
    const todo::Todo same = todos.get(milk.id());
    BOOST_TEST(milk.remove());
    BOOST_TEST(!same.exists());
    BOOST_TEST(!same.get().has_value());
    BOOST_TEST(!same.remove());
}

BOOST_AUTO_TEST_CASE(an_accessor_without_a_row_names_entity_and_id) {
    const todo::Todo nothing = todos.get("nowhere");
    BOOST_CHECK_EXCEPTION(nothing.title(), syncline::NotFound, [](const auto& error) {
        const std::string text = error.what();
        return text.find("todo") != text.npos && text.find("nowhere") != text.npos;
    });
    BOOST_CHECK_THROW(nothing.set_done(true), syncline::NotFound);
    BOOST_CHECK_THROW(nothing.update({.done = true}), syncline::NotFound);
}

BOOST_AUTO_TEST_CASE(a_view_stays_as_it_was_when_it_was_read) {
    const todo::Todo milk = todos.create({.title = "Buy milk", .tags = {"a"}});
    const std::optional<todo::TodoView> before = milk.get();
    const std::string_view title = before->title();
    milk.update({.title = "Bread", .tags = {"b"}});
    BOOST_TEST(title == "Buy milk");
    BOOST_TEST(before->tags().contains("a"));
    BOOST_TEST((*before != *milk.get()));
    BOOST_TEST((*milk.get() == *milk.get()));
}

BOOST_AUTO_TEST_CASE(a_row_is_pending_until_the_server_has_it) {
    const todo::Todo milk = todos.create({.title = "Buy milk"});
    BOOST_TEST(milk.pending());
    receive(RemotePage().put({.id = "bread", .title = "Bread"}));
    BOOST_TEST(!todos.get("bread").pending());
    BOOST_TEST(milk.pending());
}

BOOST_AUTO_TEST_CASE(a_reference_is_followed_to_the_row_it_names) {
    const todo::List home = lists.create({.title = "Home"});
    const todo::Todo milk = todos.create({.title = "Buy milk", .list_id = home.id()});
    BOOST_TEST((milk.list().value() == home));
    BOOST_TEST(milk.list()->title() == "Home");
    milk.clear_list_id();
    BOOST_TEST(!milk.list().has_value());
    milk.set_list_id("nowhere");
    BOOST_TEST(!milk.list()->exists());
}

BOOST_AUTO_TEST_CASE(the_rows_that_refer_to_a_row_are_found) {
    const todo::List home = lists.create({.title = "Home"});
    todos.create({.id = "1", .title = "milk", .list_id = home.id()});
    todos.create({.id = "2", .title = "work", .list_id = "office"});
    todos.create({.id = "3", .title = "bread", .list_id = home.id()});
    BOOST_TEST(titles(home.todos().all()) == "milk bread");
    BOOST_TEST(home.todos().count() == 2U);
}

BOOST_AUTO_TEST_CASE(handles_are_equal_if_they_name_one_row) {
    BOOST_TEST((todos.get("a") == todos.get("a")));
    BOOST_TEST((todos.get("a") != todos.get("b")));
}

BOOST_AUTO_TEST_SUITE_END()
