#include "live_window.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "syncline/base/random.hpp"
#include "todo.hpp"

namespace {

using syncline::LiveSpec;
using syncline::LiveWindow;
using syncline::Random;
using syncline::Row;

struct Values {
    std::string title;
    std::int32_t visits = 0;
    std::optional<std::int64_t> due = {};
};

Row row(const std::string& id, const Values& values) {
    syncline::RowBuilder builder(*todo::Todo::schema().table);
    todo::TodoDraft draft{.title = values.title, .visits = values.visits, .due = values.due};
    draft.write(builder);
    return Row(builder.string(todo::TodoFields::id.id, id).finish());
}

std::string ids(const std::vector<Row>& rows) {
    std::string text;
    for (const Row& each : rows) text += each.string(todo::TodoFields::id.id);
    return text;
}

LiveSpec by_visits(std::optional<std::uint64_t> limit, bool descending = false) {
    LiveSpec spec;
    spec.order_by = todo::TodoFields::visits.id;
    spec.descending = descending;
    spec.limit = limit;
    return spec;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(live_window_tests)

BOOST_AUTO_TEST_CASE(rows_come_in_the_order_of_the_field_and_ties_by_id) {
    const LiveSpec spec = by_visits(std::nullopt);
    LiveWindow window(todo::Todo::schema(), spec);
    window.put("b", row("b", {"b", 1}));
    window.put("a", row("a", {"a", 1}));
    window.put("c", row("c", {"c", 0}));
    BOOST_TEST(ids(window.rows()) == "cab");
}

BOOST_AUTO_TEST_CASE(descending_turns_the_field_round_and_leaves_ties_by_id) {
    const LiveSpec spec = by_visits(std::nullopt, true);
    LiveWindow window(todo::Todo::schema(), spec);
    window.put("b", row("b", {"b", 1}));
    window.put("a", row("a", {"a", 1}));
    window.put("c", row("c", {"c", 0}));
    BOOST_TEST(ids(window.rows()) == "abc");
}

BOOST_AUTO_TEST_CASE(absent_values_come_first) {
    LiveSpec spec;
    spec.order_by = todo::TodoFields::due.id;
    LiveWindow window(todo::Todo::schema(), spec);
    window.put("a", row("a", {"a", 0, -5}));
    window.put("b", row("b", {"b", 0, std::nullopt}));
    BOOST_TEST(ids(window.rows()) == "ba");
}

BOOST_AUTO_TEST_CASE(the_same_row_again_is_no_change) {
    const LiveSpec spec = by_visits(std::nullopt);
    LiveWindow window(todo::Todo::schema(), spec);
    BOOST_TEST(window.put("a", row("a", {"a", 1})));
    BOOST_TEST(!window.put("a", row("a", {"a", 1})));
    BOOST_TEST(window.put("a", row("a", {"A", 1})));
}

BOOST_AUTO_TEST_CASE(a_row_beyond_the_limit_is_no_change) {
    const LiveSpec spec = by_visits(1);
    LiveWindow window(todo::Todo::schema(), spec);
    window.put("a", row("a", {"a", 1}));
    BOOST_TEST(!window.put("b", row("b", {"b", 2})));
    BOOST_TEST(!window.put("b", row("b", {"b", 3})));
    BOOST_TEST(!window.drop("b"));
    BOOST_TEST(ids(window.rows()) == "a");
}

BOOST_AUTO_TEST_CASE(the_next_row_moves_up_when_one_goes) {
    const LiveSpec spec = by_visits(2);
    LiveWindow window(todo::Todo::schema(), spec);
    for (const char* id : {"a", "b", "c"}) window.put(id, row(id, {id, id[0]}));
    BOOST_TEST(window.drop("a"));
    BOOST_TEST(ids(window.rows()) == "bc");
    BOOST_TEST(!window.short_of_rows());
}

BOOST_AUTO_TEST_CASE(running_out_of_known_rows_is_said) {
    const LiveSpec spec = by_visits(1);
    LiveWindow window(todo::Todo::schema(), spec);
    for (int i = 0; i < 100; ++i) {
        const std::string id = std::to_string(1000 + i);
        window.put(id, row(id, {id, i}));
    }
    BOOST_TEST(window.full());
    int dropped = 0;
    while (!window.short_of_rows() && dropped < 100) {
        window.drop(std::to_string(1000 + dropped++));
    }
    BOOST_TEST(window.short_of_rows());
    BOOST_TEST(dropped > 1);
    BOOST_TEST(dropped < 100);
}

BOOST_AUTO_TEST_CASE(a_limit_of_nothing_shows_nothing) {
    const LiveSpec spec = by_visits(0);
    LiveWindow window(todo::Todo::schema(), spec);
    BOOST_TEST(!window.put("a", row("a", {"a", 1})));
    BOOST_TEST(window.size() == 0U);
    BOOST_TEST(!window.short_of_rows());
}

// Against the plain way: sort everything, cut.
BOOST_AUTO_TEST_CASE(thousands_of_random_changes_show_what_sorting_shows) {
    const std::uint64_t seed = Random::from_system().next();
    BOOST_TEST_MESSAGE("seed " << seed);
    Random random(seed);
    for (int round = 0; round < 200; ++round) {
        const auto limit = random.below(3) == 0 ? std::optional<std::uint64_t>()
                                                : std::optional<std::uint64_t>(random.below(6));
        const bool descending = random.below(2) == 0;
        const LiveSpec spec = by_visits(limit, descending);
        auto window = std::make_unique<LiveWindow>(todo::Todo::schema(), spec);
        std::map<std::string, std::int32_t> model;
        for (int step = 0; step < 200; ++step) {
            const std::string id = std::to_string(random.below(60));
            const auto visits = static_cast<std::int32_t>(random.below(10));
            if (random.below(3) == 0) {
                model.erase(id);
                window->drop(id);
            } else {
                model[id] = visits;
                window->put(id, row(id, {id, visits}));
            }
            if (window->short_of_rows()) {
                window = std::make_unique<LiveWindow>(todo::Todo::schema(), spec);
                for (const auto& [key, value] : model) window->put(key, row(key, {key, value}));
            }
            std::vector<std::pair<std::int32_t, std::string>> expected;
            for (const auto& [key, value] : model) {
                expected.emplace_back(descending ? -value : value, key);
            }
            std::sort(expected.begin(), expected.end());
            if (limit && expected.size() > *limit) expected.resize(*limit);
            std::string text;
            for (const auto& [order, key] : expected) text += key;
            BOOST_REQUIRE_EQUAL(ids(window->rows()), text);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
