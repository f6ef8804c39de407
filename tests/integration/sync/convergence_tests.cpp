// Clients that edit at random, offline and online, over a network that fails in every way there is,
// for thousands of seeds on virtual time. When the faults stop, all agree with the server byte for
// byte within bounded time, and nothing was lost or applied twice.

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "support/sync_world.hpp"

using namespace std::chrono_literals;
using namespace syncline;
using namespace syncline::test;

namespace {

// SYNCLINE_SEEDS runs another number of them, SYNCLINE_SEED begins elsewhere.
std::uint64_t from_environment(const char* name, std::uint64_t fallback) {
    const char* const value = std::getenv(name);
    return value != nullptr ? std::strtoull(value, nullptr, 10) : fallback;
}

class Run {
public:
    explicit Run(std::uint64_t seed) : random_(seed), server_(clock_, seed, engine_options(seed)) {
        for (std::uint64_t i = 0; i < 3; ++i) {
            testing::FaultOptions faults =
                testing::FaultOptions::all(seed * 10 + i, static_cast<unsigned>(random_.below(5)));
            faults.latency_max = std::chrono::milliseconds(random_.below(50));
            SyncOptions options;
            options.live = random_.below(4) != 0;
            clients_.emplace_back(server_, executor_, clock_, seed * 10 + i, faults, options);
            clients_.back().start();
        }
    }

    void edit_at_random(int steps) {
        for (int i = 0; i < steps; ++i) step();
    }

    void stop_faults() {
        for (WorldClient& client : clients_) {
            client.faults.set_enabled(false);
            client.memory.set_reachable(true);
        }
    }

    // Bounded: twice the longest delay of a backoff, a time-out and a pull interval.
    bool settle() {
        for (int i = 0; i < 300 && !settled(); ++i) executor_.advance(1s);
        return settled();
    }

    bool settled() {
        for (WorldClient& client : clients_) {
            const SyncState state = client.state();
            if (state.pending != 0 || client.cursor() != server_.head()) return false;
        }
        return true;
    }

    void count_faults(std::map<testing::Fault, std::uint64_t>& counts) const {
        for (const WorldClient& client : clients_) {
            for (const auto& [fault, count] : client.faults.counts()) counts[fault] += count;
        }
    }

    void check() {
        const Rows rows = server_.rows();
        for (WorldClient& client : clients_) {
            BOOST_REQUIRE((client.rows() == rows));
            BOOST_REQUIRE(client.state().resyncs == 0U);
            // What was rejected is recorded, and nothing else.
            std::vector<std::uint64_t> recorded;
            for (const RejectedMutation& mutation : client.replica->rejected()) {
                recorded.push_back(mutation.sequence.value);
            }
            BOOST_REQUIRE((recorded == server_.rejections(client.state().client)));
        }
        // Exactly once: what was added is what is there, but for what was rejected.
        std::int32_t refused = 0;
        for (WorldClient& client : clients_) {
            for (const RejectedMutation& mutation : client.replica->rejected()) {
                if (mutation.key == "counter" && mutation.kind == MutationKind::update) ++refused;
            }
        }
        if (counter_made_) BOOST_REQUIRE(clients_[0].visits("counter") == added_ - refused);
    }

private:
    static server::EngineOptions engine_options(std::uint64_t seed) {
        Random random(seed);
        server::EngineOptions options;
        options.limits.batch_mutations_max = static_cast<std::uint32_t>(1 + random.below(8));
        options.page_bytes_min = 1;
        options.page_bytes_default = static_cast<std::uint32_t>(200 + random.below(2000));
        return options;
    }

    WorldClient& some_client() { return clients_[random_.below(clients_.size())]; }
    std::string some_id() { return "n" + std::to_string(random_.below(8)); }
    std::string some_title() { return "title " + std::to_string(random_.below(1000)); }

    void step() {
        WorldClient& client = some_client();
        switch (random_.below(14)) {
            case 0:
            case 1:
            case 2:
                write(client);
                break;
            case 3:
                client.replica->transaction([&] {
                    for (std::uint64_t i = random_.below(5); i > 0; --i) write(client);
                });
                break;
            case 4:
                edit_folder(client);
                break;
            case 5:
                count_up(client);
                break;
            case 6:
                client.memory.set_reachable(random_.below(3) != 0);
                break;
            case 7:
                client.restart();
                break;
            case 8:
                sync_by_hand(client);
                break;
            case 9:
                server_.engine().purge(kScope, Cursor{random_.below(server_.head().value + 1)});
                break;
            case 10:
                executor_.advance(std::chrono::milliseconds(random_.below(20'000)));
                break;
            default:
                for (std::uint64_t i = random_.below(20); i > 0; --i) executor_.run_one();
        }
    }

    void write(WorldClient& client) {
        const std::string id = some_id();
        if (!client.replica->exists(kNote, id)) return client.create(id, some_title());
        switch (random_.below(6)) {
            case 0:
                client.replica->remove(kNote, id);
                break;
            case 1:
                client.update(id, patch_title(some_title()));
                break;
            case 2:
                client.update(id, add_visits(static_cast<std::int32_t>(random_.below(5))));
                break;
            case 3:
                client.update(id, add_tag("t" + std::to_string(random_.below(4))));
                break;
            case 4:
                client.update(id, remove_tag("t" + std::to_string(random_.below(4))));
                break;
            default:
                client.update(id, patch_done(random_.below(2) == 0));
        }
    }

    void edit_folder(WorldClient& client) {
        if (!client.replica->exists(kFolder, "f")) {
            client.replica->create(kFolder, folder_row("f", some_title()));
        } else {
            client.replica->update(kFolder, "f", patch_folder_name(some_title()));
        }
    }

    // A row that the first client makes and nobody deletes.
    void count_up(WorldClient& client) {
        if (!counter_made_) {
            clients_[0].create("counter", "counts");
            counter_made_ = true;
        }
        if (!client.replica->exists(kNote, "counter")) return;
        client.update("counter", add_visits(1));
        ++added_;
    }

    void sync_by_hand(WorldClient& client) {
        client.loop->post([](SyncLoop& loop) { loop.sync(20s, [](const SyncResult&) {}); });
    }

    Random random_;
    testing::ManualClock clock_;
    testing::ManualExecutor executor_{clock_};
    WorldServer server_;
    std::deque<WorldClient> clients_;
    bool counter_made_ = false;
    std::int32_t added_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(convergence_tests)

BOOST_AUTO_TEST_CASE(when_faults_stop_all_agree_in_bounded_time_and_nothing_is_lost) {
    const std::uint64_t first = from_environment("SYNCLINE_SEED", 1);
    const std::uint64_t count = from_environment("SYNCLINE_SEEDS", SYNCLINE_DEFAULT_SEEDS);
    std::map<testing::Fault, std::uint64_t> faults;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        BOOST_TEST_CONTEXT("SYNCLINE_SEED=" << seed << " SYNCLINE_SEEDS=1") {
            Run run(seed);
            run.edit_at_random(60);
            run.stop_faults();
            BOOST_REQUIRE(run.settle());
            run.check();
            run.count_faults(faults);
        }
    }
    if (count < 100) return;
    for (const auto& [fault, percent] : testing::FaultOptions::all(0, 1).percent) {
        BOOST_TEST(faults[fault] > 0U, testing::to_string(fault) << " never happened");
    }
}

BOOST_AUTO_TEST_SUITE_END()
