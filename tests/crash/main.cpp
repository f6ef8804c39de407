// Kills clients and server with SIGKILL at random moments, again and again, while real clients
// write to real files and sync with the real server over real HTTP, through a proxy that cuts,
// stalls and changes what it carries:
//
//     crash_test [--rounds N] [--clients N] [--seed S]
//
// What must hold: a write that has returned is there after every restart, and in the end at the
// server and at everybody, once; the two parts of a transaction are never apart; nothing is
// rejected; nobody ends otherwise than by being killed.

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "fault_proxy.hpp"
#include "support/server_process.hpp"
#include "support/temporary_folder.hpp"
#include "worker.hpp"

namespace {

using namespace std::chrono_literals;
using namespace syncline::test;
using syncline::Random;

// A round ends at the latest when nothing has happened for this long.
constexpr auto kPatience = 100ms;

constexpr std::uint64_t kWritesMax = 12;  // in one life of a client
constexpr std::uint64_t kLinesMax = 10;
constexpr std::uint64_t kBytesLogMax = 15;

[[noreturn]] void fail(const std::string& text) {
    throw std::runtime_error(text);
}

std::uint64_t number_in(const std::string& line) {
    return std::stoull(line.substr(line.find(' ') + 1));
}

struct Client {
    std::string name;
    std::string database;
    std::unique_ptr<Worker> worker;
    std::uint64_t returned = 0;  // writes that have returned, in all lives
};

class Crashes {
public:
    Crashes(std::uint64_t seed, std::size_t clients) : random_(seed), proxy_(context_, seed + 1) {
        for (std::size_t i = 0; i < clients; ++i) {
            const std::string name = "client" + std::to_string(i);
            clients_.push_back({name, (folder_ / (name + ".db")).string(), nullptr});
        }
    }

    // All have the shared todo before anything goes wrong.
    void begin() {
        start_server();
        const FaultProxyPause no_faults(proxy_);
        run_worker("begin", clients_.front().database);
        for (const Client& client : clients_) run_worker("sync", client.database);
    }

    void round() {
        start_what_is_down();
        wait_for_something();
        const std::uint64_t choice = random_.below(20);
        if (choice < 12) kill(clients_[random_.below(clients_.size())]);
        if (choice >= 9) kill_server();
    }

    void end() {
        for (Client& client : clients_) kill(client);
        proxy_.heal();
        if (!server_) start_server();
        for (const Client& client : clients_) run_worker("sync", client.database);
        const auto expected = run_worker("sync", (folder_ / "witness.db").string());
        check(expected);
        for (const Client& client : clients_) {
            if (run_worker("sync", client.database) != expected) {
                fail(client.name + " has other rows in the end than a client that is new");
            }
        }
        const ProcessEnd end = server_->stop(SIGTERM);
        if (end.exit_code != 0) fail("the server did not end well: " + end.errors);
        server_.reset();
    }

    void report(std::ostream& out) const {
        std::uint64_t writes = 0;
        for (const Client& client : clients_) writes += client.returned;
        out << "clients killed " << clients_killed_ << "\nserver killed " << servers_killed_
            << "\nwrites " << writes << "\nbytes carried " << proxy_.carried() << "\n";
        for (const auto& [name, count] : proxy_.fates()) {
            out << "connections " << name << " " << count << "\n";
        }
    }

private:
    // Lets the proxy carry all, for a while.
    class FaultProxyPause {
    public:
        explicit FaultProxyPause(FaultProxy& proxy) : proxy_(proxy) { proxy_.heal(); }
        ~FaultProxyPause() { proxy_.harm(); }
        FaultProxyPause(const FaultProxyPause&) = delete;
        FaultProxyPause& operator=(const FaultProxyPause&) = delete;

    private:
        FaultProxy& proxy_;
    };

    std::string url() const { return "http://127.0.0.1:" + std::to_string(proxy_.port()); }

    void start_server() {
        server_.emplace(SYNCLINE_SERVER, SYNCLINE_TODO_SCHEMA, (folder_ / "server.db").string());
        proxy_.lead_to(server_->port());
    }

    void start_what_is_down() {
        if (!server_) start_server();
        for (Client& client : clients_) {
            if (client.worker) continue;
            const std::vector<std::string> command{
                SYNCLINE_CRASH_WORKER, "live",
                client.database,       url(),
                client.name,           std::to_string(random_.below(kWritesMax + 1))};
            client.worker = std::make_unique<Worker>(context_, command);
        }
    }

    std::uint64_t lines() const {
        std::uint64_t count = 0;
        for (const Client& client : clients_) count += client.worker->lines().size();
        return count;
    }

