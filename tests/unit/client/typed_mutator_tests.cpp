#include <boost/test/unit_test.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../../examples/seats/mutators.hpp"
#include "seats_app.hpp"
#include "support/service_endpoint.hpp"
#include "support/temporary_folder.hpp"
#include "syncline/reactive/reactive.hpp"
#include "syncline/server/engine.hpp"
#include "syncline/server/sqlite_authority.hpp"
#include "syncline/testing/manual_executor.hpp"
#include "syncline/testing/memory_transport.hpp"

// Named mutations with typed arguments, from the App to the engine and back, on virtual time.

using namespace std::chrono_literals;
using namespace syncline;

namespace {

struct Hall {
    Hall() { seats::set_mutators(engine); }

    std::unique_ptr<seats::App> open(std::string database = "") {
        ClientOptions options;
        options.scope = "hall";
        options.database = std::move(database);
        options.transport = std::make_shared<testing::MemoryTransport>(endpoint, executor);
        options.clock = &clock;
        options.sync_executor = &executor;
        options.random_seed = ++seeds;
        auto app = std::make_unique<seats::App>(std::move(options));
        seats::set_mutators(*app);
        return app;
    }

    bool sync(seats::App& app) {
        std::optional<SyncResult> result;
        app.sync_async([&](const SyncResult& done) { result = done; });
        executor.run_until_idle();
        while (!result && executor.advance_to_next_timer()) {
        }
        executor.run_until_idle();
        return result && result->ok;
    }

    static std::string taken(const seats::App& app) {
        std::string text;
        for (const auto& seat : app.seats.all()) {
            text += std::string(seat.id()) + " " + std::string(seat.guest()) + ", ";
        }
        return text;
    }

