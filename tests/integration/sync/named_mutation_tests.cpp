// Named mutations with everything real: generated classes, files, HTTP, and the process of an
// application's own server, which decides with the code of examples/seats.

#include <boost/test/unit_test.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "../../../examples/seats/mutators.hpp"
#include "seats_app.hpp"
#include "support/server_process.hpp"
#include "support/temporary_folder.hpp"
#include "syncline/reactive/effect.hpp"

using namespace std::chrono_literals;
using namespace syncline;
using namespace syncline::test;

namespace {

// At the same port with the same file when it is started again.
class SeatsServer {
public:
    explicit SeatsServer(std::string database) : database_(std::move(database)) { start(); }

    void start() {
        process_.emplace(std::vector<std::string>{SYNCLINE_SEATS_SERVER, "--database", database_,
                                                  "--port", std::to_string(port_)});
        const std::string line = process_->read_line();
        port_ = static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
    }
    void kill() { process_.reset(); }
    bool runs() const { return process_ && !process_->ended(); }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

private:
    std::string database_;
    std::uint16_t port_ = 0;
    std::optional<ChildProcess> process_;
};

struct RealHall {
    TemporaryFolder folder;
    SeatsServer server{(folder / "server.db").string()};

    std::unique_ptr<seats::App> open(const std::string& name) {
        auto app = std::make_unique<seats::App>(ClientOptions{
            .server = server.url(), .scope = "hall", .database = folder / (name + ".db")});
        seats::set_mutators(*app);
        return app;
    }

    static std::string taken(const seats::App& app) {
        std::string text;
        for (const auto& seat : app.seats.all()) {
            text += std::string(seat.id()) + " " + std::string(seat.guest()) + ", ";
        }
        return text;
    }
};

/// What an effect sees, also on the sync thread; without repeats, as when a row is confirmed.
class Seen {
public:
    explicit Seen(const seats::App& app)
        : effect_([this, &app] {
              std::string now = RealHall::taken(app);
              const std::lock_guard lock(mutex_);
              if (texts_.empty() || texts_.back() != now) texts_.push_back(std::move(now));
          }) {}

    std::vector<std::string> texts() {
        effect_.stop_and_wait();
        const std::lock_guard lock(mutex_);
        return texts_;
    }

private:
    std::mutex mutex_;
    std::vector<std::string> texts_;
    Effect effect_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(named_mutation_tests, RealHall)

BOOST_AUTO_TEST_CASE(a_call_made_offline_is_predicted_and_corrected_by_the_server_in_one_change) {
    const auto anna = open("anna");
    const auto ben = open("ben");
    BOOST_REQUIRE(anna->sync().ok);
    ben->book({.guest = "Ben"});
    BOOST_REQUIRE(ben->sync().ok);

    server.kill();
    Seen seen(*anna);
    const auto write = anna->write(anna->book({.guest = "Anna"}));
    BOOST_TEST(taken(*anna) == "A1 Anna, ");
    BOOST_TEST(!anna->sync(2s).ok);
    BOOST_TEST(taken(*anna) == "A1 Anna, ");

    server.start();
    anna->network_available();
    BOOST_REQUIRE(anna->sync().ok);
    BOOST_TEST((write.wait(10s).state == WriteState::applied));
    BOOST_TEST(seen.texts() == (std::vector<std::string>{"", "A1 Anna, ", "A1 Ben, A2 Anna, "}));
    BOOST_TEST(anna->pending() == 0U);
}

BOOST_AUTO_TEST_CASE(what_was_predicted_right_does_not_change_when_the_server_has_decided) {
    const auto anna = open("anna");
    anna->book({.guest = "Anna", .seat_id = "C3"});
    Seen seen(*anna);
    BOOST_REQUIRE(anna->sync().ok);
    BOOST_TEST(anna->pending() == 0U);
    BOOST_TEST(seen.texts() == (std::vector<std::string>{"C3 Anna, "}));
}

BOOST_AUTO_TEST_CASE(a_rejected_call_is_found_again_after_a_restart_of_client_and_server) {
    MutationId id;
    {
        const auto anna = open("anna");
        id = anna->write(anna->book({.guest = "Anna", .seat_id = "B1"})).id();
        const auto ben = open("ben");
        ben->book({.guest = "Ben", .seat_id = "B1"});
        BOOST_REQUIRE(ben->sync().ok);
    }
    server.kill();
    server.start();
    {
        const auto anna = open("anna");
        BOOST_TEST(taken(*anna) == "B1 Anna, ");
        BOOST_REQUIRE(anna->sync().ok);
        BOOST_TEST(taken(*anna) == "B1 Ben, ");
    }
    const auto anna = open("anna");
    const auto write = anna->find_write(id);
    BOOST_REQUIRE(write.has_value());
    BOOST_TEST((write->state() == WriteState::rejected));
    BOOST_TEST(write->status().reason == "Seat B1 is taken.");
    const auto rejected = anna->rejected();
    BOOST_REQUIRE(rejected.size() == 1U);
    BOOST_TEST(seats::mutators::book.decode(rejected[0].payload)->seat_id.value() == "B1");
    BOOST_TEST(anna->discard(rejected[0].id));
    BOOST_TEST(server.runs());
}

BOOST_AUTO_TEST_CASE(rubbish_for_arguments_is_a_rejection_and_the_server_goes_on) {
    const auto anna = open("anna");
    anna->set_mutator("book", [](Replica&, ByteView) {});
    anna->mutate("book", to_bytes(as_bytes("\xFF\xFF\xFF\x7F rubbish")));
    anna->mutate("nobody", {});
    BOOST_REQUIRE(anna->sync().ok);
    BOOST_REQUIRE(anna->rejected_count() == 2U);
    BOOST_TEST(anna->rejected()[0].code == "invalid");
    BOOST_TEST(anna->rejected()[1].code == "unknown_mutator");
    anna->book({.guest = "Anna"});
    BOOST_REQUIRE(anna->sync().ok);
    BOOST_TEST(server.runs());
}

BOOST_AUTO_TEST_SUITE_END()