    // Until some more bytes were carried or some more lines were written: the moment of the crash.
    void wait_for_something() {
        const std::uint64_t bytes =
            proxy_.carried() + random_.below(std::uint64_t{1} << random_.below(kBytesLogMax));
        const std::uint64_t lines_wanted = lines() + 1 + random_.below(kLinesMax);
        const bool by_bytes = random_.below(2) == 0;
        auto deadline = std::chrono::steady_clock::now() + kPatience;
        while (by_bytes ? proxy_.carried() <= bytes : lines() < lines_wanted) {
            if (context_.run_one_until(deadline) == 0) return;
            deadline = std::chrono::steady_clock::now() + kPatience;
        }
    }

    void kill(Client& client) {
        if (!client.worker) return;
        if (client.worker->ended()) {
            client.worker->finish();
            fail(client.name + " ended by itself");
        }
        client.worker->kill();
        note(client);
        client.worker.reset();
        ++clients_killed_;
    }

    // What its lines say must fit what they said in former lives.
    static void note(Client& client) {
        for (const std::string& line : client.worker->lines()) {
            const std::uint64_t number = number_in(line);
            if (line.starts_with("has ")) {
                // It may have been killed between the commit and the line that tells of it.
                if (number < client.returned || number > client.returned + 1) {
                    fail(client.name + " has " + std::to_string(number) + " writes, of which " +
                         std::to_string(client.returned) + " had returned");
                }
                client.returned = number;
            } else {
                client.returned = number + 1;
            }
        }
    }

    void kill_server() {
        if (server_->child().ended()) {
            const ProcessEnd end = server_->child().wait();
            fail("the server ended by itself, with status " + std::to_string(end.exit_code) +
                 ", by signal " + std::to_string(end.signal) + ": " + end.errors);
        }
        server_.reset();
        ++servers_killed_;
    }

    std::vector<std::string> run_worker(const std::string& what, const std::string& database) {
        Worker worker(context_, {SYNCLINE_CRASH_WORKER, what, database, url(), "-", "0"});
        worker.finish();
        return worker.lines();
    }

    // Every write that returned is there once, and one visit for each.
    void check(const std::vector<std::string>& lines) const {
        std::map<std::string, std::uint64_t> rows;
        std::uint64_t visits = 0;
        for (const std::string& line : lines) {
            if (line.starts_with("rejected ") && line != "rejected 0") fail(line);
            if (line.starts_with("visits ")) visits = number_in(line);
            if (line.starts_with("row ")) ++rows[line.substr(4)];
        }
        std::uint64_t all = 0;
        for (const Client& client : clients_) {
            std::uint64_t own = 0;
            while (rows.contains(client.name + "-" + std::to_string(own))) ++own;
            if (own < client.returned || own > client.returned + 1) {
                fail(std::to_string(client.returned) + " writes of " + client.name +
                     " had returned, and the server has " + std::to_string(own));
            }
            all += own;
        }
        if (rows.size() != all) fail("there are rows that nobody has written");
        if (visits != all) {
            fail(std::to_string(all) + " transactions, but " + std::to_string(visits) + " visits");
        }
    }

    TemporaryFolder folder_;
    boost::asio::io_context context_;
    Random random_;
    FaultProxy proxy_;
    std::optional<ServerProcess> server_;
    std::vector<Client> clients_;
    std::uint64_t clients_killed_ = 0;
    std::uint64_t servers_killed_ = 0;
};

void run(std::uint64_t rounds, std::size_t clients, std::uint64_t seed) {
    std::cout << "seed " << seed << "\nrounds " << rounds << std::endl;
    Crashes crashes(seed, clients);
    crashes.begin();
    for (std::uint64_t i = 0; i < rounds; ++i) {
        try {
            crashes.round();
        } catch (const std::exception& error) {
            throw std::runtime_error("round " + std::to_string(i) + ": " + error.what());
        }
    }
    crashes.end();
    crashes.report(std::cout);
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t rounds = 100;
    std::size_t clients = 3;
    std::uint64_t seed = std::random_device{}();
    CLI::App cli(
        "Kills clients and server at random moments; checks that nothing is lost or doubled.");
    cli.add_option("--rounds", rounds, "How often")->capture_default_str();
    cli.add_option("--clients", clients, "How many")
        ->capture_default_str()
        ->check(CLI::Range(1, 50));
    cli.add_option("--seed", seed, "Of all that is random here but time; printed");
    CLI11_PARSE(cli, argc, argv);
    try {
        run(rounds, clients, seed);
    } catch (const std::exception& error) {
        std::cerr << "crash_test: " << error.what() << "\n";
        return 1;
    }
    std::cout << "nothing lost, nothing doubled\n";
}
