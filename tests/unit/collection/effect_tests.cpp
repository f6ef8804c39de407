#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <vector>

#include "model_fixture.hpp"
#include "syncline/reactive/reactive.hpp"

using syncline::Computed;
using syncline::Effect;
using todo::TodoFields;

namespace {

struct EffectFixture : ModelFixture {
    todo::Todo milk = todos.create({.id = "milk", .title = "milk"});
    todo::Todo bread = todos.create({.id = "bread", .title = "bread"});
    int runs = 0;
};

struct InlineFixture : ModelFixture {
    InlineFixture() : ModelFixture(false) {}
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(effect_tests, EffectFixture)

BOOST_AUTO_TEST_CASE(effect_on_one_field_runs_for_it) {
    std::string title;
    const Effect watch([&] {
        title = milk.title();
        ++runs;
    });
    milk.set_title("cream");
    BOOST_TEST(title == "cream");
    BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(effect_on_one_field_does_not_run_for_another) {
    const Effect watch([&] {
        milk.title();
        ++runs;
    });
    milk.set_done(true);
    milk.add_visits(3);
    milk.insert_tags({"a"});
    milk.set_due(5);
    BOOST_TEST(runs == 1);
}

BOOST_AUTO_TEST_CASE(effect_may_read_a_whole_state) {
    std::string both;
    const Effect watch([&] {
        model.read([&] { both = milk.title() + bread.title(); });
        ++runs;
    });
    BOOST_TEST(runs == 1);
    milk.set_title("cream");
    BOOST_TEST(both == "creambread");
    BOOST_TEST(runs == 2);
    // What is committed meanwhile is not in that state: it is read again.
    bool seen = false;
    bool told = false;
    const Effect late([&] {
        model.read([&] {
            seen = todos.has("oats");
            if (told) return;
            told = true;
            receive(RemotePage().put({.id = "oats", .title = "oats"}));
        });
    });
    executor.run_until_idle();
    BOOST_TEST(seen);
}

BOOST_AUTO_TEST_CASE(effect_may_write_in_a_transaction_what_it_finds_missing_there) {
    const Effect watch([&] {
        model.transaction([&] {
            if (!todos.has("salt")) todos.create({.id = "salt", .title = "salt"});
        });
        ++runs;
    });
    BOOST_TEST(todos.has("salt"));
    BOOST_TEST(runs <= 3);
    todos.get("salt").remove();
    BOOST_TEST(todos.has("salt"));
    BOOST_TEST(runs <= 6);
}

BOOST_AUTO_TEST_CASE(effect_on_one_row_does_not_run_for_another) {
    const Effect watch([&] {
        milk.title();
        ++runs;
    });
    bread.set_title("rye");
    bread.remove();
    todos.create({.title = "eggs"});
    BOOST_TEST(runs == 1);
}

BOOST_AUTO_TEST_CASE(effect_on_a_field_does_not_run_when_it_is_set_to_what_it_is) {
    const Effect watch([&] {
        milk.title();
        ++runs;
    });
    milk.set_title("milk");
    BOOST_TEST(runs == 1);
}

BOOST_AUTO_TEST_CASE(effect_on_a_row_runs_for_each_of_its_fields) {
    const Effect watch([&] {
        milk.get();
        ++runs;
    });
    milk.set_done(true);
    milk.set_title("cream");
    bread.set_done(true);
    BOOST_TEST(runs == 3);
}

BOOST_AUTO_TEST_CASE(effect_on_existence_runs_when_a_row_comes_and_goes_only) {
    const todo::Todo eggs = todos.get("eggs");
    std::vector<bool> seen;
    const Effect watch([&] { seen.push_back(eggs.exists()); });
    eggs.set({.title = "eggs"});
    eggs.set_title("six eggs");
    eggs.remove();
    BOOST_TEST(seen == (std::vector<bool>{false, true, false}));
}

BOOST_AUTO_TEST_CASE(effect_on_has_follows_the_row) {
    std::vector<bool> seen;
    const Effect watch([&] { seen.push_back(todos.has("eggs")); });
    todos.create({.id = "eggs", .title = "eggs"});
    todos.create({.id = "ham", .title = "ham"});
    BOOST_TEST(seen == (std::vector<bool>{false, true}));
}

BOOST_AUTO_TEST_CASE(effect_that_waits_for_a_row_runs_when_its_field_appears) {
    const todo::Todo eggs = todos.get("eggs");
    std::vector<std::string> seen;
    const Effect watch([&] {
        try {
            seen.push_back(eggs.done() ? "done" : "open");
        } catch (const syncline::NotFound&) {
            seen.push_back("none");
        }
    });
    eggs.set({.title = "eggs"});
    BOOST_TEST(seen == (std::vector<std::string>{"none", "open"}));
}

BOOST_AUTO_TEST_CASE(effect_on_pending_does_not_run_for_values) {
    receive(RemotePage().put({.id = "eggs", .title = "eggs"}));
    executor.run_until_idle();
    const todo::Todo eggs = todos.get("eggs");
    std::vector<bool> seen;
    const Effect watch([&] { seen.push_back(eggs.pending()); });
    receive(RemotePage().put({.id = "eggs", .title = "six eggs"}));
    executor.run_until_idle();
    BOOST_TEST(seen == (std::vector<bool>{false}));
    eggs.set_done(true);
    eggs.set_done(false);
    BOOST_TEST(seen == (std::vector<bool>{false, true}));
}

BOOST_AUTO_TEST_CASE(effect_on_count_runs_when_the_number_changes_only) {
    std::vector<std::uint64_t> seen;
    const Effect watch([&] { seen.push_back(todos.count()); });
    todos.create({.title = "eggs"});
    milk.set_done(true);
    milk.remove();
    BOOST_TEST(seen == (std::vector<std::uint64_t>{2, 3, 2}));
}

BOOST_AUTO_TEST_CASE(effect_on_find_runs_for_any_row) {
    std::string seen;
    const Effect watch([&] {
        seen = titles(todos.find([](const todo::TodoView& each) { return each.done(); }));
        ++runs;
    });
    milk.set_done(true);
    BOOST_TEST(seen == "milk");
    bread.set_title("rye");
    BOOST_TEST(runs == 3);
    lists.create({.title = "home"});
    BOOST_TEST(runs == 3);
}

BOOST_AUTO_TEST_CASE(effects_see_transactions_whole) {
    std::vector<std::string> seen;
    const Effect watch([&] {
        seen.push_back(milk.title() + "+" + bread.title() + "+" + std::to_string(todos.count()));
    });
    model.transaction([&] {
        milk.set_title("cream");
        bread.set_title("rye");
        todos.create({.title = "eggs"});
        BOOST_TEST(seen.size() == 1U);
    });
    BOOST_TEST(seen == (std::vector<std::string>{"milk+bread+2", "cream+rye+3"}));
}

BOOST_AUTO_TEST_CASE(a_transaction_that_is_rolled_back_runs_no_effect) {
    const Effect watch([&] {
        milk.title();
        todos.count();
        ++runs;
    });
    const auto fail = [&] {
        milk.set_title("cream");
        todos.create({.title = "eggs"});
        throw std::runtime_error("no");
    };
    BOOST_CHECK_THROW(model.transaction(fail), std::runtime_error);
    BOOST_TEST(runs == 1);
}

BOOST_AUTO_TEST_CASE(a_transaction_that_ends_where_it_began_runs_no_effect) {
    const Effect watch([&] {
        milk.title();
        todos.count();
        ++runs;
    });
    model.transaction([&] {
        milk.set_title("cream");
        milk.set_title("milk");
        const todo::Todo eggs = todos.create({.title = "eggs"});
        eggs.remove();
    });
    BOOST_TEST(runs == 1);
}

BOOST_AUTO_TEST_CASE(a_computed_that_looked_into_a_transaction_forgets_what_was_rolled_back) {
    const Computed<std::string> title([&] { return milk.title(); });
    const Computed<std::uint64_t> count([&] { return todos.count(); });
    const auto fail = [&] {
        milk.set_title("cream");
        todos.create({.title = "eggs"});
        BOOST_TEST(title.get() == "cream");
        BOOST_TEST(count.get() == 3U);
        throw std::runtime_error("no");
    };
    BOOST_CHECK_THROW(model.transaction(fail), std::runtime_error);
    BOOST_TEST(title.get() == "milk");
    BOOST_TEST(count.get() == 2U);
}

BOOST_AUTO_TEST_CASE(a_computed_of_a_field_stops_what_does_not_change_it) {
    const Computed<bool> long_title([&] { return milk.title().size() > 10; });
    const Effect watch([&] {
        long_title.get();
        ++runs;
    });
    milk.set_title("cream");
    BOOST_TEST(runs == 1);
    milk.set_title("a lot of whole milk");
    BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(a_computed_that_nobody_observes_is_never_stale) {
    const Computed<std::string> title([&] { return milk.title(); });
    for (int i = 0; i < 300; ++i) {
        milk.set_title(std::to_string(i));
        BOOST_REQUIRE_EQUAL(title.get(), std::to_string(i));
        // Others come and go meanwhile, so that unobserved rows are forgotten.
        const Effect watch([&] { todos.get(std::to_string(i)).exists(); });
    }
}

BOOST_AUTO_TEST_CASE(an_effect_may_write_and_settles) {
    const Effect limit([&] {
        if (milk.visits() > 3) milk.set_visits(3);
    });
    milk.set_visits(10);
    BOOST_TEST(milk.visits() == 3);
}

BOOST_AUTO_TEST_CASE(an_effect_sees_the_count_of_what_it_wrote) {
    std::uint64_t seen = 0;
    const Effect watch([&] {
        if (milk.done() && !todos.has("log")) {
            todos.create({.id = "log", .title = "milk is done"});
            seen = todos.count();
        }
    });
    milk.set_done(true);
    BOOST_TEST(seen == 3U);
}

BOOST_AUTO_TEST_CASE(what_an_effect_throws_comes_out_of_the_write_which_is_done) {
    const Effect watch([&] {
        if (milk.done()) throw std::runtime_error("from the effect");
    });
    BOOST_CHECK_THROW(milk.set_done(true), std::runtime_error);
    BOOST_TEST(milk.done());
}

BOOST_AUTO_TEST_CASE(a_remote_page_arrives_on_the_executor_as_one_batch) {
    std::vector<std::string> seen;
    const Effect watch([&] { seen.push_back(milk.title() + "+" + std::to_string(todos.count())); });
    receive(RemotePage().put({.id = "eggs", .title = "eggs"}).put({.id = "ham", .title = "ham"}));
    BOOST_TEST(seen.size() == 1U);
    BOOST_TEST(todos.count() == 4U);
    executor.run_until_idle();
    BOOST_TEST(seen == (std::vector<std::string>{"milk+2", "milk+4"}));
}

BOOST_AUTO_TEST_CASE(a_remote_change_that_waits_does_not_hide_a_local_one) {
    std::string seen;
    const Effect watch([&] { seen = milk.title(); });
    receive(RemotePage().put({.id = "eggs", .title = "eggs"}));
    milk.set_title("cream");
    BOOST_TEST(seen == "cream");
    executor.run_until_idle();
    BOOST_TEST(seen == "cream");
}

BOOST_AUTO_TEST_CASE(rows_are_recorded_only_while_somebody_observes_rows) {
    BOOST_TEST(!model.wants_rows(todo::Todo::schema()));
    const Effect count([&] { todos.count(); });
    BOOST_TEST(!model.wants_rows(todo::Todo::schema()));
    {
        const Effect watch([&] { milk.title(); });
        BOOST_TEST(model.wants_rows(todo::Todo::schema()));
        BOOST_TEST(!model.wants_rows(todo::List::schema()));
    }
    for (int i = 0; i < 200; ++i) bread.set_visits(i);
    BOOST_TEST(!model.wants_rows(todo::Todo::schema()));
}

BOOST_AUTO_TEST_CASE(reads_outside_of_effects_leave_no_trace) {
    milk.title();
    milk.get();
    milk.exists();
    todos.all();
    BOOST_TEST(!model.wants_rows(todo::Todo::schema()));
}

BOOST_AUTO_TEST_CASE(thousands_of_rows_observed_in_turn_are_forgotten) {
    std::vector<std::unique_ptr<Effect>> effects;
    for (int i = 0; i < 2000; ++i) {
        todos.create({.id = std::to_string(i), .title = "t"});
        effects.push_back(std::make_unique<Effect>([&, i] {
            todos.get(std::to_string(i)).title();
            ++runs;
        }));
    }
    todos.get("1234").set_title("u");
    BOOST_TEST(runs == 2001);
    effects.clear();
    for (int i = 0; i < 3000; ++i) milk.set_visits(i);
    BOOST_TEST(!model.wants_rows(todo::Todo::schema()));
}

BOOST_AUTO_TEST_CASE(effects_on_relations_follow_both_sides) {
    const todo::List home = lists.create({.id = "home", .title = "Home"});
    std::string name;
    std::uint64_t size = 0;
    const Effect follow([&] {
        const auto list = milk.list();
        name = list ? list->title() : "none";
    });
    const Effect refer([&] { size = home.todos().count(); });
    milk.set_list_id("home");
    BOOST_TEST(name == "Home");
    BOOST_TEST(size == 1U);
    home.set_title("House");
    BOOST_TEST(name == "House");
    milk.clear_list_id();
    BOOST_TEST(name == "none");
    BOOST_TEST(size == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(effect_inline_tests, InlineFixture)

BOOST_AUTO_TEST_CASE(a_remote_page_is_told_at_once_without_an_executor) {
    std::uint64_t seen = 0;
    const Effect watch([&] { seen = todos.count(); });
    receive(RemotePage().put({.id = "eggs", .title = "eggs"}));
    BOOST_TEST(seen == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