    testing::ManualClock clock;
    testing::ManualExecutor executor{clock};
    server::SqliteAuthority authority{"", Durability::normal, Random(1)};
    server::Engine engine{authority, seats::schema(), clock};
    server::Service service{engine};
    test::ServiceEndpoint endpoint{service};
    std::uint64_t seeds = 0;
    std::unique_ptr<seats::App> anna = open();
    std::unique_ptr<seats::App> ben = open();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(typed_mutator_tests, Hall)

BOOST_AUTO_TEST_CASE(a_call_is_predicted_at_once_and_decided_by_the_same_code) {
    const auto write = anna->write(anna->book({.guest = "Anna", .seat_id = "B2"}));
    BOOST_TEST(taken(*anna) == "B2 Anna, ");
    BOOST_TEST(anna->seats.get("B2").pending());
    BOOST_TEST(sync(*anna));
    BOOST_TEST((write.state() == WriteState::applied));
    BOOST_TEST(!anna->seats.get("B2").pending());
    BOOST_TEST(sync(*ben));
    BOOST_TEST(taken(*ben) == "B2 Anna, ");
}

BOOST_AUTO_TEST_CASE(what_the_server_decides_otherwise_replaces_the_prediction_in_one_change) {
    BOOST_TEST(sync(*anna));
    anna->book({.guest = "Anna"});
    BOOST_TEST(taken(*anna) == "A1 Anna, ");
    ben->book({.guest = "Ben"});
    BOOST_TEST(sync(*ben));
    std::vector<std::string> seen;
    const Effect watch([&] { seen.push_back(taken(*anna)); });
    BOOST_TEST(sync(*anna));
    BOOST_TEST(seen == (std::vector<std::string>{"A1 Anna, ", "A1 Ben, A2 Anna, "}));
}

BOOST_AUTO_TEST_CASE(a_prediction_is_corrected_by_what_others_did_before_the_server_decides) {
    BOOST_TEST(sync(*anna));
    ben->book({.guest = "Ben"});
    BOOST_TEST(sync(*ben));
    anna->book({.guest = "Anna"});
    anna->book({.guest = "Carl"});
    BOOST_TEST(taken(*anna) == "A1 Anna, A2 Carl, ");
    const auto pulled = engine.pull({.scope = "hall",
                                     .client = ClientId{{1, 2}},
                                     .epoch = engine.epoch(),
                                     .cursor = anna->cursor()});
    const auto outcome = anna->model().replica().apply_page(pulled.message).outcome;
    BOOST_TEST((outcome == PageOutcome::applied));
    BOOST_TEST(taken(*anna) == "A1 Ben, A2 Anna, A3 Carl, ");
    BOOST_TEST(!anna->seats.get("A1").pending());
    BOOST_TEST(anna->seats.get("A3").pending());
}

BOOST_AUTO_TEST_CASE(what_a_replay_predicts_bears_the_time_of_the_mutation) {
    anna->book({.guest = "Anna"});
    const auto made_at = anna->seats.get("A1").created_at();
    clock.advance(1h);
    ben->book({.guest = "Ben", .seat_id = "C4"});
    BOOST_TEST(sync(*ben));
    BOOST_TEST(sync(*anna));
    BOOST_TEST(anna->seats.get("A1").created_at() == made_at);
    BOOST_TEST(made_at > 0);
}

BOOST_AUTO_TEST_CASE(a_rejection_takes_the_prediction_back_and_keeps_the_arguments) {
    BOOST_TEST(sync(*anna));
    ben->book({.guest = "Ben", .seat_id = "A1"});
    BOOST_TEST(sync(*ben));
    anna->book({.guest = "Anna", .seat_id = "A1"});
    BOOST_TEST(taken(*anna) == "A1 Anna, ");
    BOOST_TEST(sync(*anna));
    BOOST_TEST(taken(*anna) == "A1 Ben, ");
    const auto rejected = anna->rejected();
    BOOST_REQUIRE(rejected.size() == 1U);
    BOOST_TEST(rejected[0].entity == seats::mutators::book.name);
    BOOST_TEST(rejected[0].code == "taken");
    BOOST_TEST(rejected[0].reason == "Seat A1 is taken.");
    auto wanted = seats::mutators::book.decode(rejected[0].payload);
    BOOST_REQUIRE(wanted.has_value());
    BOOST_TEST(wanted->guest == "Anna");
    wanted->seat_id = "A2";
    anna->retry(rejected[0].id, seats::mutators::book.encode(*wanted));
    BOOST_TEST(sync(*anna));
    BOOST_TEST(taken(*anna) == "A1 Ben, A2 Anna, ");
    BOOST_TEST(anna->rejected_count() == 0U);
}

BOOST_AUTO_TEST_CASE(a_mutator_that_refuses_when_it_is_called_makes_no_mutation) {
    anna->book({.guest = "Anna", .seat_id = "A1"});
    BOOST_CHECK_EXCEPTION(anna->book({.guest = "Ben", .seat_id = "A1"}), Reject,
                          [](const Reject& refused) { return refused.word() == "taken"; });
    BOOST_TEST(anna->pending() == 1U);
}

BOOST_AUTO_TEST_CASE(several_calls_and_writes_are_one_transaction) {
    BOOST_TEST(sync(*anna));
    ben->book({.guest = "Ben", .seat_id = "C1"});
    BOOST_TEST(sync(*ben));
    anna->transaction([&] {
        anna->book({.guest = "Anna"});
        BOOST_TEST(anna->seats.count() == 1U);
        anna->book({.guest = "Carl", .seat_id = "C1"});
        anna->seats.get("A1").set_guest("Anna Karenina");
    });
    BOOST_TEST(taken(*anna) == "A1 Anna Karenina, C1 Carl, ");
    BOOST_TEST(sync(*anna));
    BOOST_TEST(taken(*anna) == "C1 Ben, ");
    BOOST_TEST(anna->rejected_count() == 3U);
}

BOOST_AUTO_TEST_CASE(a_mutator_may_remove_and_an_effect_may_call_it) {
    anna->book({.guest = "Anna", .seat_id = "A1"});
    const Effect watch([&] {
        const auto seat = anna->seats.get("A1").get();
        if (seat && seat->guest() == "Ben") anna->give_back({.guest = "Ben", .seat_id = "A1"});
    });
    anna->seats.get("A1").set_guest("Ben");
    BOOST_TEST(taken(*anna) == "");
    BOOST_TEST(sync(*anna));
    BOOST_TEST(sync(*ben));
    BOOST_TEST(taken(*ben) == "");
    BOOST_TEST(anna->rejected_count() == 0U);
}

BOOST_AUTO_TEST_CASE(reads_of_a_mutator_do_not_make_its_callers_effect_run_again) {
    int runs = 0;
    const Effect watch([&] {
        ++runs;
        if (anna->pending() == 0) anna->book({.guest = "Anna"});
    });
    const int before = runs;
    anna->seats.get("A1").set_guest("Ben");
    BOOST_TEST(runs <= before + 1);  // `pending` has changed, rows do not matter
}

BOOST_AUTO_TEST_CASE(arguments_in_a_file_that_are_none_predict_nothing_and_are_rejected) {
    anna->mutate(std::string(seats::mutators::book.name),
                 seats::mutators::book.encode({"Anna", {}}));
    BOOST_CHECK_THROW(anna->mutate("book", to_bytes(as_bytes("rubbish"))), InvalidArgument);
    anna->set_mutator("book", [](Replica&, ByteView) {});
    anna->mutate("book", to_bytes(as_bytes("rubbish")));
    seats::set_mutators(*anna);
    BOOST_TEST(sync(*anna));
    BOOST_REQUIRE(anna->rejected_count() == 1U);
    BOOST_TEST(anna->rejected()[0].code == "invalid");
    BOOST_TEST(anna->rejected()[0].reason.find("the arguments of book") == 0U);
    BOOST_TEST(!seats::mutators::book.decode(anna->rejected()[0].payload).has_value());
}

BOOST_AUTO_TEST_CASE(what_was_called_offline_is_found_again_after_a_restart) {
    TemporaryFolder folder;
    const std::string file = (folder.path() / "anna.db").string();
    MutationId id;
    {
        const auto app = open(file);
        id = app->write(app->book({.guest = "Anna"})).id();
    }
    const auto app = open(file);
    BOOST_TEST(taken(*app) == "A1 Anna, ");
    const auto write = app->find_write(id);
    BOOST_REQUIRE(write.has_value());
    ben->book({.guest = "Ben"});
    BOOST_TEST(sync(*ben));
    BOOST_TEST(sync(*app));
    BOOST_TEST((write->state() == WriteState::applied));
    BOOST_TEST(taken(*app) == "A1 Ben, A2 Anna, ");
}

BOOST_AUTO_TEST_CASE(explain_shows_the_arguments) {
    anna->book({.guest = "Anna", .seat_id = "C2"});
    const auto why = anna->seats.explain("C2");
    BOOST_REQUIRE(why.pending.size() == 1U);
    BOOST_TEST(why.pending[0].change == "book(guest = \"Anna\", seat_id = \"C2\")");
}

BOOST_AUTO_TEST_CASE(a_created_row_needs_an_id_of_its_own) {
    anna->set_mutator(seats::mutators::book, [](seats::Rows& rows, const seats::Booking& wanted) {
        rows.seats.create({.guest = wanted.guest});
    });
    BOOST_CHECK_THROW(anna->book({.guest = "Anna"}), InvalidArgument);
    BOOST_TEST(anna->pending() == 0U);
    BOOST_TEST(anna->new_id() != anna->new_id());
}

BOOST_AUTO_TEST_CASE(rows_are_found_updated_and_set) {
    anna->set_mutator(seats::mutators::book, [](seats::Rows& rows, const seats::Booking& wanted) {
        BOOST_CHECK_THROW(rows.seats.get("A1"), NotFound);
        BOOST_CHECK_THROW(rows.seats.update("A1", {}), NotFound);
        BOOST_TEST(!rows.seats.remove("A1"));
        rows.seats.set("A1", {.guest = wanted.guest});
        BOOST_TEST(rows.seats.get("A1").guest() == wanted.guest);
        rows.seats.update("A1", {});
        rows.seats.update("A1", {.guest = "Carl"});
        BOOST_TEST(rows.seats.find("A1")->guest() == "Carl");
        rows.seats.set("A1", {.guest = "Dora"});
        BOOST_TEST((rows.made_at() ==
                    WallTime(std::chrono::microseconds(rows.seats.get("A1").created_at()))));
    });
    anna->book({.guest = "Anna"});
    BOOST_TEST(taken(*anna) == "A1 Dora, ");
}

BOOST_AUTO_TEST_SUITE_END()
