#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/service_endpoint.hpp"
#include "support/test_schema.hpp"
#include "syncline/replica/replica.hpp"
#include "syncline/server/engine.hpp"
#include "syncline/server/service.hpp"
#include "syncline/server/sqlite_authority.hpp"
#include "syncline/sync/sync_loop.hpp"
#include "syncline/testing/fault_transport.hpp"
#include "syncline/testing/manual_executor.hpp"
#include "syncline/testing/memory_transport.hpp"

// A whole system in one thread, on virtual time: the real server's engine and service, and clients
// with real databases, whose messages travel through a transport that can fail.

namespace syncline::test {

inline constexpr std::string_view kScope = "user:1";

/// Rows by "entity/id", as bytes.
using Rows = std::map<std::string, std::string>;

class WorldServer final : public testing::ServerEndpoint {
public:
    WorldServer(const Clock& clock, std::uint64_t seed, server::EngineOptions options = {})
        : authority_("", Durability::normal, Random(seed)),
          engine_(authority_, kSchema, clock, options),
          service_(engine_),
          endpoint_(service_) {}

    TransportResponse handle(Endpoint endpoint, std::string_view token, ByteView body) override {
        log += std::string(path(endpoint)).substr(4) + " ";
        return endpoint_.handle(endpoint, token, body);
    }
    std::unique_ptr<Subscription> subscribe(const LiveRequest& request, LiveSink sink,
                                            TransportResponse& refusal) override {
        return endpoint_.subscribe(request, std::move(sink), refusal);
    }

    Rows rows() {
        Rows result;
        authority_.begin_read(kScope)->scan({}, [&](const server::ScannedRow& row) {
            if (row.data) {
                result[std::string(row.entity) + "/" + std::string(row.key)] =
                    std::string(as_text(*row.data));
            }
            return true;
        });
        return result;
    }
    /// Sequences of the client's mutations that were rejected, as the server remembers them.
    std::vector<std::uint64_t> rejections(ClientId client) {
        std::vector<std::uint64_t> result;
        constexpr Sequence kAll{~std::uint64_t{0} >> 1};
        authority_.begin_read(kScope)->rejections(
            client, Sequence{}, kAll,
            [&](const Rejection& rejection) { result.push_back(rejection.sequence.value); });
        return result;
    }
    /// Changes a row in the server's file, behind its back: no cursor and no hash tells.
    void change_silently(std::string_view entity, std::string_view id, ByteView row) {
        const auto number = authority_.register_entities({entity}).front();
        const auto writer = authority_.begin_write(kScope);
        server::StoredRow stored;
        writer->find(number, id, stored);
        writer->put(
            number, id,
            {stored.place, stored.cursor, stored.created, stored.writer, stored.others, row});
        writer->commit();
    }
    Cursor head() { return authority_.begin_read(kScope)->state().head; }
    server::Engine& engine() { return engine_; }

    std::string log;  ///< "snapshot push pull …"

private:
    server::SqliteAuthority authority_;
    server::Engine engine_;
    server::Service service_;
    ServiceEndpoint endpoint_;
};

/// The way to the server: a test may let it lead to another one, or answer in the server's place.
class Network final : public testing::ServerEndpoint {
public:
    explicit Network(testing::ServerEndpoint& first) : server(&first) {}

    TransportResponse handle(Endpoint endpoint, std::string_view token, ByteView body) override {
        tokens += std::string(token) + " ";
        if (!expired.empty() && token == expired) {
            return answered(401, refusal(RequestError::unauthorized, {}, {}));
        }
        if (answers_.empty()) {
            TransportResponse answer = server->handle(endpoint, token, body);
            if (replaced_.empty()) return answer;
            answer = std::move(replaced_.front());
            replaced_.pop_front();
            return answer;
        }
        const TransportResponse answer = std::move(answers_.front());
        answers_.pop_front();
        refused += std::string(path(endpoint)).substr(4) + " ";
        return answer;
    }
    std::unique_ptr<Subscription> subscribe(const LiveRequest& request, LiveSink sink,
                                            TransportResponse& refused_with) override {
        if (!expired.empty() && request.token == expired) {
            refused_with = answered(401, refusal(RequestError::unauthorized, {}, {}));
            return nullptr;
        }
        return server->subscribe(request, std::move(sink), refused_with);
    }

    /// What the next request gets that no earlier call has answered.
    void answer_next(int status, Bytes body) {
        answers_.push_back(answered(status, std::move(body)));
    }
    void refuse_next(RequestError error, std::chrono::milliseconds retry_after = {},
                     Limits limits = {}) {
        answer_next(http_status(error), refusal(error, retry_after, limits));
    }
    /// The server does what the next request asks, but what comes back is a refusal.
    void refuse_answer_of_next(RequestError error) {
        replaced_.push_back(answered(http_status(error), refusal(error, {}, {})));
    }

