// What is given up, and what must not be: a transaction that no request gets through with, one that
// has become too large, and what depends on a create that was refused.

#include <boost/test/unit_test.hpp>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "support/sync_world.hpp"

using namespace std::chrono_literals;
using namespace syncline;
using namespace syncline::test;

namespace {

/// A way to the server that judges pushes by the rows in them.
class Picky final : public testing::ServerEndpoint {
public:
    explicit Picky(testing::ServerEndpoint& server) : server_(server) {}

    TransportResponse handle(Endpoint endpoint, std::string_view token, ByteView body) override {
        if (endpoint != Endpoint::push) return server_.handle(endpoint, token, body);
        ++pushes;
        if (refuses_all || (refuses_poison && has_poison(body))) return refusal(error);
        TransportResponse answer = server_.handle(endpoint, token, body);
        if (after_push) after_push();
        if (!loses_answers) return answer;
        TransportResponse lost;
        lost.outcome = TransportResponse::Outcome::cut;
        return lost;
    }
    std::unique_ptr<Subscription> subscribe(const LiveRequest&, LiveSink,
                                            TransportResponse& refused) override {
        refused = refusal(RequestError::unavailable);  // what is learnt is learnt by pull
        return nullptr;
    }

    bool refuses_poison = false;
    bool refuses_all = false;
    bool loses_answers = false;
    RequestError error = RequestError::invalid_request;
    Limits limits;
    std::function<void()> after_push;
    int pushes = 0;

private:
    static bool has_poison(ByteView body) {
        const Bytes aligned = to_bytes(body);
        const PushRequest request = decode_push_request(aligned);
        for (const Transaction& transaction : request.transactions) {
            for (const Mutation& mutation : transaction.mutations) {
                if (mutation.key == "poison") return true;
            }
        }
        return false;
    }
    TransportResponse refusal(RequestError code) const {
        ErrorResponse text;
        text.error = code;
        text.message = "refused by the test";
        text.limits = limits;
        TransportResponse response;
        response.outcome = TransportResponse::Outcome::answered;
        response.status = http_status(code);
        response.body = encode(text);
        return response;
    }
    testing::ServerEndpoint& server_;
};

struct VerdictFixture : World {
    VerdictFixture() {
        network.server = &picky;
        anna.start();
        run();
    }
    Picky picky{server};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(verdicts_tests, VerdictFixture)

BOOST_AUTO_TEST_CASE(a_transaction_that_every_request_fails_with_is_recorded_and_the_rest_goes_on) {
    picky.refuses_poison = true;
    anna.create("before", "x");
    anna.replica->transaction([&] {
        anna.create("poison", "x");
        anna.create("with it", "x");
    });
    anna.create("behind", "x");
    pass(5min);
    BOOST_TEST(anna.state().pending == 0U);
    BOOST_TEST(server.rows().contains("note/before"));
    BOOST_TEST(server.rows().contains("note/behind"));
    BOOST_TEST(server.rows().size() == 2U);
    BOOST_REQUIRE(anna.rejected.size() == 2U);
    BOOST_TEST(anna.rejected[0].key == "poison");
    BOOST_TEST(anna.rejected[0].code == "invalid_request");
    BOOST_TEST(anna.rejected[0].reason == "refused by the test");
    BOOST_TEST(anna.title("poison") == "-");
    BOOST_TEST(anna.replica->rejected().size() == 2U);
    BOOST_TEST(!anna.status().last_error.has_value());
}

BOOST_AUTO_TEST_CASE(while_no_push_passes_at_all_nothing_is_blamed) {
    picky.refuses_all = true;
    anna.create("a", "x");
    anna.create("b", "x");
    pass(3h);
    BOOST_TEST(anna.state().rejected == 0U);
    BOOST_TEST(anna.state().unsent == 2U);
    BOOST_TEST(picky.pushes < 1'000);
    picky.refuses_all = false;
    pass(5min);
    BOOST_TEST(anna.state().pending == 0U);
    BOOST_TEST(server.rows().size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_was_applied_and_not_answered_is_not_rejected_when_it_is_refused_later) {
    picky.loses_answers = true;
    anna.create("poison", "x");
    run();
    BOOST_REQUIRE(server.rows().contains("note/poison"));
    picky.loses_answers = false;
    picky.refuses_poison = true;
    pass(10min);
    BOOST_TEST(anna.state().rejected == 0U);
    BOOST_TEST(anna.state().pending == 0U);
    BOOST_TEST(anna.title("poison") == "x");
}

BOOST_AUTO_TEST_CASE(so_it_is_when_the_server_has_come_to_take_less) {
    picky.loses_answers = true;
    anna.create("poison", std::string(5'000, 'x'));
    run();
    picky.loses_answers = false;
    picky.refuses_poison = true;
    picky.error = RequestError::too_large;
    picky.limits.transaction_bytes_max = 1'000;
    pass(10min);
    BOOST_TEST(anna.state().rejected == 0U);
    BOOST_TEST(anna.state().pending == 0U);
    BOOST_TEST(anna.title("poison").size() == 5'000U);
}

BOOST_AUTO_TEST_CASE(so_it_is_after_a_restart_in_between) {
    picky.loses_answers = true;
    anna.create("poison", std::string(5'000, 'x'));
    run();
    anna.stop();
    run();
    anna.restart();
    // The limits are known before the first push.
    Limits limits;
    limits.transaction_bytes_max = 1'000;
    const auto push = anna.replica->next_push(limits);
    BOOST_REQUIRE(push.has_value());
    BOOST_TEST(push->request.transactions[0].withdrawn == "too_large");
    anna.replica->apply_outcomes(server.engine().push(push->request).message);
    BOOST_TEST(anna.state().rejected == 0U);
    BOOST_TEST(anna.state().unsent == 0U);
}

BOOST_AUTO_TEST_CASE(one_too_large_that_was_never_applied_is_rejected) {
    picky.refuses_poison = true;
    picky.error = RequestError::too_large;
    picky.limits.transaction_bytes_max = 1'000;
    anna.create("poison", std::string(5'000, 'x'));
    anna.create("behind", "x");
    pass(10min);
    BOOST_TEST(anna.state().pending == 0U);
    BOOST_REQUIRE(anna.rejected.size() == 1U);
    BOOST_TEST(anna.rejected[0].code == "too_large");
    BOOST_TEST(server.rows().contains("note/behind"));
}

// The file was copied while its program ran, and the copy has sent the first of two patches that
// were joined afterwards. With the number and the id of the first, the second would be lost.
BOOST_AUTO_TEST_CASE(a_patch_that_a_copy_of_the_file_has_sent_is_not_taken_for_the_joined_one) {
    anna.create("a", "x");
    pass(1min);
    anna.stop();
    run();
    anna.update("a", add_visits(1));
    const ClientId before = anna.state().client;
    const Bytes patch = add_visits(1);
    Mutation first;
    first.sequence = anna.replica->last_write()->sequence;
    first.id = anna.replica->last_write()->id;
    first.kind = MutationKind::update;
    first.entity = "note";
    first.key = "a";
    first.payload = patch;
    PushRequest copy;
    copy.scope = kScope;
    copy.client = before;
    copy.schema = fingerprint(kSchema);
    copy.transactions = {{{first}}};
    server.engine().push(copy);
    anna.update("a", patch_done(true));
    BOOST_REQUIRE(anna.state().unsent == 1U);
    anna.start();
    pass(5min);
    BOOST_TEST(anna.state().pending == 0U);
    BOOST_TEST((anna.state().client != before));
    BOOST_TEST(anna.replica->get(kNote, "a")->scalar<bool>(note::kDone, false));
    BOOST_TEST((anna.rows() == server.rows()));
}

// The file was copied with a mutation in its queue that is too large.
BOOST_AUTO_TEST_CASE(one_too_large_that_a_copy_of_the_file_has_withdrawn_is_recorded_here_too) {
    anna.stop();
    run();
    anna.create("before", "x");
    anna.create("poison", std::string(5'000, 'x'));
    anna.create("behind", "x");
    const auto all = anna.replica->next_push({});  // as the copy has them
    PushRequest copy = all->request;
    BOOST_REQUIRE(copy.transactions.size() == 3U);
    copy.transactions[1].withdrawn = "too_large";
    copy.transactions[1].mutations[0].payload = {};
    copy.transactions[1].mutations[0].key = {};
    server.engine().push(copy);
    anna.start();
    pass(5min);
    BOOST_TEST(anna.state().pending == 0U);
    BOOST_REQUIRE(anna.replica->rejected().size() == 1U);
    BOOST_TEST(anna.replica->rejected()[0].code == "too_large");
    BOOST_TEST(anna.replica->rejected()[0].key == "poison");
    BOOST_TEST(anna.replica->rejected()[0].payload.size() > 5'000U);
    BOOST_TEST(server.rows().contains("note/behind"));
    BOOST_TEST(server.rows().size() == 2U);
}

// Whether the server knows it cannot be learnt by pulls, whose pages are another database's.
BOOST_AUTO_TEST_CASE(a_large_mutation_is_settled_when_another_database_uses_its_number) {
    anna.create("a", "x");
    pass(1min);
    anna.stop();
    run();
    const Bytes row = note_row("c", "x");
    PushRequest others;
    others.scope = kScope;
    others.client = anna.state().client;
    others.schema = fingerprint(kSchema);
    others.transactions = {
        {{{Sequence{2}, MutationId{4711}, MutationKind::create, "note", "c", row, {}, {}}}}};
    server.engine().push(others);
    picky.refuses_poison = true;
    picky.error = RequestError::too_large;
    picky.limits.transaction_bytes_max = 1'000;
    anna.create("poison", std::string(5'000, 'x'));
    anna.create("behind", "x");
    anna.start();
    int tasks = 0;
    while (executor.run_one() && tasks < 5'000) ++tasks;
    BOOST_REQUIRE(tasks < 5'000);  // without any time passing
    pass(10min);
    BOOST_TEST(anna.state().pending == 0U);
    BOOST_REQUIRE(anna.rejected.size() == 1U);
    BOOST_TEST(anna.rejected[0].code == "too_large");
    BOOST_TEST(server.rows().size() == 3U);
    BOOST_TEST((anna.rows() == server.rows()));
}

// Two databases use one client id. This one learns it after its first mutation was decided; then
// the server is put back to a backup that has that mutation, under the former id.
BOOST_AUTO_TEST_CASE(what_was_decided_before_a_fork_is_not_done_again_in_a_restored_history) {
    anna.create("a", "x");
    anna.create("b", "x");
    pass(1min);
    anna.stop();
    run();
    WorldServer restored(clock, 77);
    anna.update("a", add_visits(1));
    anna.update("b", add_visits(1));
    // The other database has the first of the two as well, and one of its own.
    const auto push = anna.replica->next_push({});
    BOOST_REQUIRE(push->request.transactions.size() == 2U);
    PushRequest others = push->request;
    const Bytes own = note_row("c", "x");
    Mutation& second = others.transactions[1].mutations[0];
    second = {second.sequence, MutationId{4711}, MutationKind::create, "note", "c", own, {}, {}};
    server.engine().push(others);
    // The backup: the same rows, the same mutations.
    PushRequest before = others;
    const Bytes a = note_row("a", "x");
    const Bytes b = note_row("b", "x");
    before.epoch = Epoch{};
    before.transactions = {
        {{{Sequence{1}, MutationId{1}, MutationKind::create, "note", "a", a, {}, {}}}},
        {{{Sequence{2}, MutationId{2}, MutationKind::create, "note", "b", b, {}, {}}}}};
    restored.engine().push(before);
    others.epoch = Epoch{};
    restored.engine().push(others);
    picky.after_push = [&] { network.server = &restored; };
    anna.start();
    pass(10min);
    BOOST_TEST((network.server == &restored));
    BOOST_TEST(anna.state().pending == 0U);
    BOOST_TEST(anna.state().rejected == 0U);
    BOOST_TEST(anna.visits("a") == 1);
    BOOST_TEST(anna.visits("b") == 1);
    BOOST_TEST((anna.rows() == restored.rows()));
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

server::EngineOptions small_rows() {
    server::EngineOptions options;
    options.row_bytes_max = 400;
    return options;
}

/// Random transactions of one client, some of which create rows that the server refuses, and a
/// model of what must come of each.
class Dependents : World {
public:
    explicit Dependents(std::uint64_t seed) : World(small_rows()), random_(seed) {}

    void run_all() {
        anna.sync();
        for (int i = 0; i < 60; ++i) {
            make_transaction();
            if (random_.below(8) == 0) anna.sync();
        }
        for (int i = 0; i < 5; ++i) anna.sync();
        BOOST_REQUIRE(anna.state().pending == 0U);
        judge();
    }

private:
    struct Step {
        MutationKind kind = MutationKind::create;
        std::string key;
        bool bad = false;
        MutationId id{};
    };

    std::string some_key() { return "n" + std::to_string(random_.below(15)); }

    void make_transaction() {
        std::vector<Step> steps;
        anna.replica->transaction([&] {
            for (std::uint64_t i = 0; i < 1 + random_.below(3); ++i) {
                Step step = make_step();
                if (step.id.value == 0) continue;
                // A patch that became a part of the one before has its ticket.
                if (steps.empty() || steps.back().id != step.id) steps.push_back(step);
            }
        });
        if (!steps.empty()) made_.push_back(std::move(steps));
    }

    Step make_step() {
        const std::string key = some_key();
        if (!anna.replica->exists(kNote, key)) {
            const bool bad = random_.below(3) == 0;
            const std::string title(bad ? 500 : 5, 'x');
            const auto ticket = anna.replica->create(kNote, note_row(key, title));
            return {MutationKind::create, key, bad, ticket.id};
        }
        if (random_.below(4) == 0) {
            return {MutationKind::remove, key, false, anna.replica->remove(kNote, key)->id};
        }
        const auto ticket = anna.replica->update(kNote, key, patch_done(random_.below(2) == 0));
        return {MutationKind::update, key, false, ticket.id};
    }

    // The rule: a transaction fails if a create in it is refused, or an update in it is of a row
    // that is not there, since its create has failed before.
    void judge() {
        std::set<MutationId> refused;
        for (const RejectedMutation& record : anna.replica->rejected()) refused.insert(record.id);
        std::set<std::string> rows;
        std::size_t expected = 0;
        for (const auto& transaction : made_) {
            std::set<std::string> after = rows;
            bool fails = false;
            for (const Step& step : transaction) fails = fails || !apply(step, after);
            if (!fails) rows = after;
            for (const Step& step : transaction) {
                BOOST_REQUIRE(refused.contains(step.id) == fails);
                expected += fails ? 1 : 0;
            }
        }
        BOOST_REQUIRE(refused.size() == expected);
        BOOST_REQUIRE(server.rows().size() == rows.size());
        for (const std::string& key : rows) BOOST_REQUIRE(server.rows().contains("note/" + key));
        BOOST_REQUIRE(anna.rows() == server.rows());
    }

    static bool apply(const Step& step, std::set<std::string>& rows) {
        switch (step.kind) {
            case MutationKind::create:
                return !step.bad && rows.insert(step.key).second;
            case MutationKind::update:
                return rows.contains(step.key);
            default:
                rows.erase(step.key);
                return true;
        }
    }

    Random random_;
    std::vector<std::vector<Step>> made_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(dependents_tests)

BOOST_AUTO_TEST_CASE(what_depends_on_a_refused_create_is_refused_with_it_and_nothing_else_is) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            Dependents(seed).run_all();
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
