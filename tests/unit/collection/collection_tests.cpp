#include <boost/test/unit_test.hpp>

#include <map>
#include <string>

#include "model_fixture.hpp"
#include "syncline/base/random.hpp"
#include "syncline/reactive/reactive.hpp"

using syncline::Random;

BOOST_FIXTURE_TEST_SUITE(collection_tests, ModelFixture)

BOOST_AUTO_TEST_CASE(an_id_is_made_if_none_is_given_and_ids_ascend) {
    const todo::Todo first = todos.create({.title = "first"});
    const todo::Todo second = todos.create({.title = "second"});
    BOOST_TEST(first.id().size() == 36U);
    BOOST_TEST(first.id() < second.id());
}

BOOST_AUTO_TEST_CASE(an_id_of_ones_own_is_kept) {
    BOOST_TEST(todos.create({.id = "mine", .title = "t"}).id() == "mine");
    BOOST_TEST(todos.has("mine"));
    BOOST_TEST(!todos.has("yours"));
}

BOOST_AUTO_TEST_CASE(a_second_row_of_one_id_is_refused_and_changes_nothing) {
    todos.create({.id = "mine", .title = "first"});
    BOOST_CHECK_THROW(todos.create({.id = "mine", .title = "second"}), syncline::InvalidArgument);
    BOOST_TEST(todos.get("mine").title() == "first");
    BOOST_TEST(todos.count() == 1U);
}

BOOST_AUTO_TEST_CASE(find_gives_the_rows_that_meet_the_predicate_by_id) {
    todos.create({.id = "3", .title = "milk"});
    todos.create({.id = "1", .title = "bread", .done = true});
    todos.create({.id = "2", .title = "eggs"});
    const auto open = todos.find([](const todo::TodoView& each) { return !each.done(); });
    BOOST_TEST(titles(open) == "eggs milk");
    BOOST_TEST(titles(todos.all()) == "bread eggs milk");
}

BOOST_AUTO_TEST_CASE(collections_are_apart) {
    todos.create({.id = "1", .title = "milk"});
    lists.create({.id = "1", .title = "home"});
    lists.create({.id = "2", .title = "office"});
    BOOST_TEST(todos.count() == 1U);
    BOOST_TEST(lists.count() == 2U);
}

BOOST_AUTO_TEST_CASE(a_transaction_sees_its_writes) {
    todos.create({.id = "1", .title = "milk"});
    BOOST_TEST(todos.count() == 1U);
    model.transaction([&] {
        todos.create({.id = "2", .title = "bread"});
        todos.get("1").set_title("cream");
        BOOST_TEST(todos.count() == 2U);
        BOOST_TEST(titles(todos.all()) == "cream bread");
    });
    BOOST_TEST(todos.count() == 2U);
}

BOOST_AUTO_TEST_CASE(a_transaction_that_throws_leaves_nothing) {
    todos.create({.id = "1", .title = "milk"});
    const auto fail = [&] {
        todos.create({.id = "2", .title = "bread"});
        todos.get("1").remove();
        BOOST_TEST(todos.count() == 1U);
        throw std::runtime_error("no");
    };
    BOOST_CHECK_THROW(model.transaction(fail), std::runtime_error);
    BOOST_TEST(todos.count() == 1U);
    BOOST_TEST(titles(todos.all()) == "milk");
}

BOOST_AUTO_TEST_CASE(a_computed_cannot_write) {
    const todo::Todo milk = todos.create({.title = "milk"});
    const syncline::Computed<int> bad([&] {
        milk.set_done(true);
        return 1;
    });
    BOOST_CHECK_THROW(bad.get(), syncline::InvalidState);
    BOOST_TEST(!milk.done());
}

BOOST_AUTO_TEST_CASE(a_batch_of_signals_is_no_place_to_write_rows) {
    BOOST_CHECK_THROW(syncline::batch([&] { todos.create({.title = "milk"}); }),
                      syncline::InvalidState);
    BOOST_TEST(todos.count() == 0U);
}

BOOST_AUTO_TEST_CASE(a_whole_state_read_does_not_see_later_writes) {
    todos.create({.id = "1", .title = "milk"});
    BOOST_TEST(todos.count() == 1U);
    model.read([&] {
        BOOST_TEST(todos.count() == 1U);
        receive(RemotePage().put({.id = "2", .title = "bread"}));
        BOOST_TEST(todos.count() == 1U);
        BOOST_TEST(titles(todos.all()) == "milk");
    });
    BOOST_TEST(todos.count() == 2U);
}

// The count is kept up from commits; the truth is in the rows.
BOOST_AUTO_TEST_CASE(counts_equal_recounts_over_thousands_of_random_operations) {
    const std::uint64_t seed = Random::from_system().next();
    BOOST_TEST_MESSAGE("seed " << seed);
    Random random(seed);
    std::map<std::string, std::string> expected;
    const auto write = [&](std::map<std::string, std::string>& rows) {
        const std::string id = std::to_string(random.below(40));
        const std::string title = std::to_string(random.below(1000));
        switch (random.below(4)) {
            case 0:
                todos.get(id).remove();
                rows.erase(id);
                break;
            case 1:
                if (rows.contains(id)) {
                    todos.get(id).set_title(title);
                    rows[id] = title;
                }
                break;
            default:
                todos.get(id).set({.title = title});
                rows[id] = title;
        }
    };
    std::uint64_t seen = todos.count();
    const syncline::Effect watch([&] { seen = todos.count(); });
    for (int step = 0; step < 3000; ++step) {
        switch (random.below(5)) {
            case 0: {
                auto rows = expected;
                const bool fails = random.below(3) == 0;
                try {
                    model.transaction([&] {
                        for (std::uint64_t i = random.below(6); i > 0; --i) write(rows);
                        BOOST_REQUIRE_EQUAL(todos.count(), rows.size());
                        if (fails) throw std::runtime_error("no");
                    });
                    expected = rows;
                } catch (const std::runtime_error&) {
                }
                break;
            }
            case 1: {
                const std::string id = "remote" + std::to_string(random.below(20));
                if (random.below(2) == 0) {
                    receive(RemotePage().put({.id = id, .title = "r"}));
                    expected[id] = "r";
                } else {
                    receive(RemotePage().remove(id));
                    expected.erase(id);
                }
                executor.run_until_idle();
                break;
            }
            default:
                write(expected);
        }
        BOOST_REQUIRE_EQUAL(todos.count(), expected.size());
        BOOST_REQUIRE_EQUAL(seen, expected.size());
    }
    BOOST_TEST(todos.all().size() == expected.size());
}

BOOST_AUTO_TEST_SUITE_END()
