#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <vector>

#include "syncline/reactive/reactive.hpp"
#include "todo_app.hpp"

// The program of the README, with no server anywhere.

namespace {

struct AppFixture {
    todo::App app{{.scope = "user:demo"}};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(app_tests, AppFixture)

BOOST_AUTO_TEST_CASE(what_is_written_is_seen_by_effects_and_queries) {
    std::vector<std::uint64_t> counts;
    const syncline::Effect watch([&] { counts.push_back(app.todos.count()); });
    const todo::Todo milk = app.todos.create({.title = "Buy milk"});
    app.transaction([&] {
        app.todos.create({.title = "Bread"});
        app.todos.create({.title = "Eggs"});
    });
    milk.set_done(true);
    const auto open = app.todos.find([](const todo::TodoView& each) { return !each.done(); });
    BOOST_TEST(open.size() == 2U);
    BOOST_TEST(counts == (std::vector<std::uint64_t>{0, 1, 3}));
    BOOST_TEST(app.pending() == 4U);
}

BOOST_AUTO_TEST_CASE(a_transaction_that_throws_is_undone) {
    const auto fail = [&] {
        app.todos.create({.title = "Buy milk"});
        throw std::runtime_error("no");
    };
    BOOST_CHECK_THROW(app.transaction(fail), std::runtime_error);
    BOOST_TEST(app.todos.count() == 0U);
    BOOST_TEST(app.pending() == 0U);
}

BOOST_AUTO_TEST_CASE(effects_have_run_when_a_named_mutation_returns) {
    app.set_mutator("finish", [](syncline::Replica& replica, syncline::ByteView id) {
        syncline::PatchBuilder patch(todo::Todo::schema());
        patch.assign(todo::TodoFields::done.id).scalar(todo::TodoFields::done.id, true);
        replica.update(todo::Todo::schema(), syncline::as_text(id), patch.finish());
    });
    const todo::Todo milk = app.todos.create({.title = "Buy milk"});
    bool done = false;
    const syncline::Effect watch([&] { done = milk.done(); });
    app.mutate("finish", syncline::to_bytes(syncline::as_bytes(milk.id())));
    BOOST_TEST(done);
}

BOOST_AUTO_TEST_CASE(an_effect_of_rows_may_write_in_a_transaction) {
    const todo::Todo milk = app.todos.create({.title = "Buy milk"});
    const syncline::Effect watch([&] {
        if (app.pending() == 0 || !milk.done() || milk.visits() != 0) return;
        app.transaction([&] { milk.add_visits(1); });
    });
    app.transaction([&] { milk.set_done(true); });
    BOOST_TEST(milk.visits() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
