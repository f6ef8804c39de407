// Everything real: generated classes, files, HTTP, and the server's process, which is killed.

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/server_process.hpp"
#include "support/temporary_folder.hpp"
#include "syncline/http/http_transport.hpp"
#include "syncline/reactive/effect.hpp"
#include "todo_app.hpp"
#include "unit/http/raw_server.hpp"

using namespace std::chrono_literals;
using namespace syncline;
using namespace syncline::test;

namespace {

// Waits until `holds`, which reads signals and rows; a minute is longer than any test needs.
void wait_until(const std::function<bool()>& holds) {
    std::promise<void> reached;
    std::once_flag once;
    Effect watch([&] {
        if (holds()) std::call_once(once, [&] { reached.set_value(); });
    });
    const auto outcome = reached.get_future().wait_for(60s);
    watch.stop_and_wait();
    BOOST_REQUIRE((outcome == std::future_status::ready));
}

// A server that can be killed, and started again at the same port with the same file.
class RealServer {
public:
    explicit RealServer(std::string database, std::string schema = SYNCLINE_TODO_SCHEMA)
        : database_(std::move(database)), schema_(std::move(schema)) {
        start();
    }

    void start(std::vector<std::string> flags = {}) {
        flags.insert(flags.end(), {"--listen", "127.0.0.1:" + std::to_string(port_)});
        process_.emplace(SYNCLINE_SERVER, schema_, database_, flags);
        port_ = process_->port();
    }
    void kill() { process_.reset(); }
    /// What it had said in its log.
    std::string stop() { return process_->stop(SIGTERM).errors; }
    void freeze() { process_->child().send_signal(SIGSTOP); }
    void thaw() { process_->child().send_signal(SIGCONT); }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

private:
    std::string database_;
    std::string schema_;
    std::uint16_t port_ = 0;
    std::optional<ServerProcess> process_;
};

struct RealFixture {
    TemporaryFolder folder;
    RealServer server{(folder / "server.db").string()};

    std::unique_ptr<todo::App> open(const std::string& name) { return open(name, server.url()); }
    std::unique_ptr<todo::App> open(const std::string& name, const std::string& url) {
        return std::make_unique<todo::App>(ClientOptions{
            .server = url, .scope = "user:demo", .database = folder / (name + ".db")});
    }

    static std::vector<std::string> todos(const todo::App& app) {
        std::vector<std::string> all;
        for (const auto& todo : app.todos.all()) {
            all.push_back(std::string(as_text(todo.row().bytes())));
        }
        return all;
    }
};

// The lists are made last, and come first all the same.
struct ListsFirst {
    static constexpr std::uint64_t kTodos = 6'000;
    static constexpr std::uint64_t kLists = 50;

    TemporaryFolder folder;
    RealServer server{(folder / "server.db").string(), schema()};

    ListsFirst() {
        todo::App anna(options("anna"));
        const std::string title(600, 'x');
        anna.transaction([&] {
            for (std::uint64_t i = 0; i < kTodos; ++i) anna.todos.create({.title = title});
        });
        anna.transaction([&] {
            for (std::uint64_t i = 0; i < kLists; ++i) anna.lists.create({.title = "a list"});
        });
        BOOST_REQUIRE(anna.sync().ok);
    }

    std::string schema() const {
        const std::filesystem::path original = SYNCLINE_TODO_SCHEMA;
        std::filesystem::copy_file(original.parent_path() / "syncline.fbs",
                                   folder / "syncline.fbs");
        std::ifstream in(original);
        std::string text{std::istreambuf_iterator<char>(in), {}};
        const std::string list = "entity: \"list\"";
        text.replace(text.find(list), list.size(), list + ", priority: 1");
        std::ofstream(folder / "todo.fbs") << text;
        return (folder / "todo.fbs").string();
    }

    ClientOptions options(const std::string& name, bool shown = false) const {
        ClientOptions options;
        options.server = server.url();
        options.scope = "user:demo";
        options.database = folder / (name + ".db");
        options.show_first_sync = shown;
        return options;
    }

