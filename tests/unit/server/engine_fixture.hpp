#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/test_schema.hpp"
#include "syncline/base/clock.hpp"
#include "syncline/base/random.hpp"
#include "syncline/protocol/messages.hpp"
#include "syncline/server/engine.hpp"
#include "syncline/server/sqlite_authority.hpp"

namespace syncline::test {

class SettableClock final : public Clock {
public:
    SteadyTime now() const override { return {}; }
    WallTime wall_now() const override { return wall; }
    WallTime wall{std::chrono::seconds{1'700'000'000}};
};

/// A client that keeps nothing but its numbers, and builds its mutations by hand.
class TestClient {
public:
    explicit TestClient(std::uint64_t number) {
        id.high = 0xC11E;
        id.low = number;
    }

    Mutation create(std::string_view entity, std::string_view key, Bytes row) {
        return make(MutationKind::create, entity, key, std::move(row));
    }
    Mutation create_note(std::string_view key, std::string_view title) {
        return create("note", key, note_row(key, title));
    }
    Mutation update(std::string_view entity, std::string_view key, Bytes patch, Cursor base = {}) {
        Mutation mutation = make(MutationKind::update, entity, key, std::move(patch));
        mutation.base = base;
        return mutation;
    }
    Mutation remove(std::string_view entity, std::string_view key) {
        return make(MutationKind::remove, entity, key, {});
    }
    Mutation named(std::string_view name, std::string_view arguments) {
        return make(MutationKind::named, name, "", to_bytes(as_bytes(arguments)));
    }

    /// A push of these transactions.
    PushRequest request(std::vector<Transaction> transactions) const {
        PushRequest request;
        request.scope = scope;
        request.client = id;
        request.schema = schema;
        request.confirmed = confirmed;
        request.transactions = std::move(transactions);
        return request;
    }
    /// A push of one transaction.
    PushRequest request(std::vector<Mutation> mutations) const {
        return request(std::vector<Transaction>{{std::move(mutations)}});
    }
    PushRequest request(const Mutation& mutation) const {
        return request(std::vector<Mutation>{mutation});
    }

    ClientId id;
    std::string scope = "user:1";
    std::uint64_t schema = fingerprint(kSchema);
    Sequence last;
    Sequence confirmed;
    WallTime time{std::chrono::seconds{1'700'000'000}};

private:
    Mutation make(MutationKind kind, std::string_view entity, std::string_view key, Bytes payload) {
        Mutation mutation;
        mutation.sequence = Sequence{++last.value};
        mutation.id = MutationId{id.low << 32 | last.value};
        mutation.kind = kind;
        mutation.entity = texts_.emplace_back(entity);
        mutation.key = texts_.emplace_back(key);
        mutation.payload = payloads_.emplace_back(std::move(payload));
        mutation.time = time;
        return mutation;
    }

    std::deque<std::string> texts_;
    std::deque<Bytes> payloads_;
};

/// A whole pull or snapshot, page by page, as a client puts it together.
struct PulledRows {
    std::vector<std::pair<std::string, std::string>> rows;  // "entity/key" and data; "-": deleted
    Cursor to;
    std::size_t pages = 0;
};

struct EngineFixture {
    SettableClock clock;
    server::SqliteAuthority authority{"", Durability::normal, Random(7)};
    server::Engine engine{authority, kSchema, clock, options()};
    TestClient anna{1};
    TestClient ben{2};

    static server::EngineOptions options() {
        server::EngineOptions options;
        options.page_bytes_min = 1;
        return options;
    }

    server::Owned<PushResponse> push(const PushRequest& request) { return engine.push(request); }
    /// Pushes and demands that nothing is rejected.
    Cursor apply(TestClient& client, const Mutation& mutation) {
        const auto answer = engine.push(client.request(mutation));
        if (!answer.message.rejections.empty()) {
            throw std::runtime_error("rejected: " +
                                     std::string(answer.message.rejections[0].reason));
        }
        return head(client);
    }
    /// The code of the one rejection that this mutation alone comes to; empty: it was applied.
    std::string code(TestClient& client, const Mutation& mutation) {
        const auto answer = engine.push(client.request(mutation));
        return answer.message.rejections.empty() ? ""
                                                 : std::string(answer.message.rejections[0].code);
    }

    PullRequest pull_request(const TestClient& client, Cursor from = {}) {
        PullRequest request;
        request.scope = client.scope;
        request.client = client.id;
        request.schema = client.schema;
        request.epoch = engine.epoch();
        request.cursor = from;
        request.confirmed = client.confirmed;
        return request;
    }
    Cursor head(const TestClient& client) { return engine.pull(pull_request(client)).message.to; }

    /// The row's bytes as the server has them; empty: there is none.
    Bytes row(const TestClient& client, std::string_view entity, std::string_view key) {
        const auto page = engine.pull(pull_request(client));
        for (const RowChange& change : page.message.rows) {
            if (change.entity == entity && change.key == key && change.data) {
                return to_bytes(*change.data);
            }
        }
        return {};
    }

    /// The error that `action` is refused with; `fallback` if it is not.
    template <class Action>
    static RequestError refusal(Action action) {
        try {
            action();
        } catch (const server::RequestRefused& refused) {
            return refused.error();
        }
        throw std::runtime_error("was not refused");
    }
};

}  // namespace syncline::test
