#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "model_fixture.hpp"
#include "syncline/base/random.hpp"
#include "syncline/reactive/reactive.hpp"

using syncline::Effect;
using syncline::Random;
using todo::TodoFields;

namespace {

const auto is_open = [](const todo::TodoView& each) { return !each.done(); };

}  // namespace

BOOST_FIXTURE_TEST_SUITE(live_query_tests, ModelFixture)

BOOST_AUTO_TEST_CASE(live_query_holds_what_is_there_and_what_comes) {
    todos.create({.id = "1", .title = "milk"});
    const auto open = todos.live(is_open);
    BOOST_TEST(titles(open.rows()) == "milk");
    todos.create({.id = "2", .title = "bread"});
    todos.create({.id = "3", .title = "eggs", .done = true});
    BOOST_TEST(titles(open.rows()) == "milk bread");
    todos.get("3").set_done(false);
    todos.get("1").set_done(true);
    BOOST_TEST(titles(open.rows()) == "bread eggs");
    todos.get("2").remove();
    BOOST_TEST(titles(open.rows()) == "eggs");
    BOOST_TEST(open.size() == 1U);
    BOOST_TEST(open.first()->title() == "eggs");
}

BOOST_AUTO_TEST_CASE(live_query_keeps_the_order_of_a_field) {
    todos.create({.id = "1", .title = "a", .visits = 5});
    todos.create({.id = "2", .title = "b", .visits = 7});
    const auto busy = todos.live(is_open, TodoFields::visits, syncline::descending);
    BOOST_TEST(titles(busy.rows()) == "b a");
    todos.get("1").add_visits(10);
    BOOST_TEST(titles(busy.rows()) == "a b");
}

