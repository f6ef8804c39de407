#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "engine_fixture.hpp"
#include "syncline/protocol/hash.hpp"
#include "syncline/protocol/patch.hpp"

// Random clients against the engine and against a model that is too simple to be wrong: a map of
// rows, changed by every new transaction once.

using namespace syncline;
using namespace syncline::test;

namespace {

using Rows = std::map<std::string, Bytes>;  // notes by key

/// The scope as one history of whole states.
class Model {
public:
    Model() : states_(1) {}

    const Rows& rows() const { return states_.back(); }
    Cursor head() const { return Cursor{states_.size() - 1}; }
    const Rows& at(Cursor cursor) const { return states_[cursor.value]; }

    /// Whether the transaction is applied.
    bool apply(const std::vector<Mutation>& mutations, WallTime now) {
        Rows rows = states_.back();
        for (const Mutation& mutation : mutations) {
            if (!apply(rows, mutation, now)) return false;
        }
        if (rows != states_.back()) states_.push_back(std::move(rows));
        return true;
    }

private:
    static bool apply(Rows& rows, const Mutation& mutation, WallTime now) {
        const std::string key(mutation.key);
        switch (mutation.kind) {
            case MutationKind::create: {
                const Bytes row = to_bytes(mutation.payload);
                const auto confirmed = confirm_stamps(kNote, RowView(row), now);
                return rows.emplace(key, confirmed ? *confirmed : row).second;
            }
            case MutationKind::update: {
                const auto found = rows.find(key);
                if (found == rows.end()) return false;
                found->second = apply_patch(kNote, RowView(found->second), mutation.payload,
                                            std::min(mutation.time, now));
                return true;
            }
            case MutationKind::remove:
                rows.erase(key);
                return true;
            case MutationKind::named:
                break;
        }
        return false;
    }

    std::vector<Rows> states_;
};

/// A client that sends batches of its queue, forgets answers, and sends again.
struct RandomClient {
    explicit RandomClient(std::uint64_t number) : hands(number) {}

    TestClient hands;
    std::vector<Transaction> queue;    // all that was ever made
    std::size_t acknowledged = 0;      // of the queue
    std::size_t seen_by_server = 0;    // of the queue
    std::set<std::uint64_t> rejected;  // as the model says
    // A base built from pulls alone, and the pull under way.
    Rows base;
    Cursor cursor;
    Bytes continuation;
    bool snapshot = false;
    Rows staged;
};

class Trial {
public:
    explicit Trial(std::uint64_t seed) : seed_(seed), random_(seed) {
        for (std::uint64_t i = 1; i <= 3; ++i) clients_.emplace_back(i);
    }

    void run() {
        BOOST_TEST_CONTEXT("seed " << seed_) {
            for (int step = 0; step < 40; ++step) one_step();
            settle();
        }
    }

private:
    RandomClient& any_client() { return clients_[random_.below(clients_.size())]; }
    std::string any_key() { return "k" + std::to_string(random_.below(8)); }

    void one_step() {
        RandomClient& client = any_client();
        switch (random_.below(7)) {
            case 0:
            case 1:
                return make_transaction(client);
            case 2:
            case 3:
                return send(client, client.acknowledged);
            case 4:
                return send_old(client);
            case 5:
                return pull_page(client);
            default:
                fixture_.clock.wall += std::chrono::milliseconds(random_.below(1000));
                if (random_.below(8) == 0) purge();
        }
    }

    Mutation make_mutation(TestClient& hands) {
        hands.time =
            fixture_.clock.wall + std::chrono::seconds(random_.below(10)) - std::chrono::seconds(5);
        const std::string key = any_key();
        switch (random_.below(5)) {
            case 0:
            case 1:
                return hands.create_note(key, "t" + std::to_string(random_.below(100)));
            case 2:
                return hands.update("note", key, add_visits(1));
            case 3:
                return hands.update("note", key, patch_title(std::to_string(random_.below(9))));
            default:
                return hands.remove("note", key);
        }
    }

    void make_transaction(RandomClient& client) {
        Transaction transaction;
        for (std::uint64_t i = random_.below(3) + 1; i > 0; --i) {
            transaction.mutations.push_back(make_mutation(client.hands));
        }
        client.queue.push_back(std::move(transaction));
    }

    /// Sends some of the queue from `first` on; half of the answers are lost.
    void send(RandomClient& client, std::size_t first) {
        if (first >= client.queue.size()) return;
        const std::size_t count = 1 + random_.below(client.queue.size() - first);
        const PushRequest request = client.hands.request(std::vector<Transaction>(
            client.queue.begin() + static_cast<std::ptrdiff_t>(first),
            client.queue.begin() + static_cast<std::ptrdiff_t>(first + count)));
        tell_model(client, first + count);
        const auto answer = fixture_.engine.push(request);
        check_answer(client, request, answer.message);
        if (random_.below(2) == 0) return;
        client.acknowledged = std::max(client.acknowledged, first + count);
        if (random_.below(2) == 0) client.hands.confirmed = last_of(client, client.acknowledged);
    }