    testing::ServerEndpoint* server;
    std::string tokens;   ///< of all requests
    std::string expired;  ///< a token that requests and streams are refused with
    std::string refused;  ///< "push pull …": what was answered in the server's place

private:
    static TransportResponse answered(int status, Bytes body) {
        TransportResponse response;
        response.outcome = TransportResponse::Outcome::answered;
        response.status = status;
        response.body = std::move(body);
        return response;
    }
    static Bytes refusal(RequestError error, std::chrono::milliseconds retry_after, Limits limits) {
        ErrorResponse body;
        body.error = error;
        body.message = "refused by the test";
        body.retry_after = retry_after;
        body.limits = limits;
        return encode(body);
    }

    std::deque<TransportResponse> answers_;
    std::deque<TransportResponse> replaced_;
};

class WorldClient {
public:
    WorldClient(testing::ServerEndpoint& server, testing::ManualExecutor& executor,
                testing::ManualClock& clock, std::uint64_t seed,
                testing::FaultOptions what_fails = {}, SyncOptions options = {})
        : executor_(executor),
          clock_(clock),
          random_(seed),
          options_(options),
          memory(server, executor),
          faults(memory, executor, clock, std::move(what_fails)),
          db_(Replica::database_options({}, Durability::normal)) {
        open();
    }

    /// As if the device was switched off and on: everything but the database is gone.
    void restart() {
        loop.reset();
        replica.reset();
        open();
    }

    void create(std::string_view id, std::string_view title) {
        replica->create(kNote, note_row(id, title));
    }
    void update(std::string_view id, Bytes patch) { replica->update(kNote, id, std::move(patch)); }

    std::string title(std::string_view id) const {
        const auto row = replica->get(kNote, id);
        return row ? std::string(row->string(note::kTitle)) : "-";
    }
    std::int32_t visits(std::string_view id) const {
        const auto row = replica->get(kNote, id);
        return row ? row->scalar<std::int32_t>(note::kVisits, 0) : -1;
    }

    /// One sync without `start`; runs the world until it is done.
    SyncResult sync() {
        std::optional<SyncResult> result;
        loop->post([&](SyncLoop& sync) {
            sync.sync(std::chrono::minutes(5), [&](const SyncResult& done) { result = done; });
        });
        executor_.run_until_idle();
        while (!result && executor_.advance_to_next_timer()) {
        }
        return result.value_or(SyncResult{});
    }
    void start() {
        loop->post([](SyncLoop& sync) { sync.start(); });
        started_ = true;
    }

    void stop() {
        loop->post([](SyncLoop& sync) { sync.stop(); });
        started_ = false;
    }
    const SyncStatus& status() const { return loop->status(); }
    SyncState state() const { return replica->sync_state(); }
    Cursor cursor() const { return state().cursor.value_or(Cursor{}); }

    /// The view, which is the base when nothing is pending.
    Rows rows() const {
        Rows result;
        for (const EntitySchema& entity : kEntities) {
            replica->select(entity, {}, [&](const Row& row) {
                const std::string id(row.string(entity.key));
                result[std::string(entity.name) + "/" + id] = std::string(as_text(row.bytes()));
                return true;
            });
        }
        return result;
    }

private:
    void open() {
        replica.emplace(db_, kSchema, std::string(kScope), clock_, Random(random_.next()));
        SyncHooks hooks;
        hooks.token = [this] { return next_token(); };
        hooks.on_status = [this](const SyncStatus& status) { told(status); };
        hooks.on_error = [this](const SyncError& error) { errors.push_back(error); };
        hooks.on_synced = [this](const SyncResult& result) { synced.push_back(result); };
        hooks.on_rejected = [this](const RejectedMutation& mutation) {
            rejected.push_back(mutation);
        };
        loop.emplace(*replica, faults, executor_, clock_, Random(random_.next()), options_,
                     std::move(hooks));
        replica->set_queue_listener([this] { loop->post([](SyncLoop& sync) { sync.wake(); }); });
        if (started_) start();
    }

    // The application's part: a token when one is wanted.
    void told(const SyncStatus& status) {
        if (answers_auth && status.phase == SyncPhase::auth_needed) {
            loop->post([](SyncLoop& sync) { sync.set_token("another"); });
        }
    }

    testing::ManualExecutor& executor_;
    testing::ManualClock& clock_;
    Random random_;
    SyncOptions options_;
    bool started_ = false;

public:
    testing::MemoryTransport memory;
    testing::FaultTransport faults;

private:
    Database db_;

public:
    std::optional<Replica> replica;
    std::optional<SyncLoop> loop;
    std::vector<SyncError> errors;
    std::vector<RejectedMutation> rejected;
    std::vector<SyncResult> synced;
    std::function<std::string()> next_token = [] { return std::string("token"); };
    bool answers_auth = true;  ///< sets a token when one is wanted
};

struct World {
    explicit World(server::EngineOptions options = {})
        : server(clock, 1, options), network(server), anna(make(1)), ben(make(2)) {}

    WorldClient make(std::uint64_t seed, SyncOptions options = {}) {
        return WorldClient(network, executor, clock, seed, {}, options);
    }
    void run() { executor.run_until_idle(); }
    void pass(std::chrono::nanoseconds time) { executor.advance(time); }

    testing::ManualClock clock;
    testing::ManualExecutor executor{clock};
    WorldServer server;
    Network network;
    WorldClient anna;
    WorldClient ben;
};

}  // namespace syncline::test