    /// Lets a process sync the database `name` until it has come so far, and kills it then.
    void kill_when(const std::string& name, const std::string& what) const {
        const ChildProcess child(
            {SYNCLINE_SYNC_CHILD, what, server.url(), (folder / (name + ".db")).string()});
        char said = 0;
        BOOST_REQUIRE(::read(child.output_handle(), &said, 1) == 1);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(real_server_tests, RealFixture)

BOOST_AUTO_TEST_CASE(two_apps_that_edited_offline_agree_after_a_sync) {
    const auto anna = open("anna");
    const auto ben = open("ben");
    const auto milk = anna->todos.create({.title = "Buy milk"});
    BOOST_TEST(anna->sync().ok);
    BOOST_TEST(ben->sync().ok);

    milk.set_title("Buy oat milk");
    ben->todos.get(milk.id()).set_done(true);
    ben->todos.create({.title = "Call anna"});
    BOOST_TEST(anna->pending() == 1U);
    BOOST_TEST(anna->sync().ok);
    BOOST_TEST(ben->sync().ok);
    BOOST_TEST(anna->sync().ok);
    BOOST_TEST(milk.get()->title() == "Buy oat milk");
    BOOST_TEST(milk.get()->done());
    BOOST_TEST(todos(*anna).size() == 2U);
    BOOST_TEST((todos(*anna) == todos(*ben)));
}

BOOST_AUTO_TEST_CASE(a_write_arrives_live_in_an_effect_of_the_other) {
    const auto anna = open("anna");
    const auto ben = open("ben");
    anna->start();
    ben->start();
    anna->todos.create({.title = "Buy milk"});
    wait_until([&] { return ben->todos.count() == 1; });
    anna->todos.create({.title = "Buy bread"});
    wait_until([&] { return ben->todos.count() == 2; });
}

BOOST_AUTO_TEST_CASE(a_server_killed_while_they_sync_loses_and_doubles_nothing) {
    const auto anna = open("anna");
    const auto ben = open("ben");
    const auto counted = anna->todos.create({.title = "counted"});
    BOOST_TEST(anna->sync().ok);
    BOOST_TEST(ben->sync().ok);
    anna->start();
    ben->start();
    for (int round = 0; round < 5; ++round) {
        std::promise<void> under_way;
        std::thread writer([&] {
            for (int i = 0; i < 40; ++i) {
                anna->todos.create({.title = "round " + std::to_string(round)});
                ben->todos.get(counted.id()).add_visits(1);
                if (i == 20) under_way.set_value();
            }
        });
        under_way.get_future().wait();
        server.kill();
        writer.join();
        server.start();
        anna->network_available();
        ben->network_available();
    }
    wait_until([&] { return anna->pending() == 0 && ben->pending() == 0; });
    BOOST_TEST(anna->sync().ok);
    BOOST_TEST(ben->sync().ok);
    BOOST_TEST(counted.get()->visits() == 200);
    BOOST_TEST(anna->todos.count() == 201U);
    BOOST_TEST((todos(*anna) == todos(*ben)));
    BOOST_TEST(anna->rejected().empty());
}

BOOST_AUTO_TEST_CASE(an_app_that_is_closed_and_opened_again_sends_what_it_had_queued) {
    const auto ben = open("ben");
    server.kill();
    open("anna")->todos.create({.title = "written with no server"});
    server.start();
    const auto anna = open("anna");
    BOOST_TEST(anna->pending() == 1U);
    BOOST_TEST(anna->sync().ok);
    BOOST_TEST(ben->sync().ok);
    BOOST_TEST(ben->todos.count() == 1U);
}

BOOST_AUTO_TEST_CASE(of_a_copied_database_both_go_on_and_nothing_is_lost) {
    {
        const auto anna = open("anna");
        anna->todos.create({.title = "before the copy"});
        BOOST_TEST(anna->sync().ok);
        anna->todos.create({.title = "queued when it was copied"});
    }
    std::filesystem::copy_file(folder / "anna.db", folder / "copy.db");
    const auto anna = open("anna");
    const auto copy = open("copy");
    anna->todos.create({.title = "by anna"});
    copy->todos.create({.title = "by the copy"});
    for (int round = 0; round < 2; ++round) {
        BOOST_TEST(anna->sync().ok);
        BOOST_TEST(copy->sync().ok);
    }
    BOOST_TEST(anna->sync().ok);
    BOOST_TEST((todos(*anna) == todos(*copy)));
    const auto titled = [&](std::string_view title) {
        return anna->todos.find([&](const todo::TodoView& todo) { return todo.title() == title; })
            .size();
    };
    BOOST_TEST(titled("before the copy") == 1U);
    BOOST_TEST(titled("queued when it was copied") == 1U);
    BOOST_TEST(titled("by anna") == 1U);
    BOOST_TEST(titled("by the copy") == 1U);
}

BOOST_AUTO_TEST_CASE(a_client_killed_while_it_syncs_loses_and_doubles_nothing) {
    const auto counted = open("anna")->todos.create({.title = "counted"}).id();
    BOOST_TEST(open("anna")->sync().ok);
    int made = 0;
    for (int round = 0; round < 5; ++round) {
        const ChildProcess child(
            {SYNCLINE_SYNC_CHILD, "visit", server.url(), (folder / "anna.db").string(), counted});
        char said = 0;
        for (int i = 0; i < 30 + 20 * round; ++i) {
            made += ::read(child.output_handle(), &said, 1) == 1 ? 1 : 0;
        }
        child.send_signal(SIGKILL);
        while (::read(child.output_handle(), &said, 1) == 1) ++made;
    }
    const auto anna = open("anna");
    const auto ben = open("ben");
    BOOST_TEST(anna->sync().ok);
    BOOST_TEST(ben->sync().ok);
    BOOST_TEST(anna->pending() == 0U);
    // The last write of each round may have been durable and not yet said.
    const int visits = ben->todos.get(counted).get()->visits();
    BOOST_TEST(visits >= made);
    BOOST_TEST(visits <= made + 5);
    BOOST_TEST((todos(*anna) == todos(*ben)));
}

BOOST_AUTO_TEST_CASE(stop_and_the_end_do_not_wait_for_a_server_that_hangs) {
    auto anna = open("anna");
    BOOST_TEST(anna->sync().ok);
    server.freeze();
    anna->todos.create({.title = "kept"});
    anna->start();
    wait_until([&] {
        return anna->phase() == SyncPhase::connecting || anna->phase() == SyncPhase::pushing;
    });
    anna->stop();
    anna.reset();
    server.thaw();
    anna = open("anna");
    BOOST_TEST(anna->pending() == 1U);
    BOOST_TEST(anna->sync().ok);
}

BOOST_AUTO_TEST_CASE(flush_ends_with_its_deadline_when_the_server_hangs) {
    const auto anna = open("anna");
    BOOST_TEST(anna->sync().ok);
    server.freeze();
    anna->todos.create({.title = "on its way"});
    const SyncResult late = anna->flush(200ms);
    BOOST_TEST(!late.ok);
    BOOST_TEST(late.error.code == "timed_out");
    // By its own deadline, not by that of the exchange.
    BOOST_TEST(late.error.text.find("not done in the time given") != std::string::npos);
    BOOST_TEST(anna->pending() == 1U);
    server.thaw();
    BOOST_TEST(anna->flush(60s).ok);
    BOOST_TEST(anna->todos.count() == 1U);
    const auto ben = open("ben");
    BOOST_TEST(ben->sync().ok);
    BOOST_TEST(ben->todos.count() == 1U);
}

// Its exchanges have all day: who waits for one waits until the test is ended as failed.
BOOST_AUTO_TEST_CASE(stop_does_not_wait_for_a_server_that_accepts_and_says_nothing) {
    struct Patient final : Transport {
        explicit Patient(const std::string& url) : http(url) {}
        void send(TransportRequest request, ResponseHandler handler) override {
            request.timeout = 24h;
            http.send(std::move(request), std::move(handler));
        }
        std::unique_ptr<LiveStream> open_live(LiveRequest request, LiveHandler handler) override {
            return http.open_live(std::move(request), std::move(handler));
        }
        void cancel_all() override { http.cancel_all(); }
        HttpTransport http;
    };
    std::promise<void> asked;
    std::promise<void> closed;
    RawServer silent([&](Peer& peer, int number) {
        if (number == 0 && !peer.read_request().empty()) asked.set_value();
        peer.wait_closed();
        if (number == 0) closed.set_value();
    });
    auto anna = std::make_unique<todo::App>(
        ClientOptions{.scope = "user:demo",
                      .database = folder / "anna.db",
                      .transport = std::make_shared<Patient>(silent.url())});
    anna->todos.create({.title = "kept"});
    anna->start();
    asked.get_future().wait();
    anna->stop();
    BOOST_TEST(!anna->flush(100ms).ok);
    anna.reset();
    closed.get_future().wait();
    anna = open("anna");
    BOOST_TEST(anna->pending() == 1U);
    BOOST_TEST(anna->sync().ok);
}

BOOST_FIXTURE_TEST_CASE(a_first_sync_by_priority_goes_on_after_the_process_was_killed, ListsFirst) {
    kill_when("ben", "staged");
    todo::App ben(options("ben"));
    BOOST_TEST(ben.cursor().value == 0U);
    BOOST_TEST(ben.lists.count() == 0U);
    BOOST_TEST(ben.todos.count() == 0U);
    const std::uint64_t staged = ben.progress().rows_done;
    BOOST_TEST(staged > kLists);
    const SyncResult rest = ben.sync();
    BOOST_TEST(rest.ok);
    BOOST_TEST(rest.pulled == kLists + kTodos - staged);
    BOOST_TEST(ben.lists.count() == kLists);
    BOOST_TEST(ben.todos.count() == kTodos);
}

BOOST_FIXTURE_TEST_CASE(what_was_shown_of_a_first_sync_is_there_after_the_process_was_killed,
                        ListsFirst) {
    kill_when("ben", "shown");
    todo::App ben(options("ben", true));
    BOOST_TEST(ben.cursor().value == 0U);
    BOOST_TEST(ben.lists.count() == kLists);
    const std::uint64_t shown = ben.todos.count();
    BOOST_TEST(shown > 0U);
    BOOST_TEST(shown < kTodos);
    const auto own = ben.todos.create({.title = "made meanwhile"});
    const SyncResult rest = ben.sync();
    BOOST_TEST(rest.ok);
    BOOST_TEST(rest.pushed == 1U);
    BOOST_TEST(rest.pulled < kTodos);
    BOOST_TEST(ben.todos.count() == kTodos + 1);
    BOOST_TEST(ben.resyncs() == 0U);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_there_leaves_the_app_usable_and_the_status_says_so) {
    server.kill();
    const auto anna = open("anna");
    anna->start();
    anna->todos.create({.title = "kept"});
    wait_until([&] { return anna->phase() == SyncPhase::waiting_backoff; });
    BOOST_TEST(!anna->online());
    BOOST_TEST(anna->status().waiting_for.find("could not be reached") != std::string::npos);
    BOOST_TEST(anna->sync().error.code == "unreachable");
    BOOST_TEST(anna->todos.count() == 1U);
    server.start();
    anna->network_available();
    wait_until([&] { return anna->pending() == 0; });
    BOOST_TEST(anna->online());
}

BOOST_AUTO_TEST_CASE(a_row_changed_in_the_servers_file_is_told_of_and_holds_nothing_up) {
    const auto anna = open("anna");
    anna->todos.create({.title = "milk and honey"});
    BOOST_TEST(anna->sync().ok);
    server.stop();
    {
        const auto path = folder / "server.db";
        std::ifstream in(path, std::ios::binary);
        std::string file{std::istreambuf_iterator<char>(in), {}};
        const std::size_t at = file.find("milk and honey");
        BOOST_REQUIRE(at != std::string::npos);
        file[at] = 's';
        std::ofstream(path, std::ios::binary) << file;
    }
    server.start();
    const auto ben = open("ben");
    BOOST_TEST(ben->sync().ok);  // fetches everything twice, to be sure
    BOOST_REQUIRE(ben->last_error().has_value());
    BOOST_TEST(ben->last_error()->code == "server_differs");
    BOOST_TEST(ben->todos.all().begin()->title() == "silk and honey");
    ben->todos.create({.title = "sent all the same"});
    BOOST_TEST(ben->sync().ok);
    BOOST_TEST(ben->pending() == 0U);
    const std::string log = server.stop();
    BOOST_TEST(log.find("rows of todo in scope user:demo") != std::string::npos, log);
    server.start({"--recount"});
    BOOST_TEST(ben->sync().ok);
    BOOST_TEST(!ben->last_error().has_value());
    const auto carl = open("carl");
    BOOST_TEST(carl->sync().ok);
    BOOST_TEST(carl->resyncs() == 0U);
    BOOST_TEST((todos(*carl) == todos(*ben)));
}

BOOST_AUTO_TEST_CASE(garbage_and_truncated_answers_lose_nothing) {
    RawServer stranger([](Peer& peer, int number) {
        if (peer.read_request().empty()) return;
        switch (number % 4) {
            case 0:
                peer.answer("<html>Welcome to the hotel</html>");
                break;
            case 1:
                peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\ncut");
                break;
            case 2:
                peer.send("this is not HTTP at all\r\n\r\n");
                break;
            default:
                peer.answer("gone", "502 Bad Gateway");
        }
    });
    {
        const auto anna = open("anna", stranger.url());
        anna->todos.create({.title = "kept"});
        for (int i = 0; i < 8; ++i) {
            const SyncResult result = anna->sync();
            BOOST_TEST(!result.ok);
            BOOST_TEST(!result.error.text.empty());
            BOOST_TEST(anna->pending() == 1U);
        }
    }
    const auto anna = open("anna");
    BOOST_TEST(anna->sync().ok);
    BOOST_TEST(anna->pending() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