    /// A request that was sent before and arrives once more, or late.
    void send_old(RandomClient& client) {
        if (client.seen_by_server > 0) send(client, random_.below(client.seen_by_server));
    }

    static Sequence last_of(const RandomClient& client, std::size_t count) {
        return count == 0 ? Sequence{} : client.queue[count - 1].mutations.back().sequence;
    }

    void tell_model(RandomClient& client, std::size_t end) {
        for (; client.seen_by_server < end; ++client.seen_by_server) {
            const auto& mutations = client.queue[client.seen_by_server].mutations;
            if (model_.apply(mutations, fixture_.clock.wall)) continue;
            for (const Mutation& each : mutations) client.rejected.insert(each.sequence.value);
        }
    }

    void check_answer(const RandomClient& client, const PushRequest& request,
                      const PushResponse& answer) {
        const Sequence first = request.transactions.front().mutations.front().sequence;
        const Sequence last = request.transactions.back().mutations.back().sequence;
        BOOST_TEST(answer.processed.value == last.value);
        std::vector<std::uint64_t> said;
        for (const Rejection& rejection : answer.rejections) {
            said.push_back(rejection.sequence.value);
        }
        const std::vector<std::uint64_t> wanted(client.rejected.lower_bound(first.value),
                                                client.rejected.upper_bound(last.value));
        BOOST_TEST(said == wanted);
    }

    void pull_page(RandomClient& client) {
        PullRequest request = fixture_.pull_request(client.hands, client.cursor);
        request.bytes_max = 1 + static_cast<std::uint32_t>(random_.below(600));
        if (client.continuation.empty()) {
            client.staged = client.base;
            if (random_.below(10) == 0) client.snapshot = true;
            if (client.snapshot) client.staged.clear();
        }
        request.snapshot = client.snapshot;
        request.continuation = client.continuation;
        try {
            take_page(client, fixture_.engine.pull(request).message);
        } catch (const server::RequestRefused& refused) {
            BOOST_TEST((refused.error() == RequestError::cursor_too_old));
            client.continuation.clear();
            client.snapshot = true;
        }
    }

    void take_page(RandomClient& client, const Page& page) {
        for (const RowChange& row : page.rows) {
            if (row.data) {
                client.staged[std::string(row.key)] = to_bytes(*row.data);
            } else {
                client.staged.erase(std::string(row.key));
            }
        }
        client.continuation = to_bytes(page.continuation);
        if (page.more) return;
        client.snapshot = false;
        client.base = client.staged;
        client.cursor = page.to;
        check_state(client, page);
    }

    /// A completed pull is the scope as it was at its cursor, and says so.
    void check_state(const RandomClient& client, const Page& page) {
        BOOST_TEST(page.to.value == model_.head().value);
        BOOST_TEST((client.base == model_.at(page.to)));
        BOOST_TEST(page.applied.value == last_of(client, client.seen_by_server).value);
        SetHash hash;
        for (const auto& [key, row] : client.base) hash.add(key, row);
        for (const EntityHash& each : page.hashes) {
            if (each.entity == "note") BOOST_TEST((each.hash == hash));
        }
        std::set<std::uint64_t> rejections;
        for (const Rejection& each : page.rejections) rejections.insert(each.sequence.value);
        const std::set<std::uint64_t> wanted(
            client.rejected.upper_bound(client.hands.confirmed.value), client.rejected.end());
        BOOST_TEST((rejections == wanted));
    }

    void purge() {
        fixture_.engine.purge("user:1", Cursor{random_.below(model_.head().value + 1)});
    }

    void settle() {
        for (RandomClient& client : clients_) {
            while (client.acknowledged < client.queue.size()) send(client, client.acknowledged);
        }
        for (RandomClient& client : clients_) {
            do {
                pull_page(client);
            } while (client.cursor != model_.head() || !client.continuation.empty());
            BOOST_TEST((client.base == model_.rows()));
        }
    }

    std::uint64_t seed_;
    Random random_;
    EngineFixture fixture_;
    Model model_;
    std::vector<RandomClient> clients_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_property_tests)

BOOST_AUTO_TEST_CASE(every_client_sees_the_history_of_a_naive_model) {
    for (std::uint64_t seed = 1; seed <= SYNCLINE_DEFAULT_SEEDS; ++seed) Trial(seed).run();
}

BOOST_AUTO_TEST_SUITE_END()