BOOST_AUTO_TEST_CASE(effect_on_rows_runs_only_for_rows_of_the_query) {
    todos.create({.id = "1", .title = "milk"});
    todos.create({.id = "2", .title = "eggs", .done = true});
    const auto open = todos.live(is_open);
    int runs = 0;
    const Effect watch([&] {
        open.rows();
        ++runs;
    });
    todos.get("2").set_title("six eggs");
    lists.create({.title = "home"});
    BOOST_TEST(runs == 1);
    todos.get("1").set_title("cream");
    BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(effect_on_size_does_not_run_when_a_row_changes) {
    todos.create({.id = "1", .title = "milk"});
    const auto open = todos.live(is_open);
    std::vector<std::size_t> seen;
    const Effect watch([&] { seen.push_back(open.size()); });
    todos.get("1").set_title("cream");
    todos.create({.title = "bread"});
    model.transaction([&] {
        todos.get("1").remove();
        todos.create({.title = "eggs"});
    });
    BOOST_TEST(seen == (std::vector<std::size_t>{1, 2}));
}

BOOST_AUTO_TEST_CASE(live_query_with_limit_shows_the_first_rows) {
    for (int i = 0; i < 100; ++i) {
        todos.create({.id = std::to_string(1000 + i), .title = std::to_string(i), .visits = i});
    }
    const auto top = todos.live(is_open, TodoFields::visits, syncline::descending, 3);
    BOOST_TEST(titles(top.rows()) == "99 98 97");
    todos.get("1000").set_visits(98);
    BOOST_TEST(titles(top.rows()) == "99 0 98");
}

BOOST_AUTO_TEST_CASE(live_query_with_limit_refills) {
    for (int i = 0; i < 100; ++i) {
        todos.create({.id = std::to_string(1000 + i), .title = std::to_string(i), .visits = i});
    }
    const auto top = todos.live(is_open, TodoFields::visits, syncline::ascending, 2);
    std::string seen;
    const Effect watch([&] { seen = titles(top.rows()); });
    for (int i = 0; i < 97; ++i) {
        BOOST_REQUIRE_EQUAL(seen, std::to_string(i) + " " + std::to_string(i + 1));
        todos.get(std::to_string(1000 + i)).remove();
    }
    todos.get("1097").remove();
    todos.get("1098").remove();
    BOOST_TEST(seen == "99");
    todos.create({.title = "new", .visits = 1});
    BOOST_TEST(seen == "new 99");
}

BOOST_AUTO_TEST_CASE(live_query_over_an_index_is_kept_current) {
    todos.create({.id = "1", .title = "milk", .list_id = "home"});
    const auto home = todos.query().where(TodoFields::list_id == "home").live();
    std::string seen;
    const Effect watch([&] { seen = titles(home.rows()); });
    todos.create({.id = "2", .title = "work", .list_id = "office"});
    todos.create({.id = "3", .title = "bread", .list_id = "home"});
    BOOST_TEST(seen == "milk bread");
    todos.get("2").set_list_id("home");
    todos.get("1").clear_list_id();
    BOOST_TEST(seen == "work bread");
}

BOOST_AUTO_TEST_CASE(a_live_query_cannot_have_an_offset) {
    BOOST_CHECK_THROW(todos.query().offset(1).live(), syncline::InvalidArgument);
}

BOOST_AUTO_TEST_CASE(live_query_follows_remote_pages) {
    const auto open = todos.live(is_open);
    std::string seen;
    const Effect watch([&] { seen = titles(open.rows()); });
    receive(RemotePage().put({.id = "1", .title = "milk"}).put({.id = "2", .title = "bread"}));
    BOOST_TEST(titles(open.rows()) == "milk bread");
    executor.run_until_idle();
    BOOST_TEST(seen == "milk bread");
    receive(RemotePage().remove("1"));
    executor.run_until_idle();
    BOOST_TEST(seen == "bread");
}

BOOST_AUTO_TEST_CASE(live_query_shows_no_rolled_back_rows) {
    todos.create({.id = "1", .title = "milk"});
    const auto open = todos.live(is_open);
    const syncline::Computed<std::size_t> size([&] { return open.size(); });
    const auto fail = [&] {
        todos.create({.id = "2", .title = "bread"});
        BOOST_TEST(size.get() == 2U);
        throw std::runtime_error("no");
    };
    BOOST_CHECK_THROW(model.transaction(fail), std::runtime_error);
    BOOST_TEST(size.get() == 1U);
    BOOST_TEST(titles(open.rows()) == "milk");
}

BOOST_AUTO_TEST_CASE(live_query_is_read_again_after_more_changes_than_are_recorded) {
    const auto open = todos.live(is_open);
    std::size_t seen = 99;
    const Effect watch([&] { seen = open.size(); });
    model.transaction([&] {
        for (int i = 0; i < 50'100; ++i) todos.create({.title = "t"});
    });
    BOOST_TEST(seen == 50'100U);
    todos.create({.title = "t"});
    BOOST_TEST(seen == 50'101U);
}

BOOST_AUTO_TEST_CASE(rows_are_no_longer_recorded_when_the_last_handle_is_gone) {
    {
        const auto open = todos.live(is_open);
        const auto copy = open;
        BOOST_TEST(model.wants_rows(todo::Todo::schema()));
    }
    BOOST_TEST(!model.wants_rows(todo::Todo::schema()));
}

// Against asking again: the same rows in the same order, whatever happens.
BOOST_AUTO_TEST_CASE(live_queries_equal_queries_over_thousands_of_random_operations) {
    const std::uint64_t seed = Random::from_system().next();
    BOOST_TEST_MESSAGE("seed " << seed);
    Random random(seed);
    const auto by_list = todos.query().order_by(TodoFields::list_id, syncline::descending).limit(5);
    const auto of_list = todos.query().where(TodoFields::list_id >= "1");
    const auto live_by_list = by_list.live();
    const auto live_of_list = of_list.live();
    const auto live_open = todos.live(is_open, TodoFields::visits, syncline::descending, 4);
    const auto open_by_visits = [&] {
        auto rows = todos.find(is_open);
        std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
            return std::tuple(-a.visits(), a.id()) < std::tuple(-b.visits(), b.id());
        });
        rows.erase(
            rows.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(4, rows.size())),
            rows.end());
        return rows;
    };
    const auto write = [&] {
        const todo::Todo each = todos.get(std::to_string(random.below(40)));
        const auto visits = static_cast<std::int32_t>(random.below(8));
        switch (random.below(6)) {
            case 0:
            case 1:
                each.remove();
                break;
            case 2:
                if (each.exists()) each.set_done(random.below(2) == 0);
                break;
            case 3:
                if (each.exists()) each.set_visits(visits);
                break;
            default:
                each.set({.title = "t" + std::to_string(random.below(9)),
                          .visits = visits,
                          .list_id = random.below(3) == 0 ? std::optional<std::string>()
                                                          : std::to_string(random.below(3))});
        }
    };
    std::vector<todo::TodoView> seen;
    const Effect watch([&] { seen = live_by_list.rows(); });
    for (int step = 0; step < 3000; ++step) {
        switch (random.below(4)) {
            case 0:
                model.transaction([&] {
                    for (std::uint64_t i = random.below(5); i > 0; --i) write();
                });
                break;
            case 1: {
                const std::string id = std::to_string(random.below(40));
                receive(random.below(3) == 0 ? RemotePage().remove(id)
                                             : RemotePage().put({.id = id, .title = "remote"}));
                executor.run_until_idle();
                break;
            }
            default:
                write();
        }
        BOOST_REQUIRE(live_by_list.rows() == by_list.all());
        BOOST_REQUIRE(seen == by_list.all());
        BOOST_REQUIRE(live_of_list.rows() == of_list.all());
        BOOST_REQUIRE(live_open.rows() == open_by_visits());
    }
}

BOOST_AUTO_TEST_SUITE_END()
