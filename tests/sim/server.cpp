#include "sim/server.hpp"

#include <algorithm>

#include "support/test_schema.hpp"
#include "syncline/base/error.hpp"

namespace syncline::sim {
namespace {

constexpr std::uint32_t kServerApplicationId = 0x534C7376;
constexpr std::string_view kFile = "server.db";

server::EngineOptions options_of(const Scene& scene, std::uint64_t seed, bool batches_large) {
    Dice dice(seed);
    server::EngineOptions options;
    options.limits.batch_mutations_max = static_cast<std::uint32_t>(1 + dice.below(8));
    options.limits.batch_bytes_max = static_cast<std::uint32_t>(400 + dice.below(4000));
    if (batches_large) options.limits.batch_mutations_max = 500;
    if (batches_large) options.limits.batch_bytes_max = 1 << 20;
    options.limits.transaction_bytes_max = scene.transaction_bytes_max;
    options.page_bytes_min = 1;
    options.page_bytes_default = static_cast<std::uint32_t>(200 + dice.below(2000));
    options.page_bytes_max = static_cast<std::uint32_t>(300 + dice.below(3000));
    return options;
}

void bump(server::MutatorContext& context, ByteView arguments) {
    const std::string_view id = as_text(arguments);
    if (!context.find("note", id)) throw server::Reject("not_found", "there is no such note");
    context.update("note", id, test::add_visits(10));
}

void share(server::MutatorContext& context, ByteView arguments) {
    const std::string_view both = as_text(arguments);
    const std::string_view one = both.substr(0, both.find(' '));
    const std::string_view other = both.substr(both.find(' ') + 1);
    if (one == other) throw server::Reject("alone", "these are one note");
    for (const std::string_view id : {one, other}) {
        if (!context.find("note", id)) throw server::Reject("not_found", "there is no such note");
        context.update("note", id, test::add_visits(1));
    }
}

TransportResponse not_answered(TransportResponse::Outcome outcome, const char* detail) {
    TransportResponse response;
    response.outcome = outcome;
    response.detail = detail;
    return response;
}

std::string text_of(Sequence processed,
                    const std::vector<std::pair<Sequence, std::string>>& rejections) {
    std::string text = "up to " + std::to_string(processed.value);
    for (const auto& [sequence, code] : rejections) {
        text += ", " + std::to_string(sequence.value) + " " + code;
    }
    return text;
}

bool stored_nothing(int status) {
    return status == 500 || status == 503;
}

}  // namespace

server::Access Doorman::authorize(std::string_view token, std::string_view) const {
    const auto device = static_cast<std::uint32_t>(std::stoul(std::string(token)));
    const std::uint64_t number = std::stoull(std::string(token.substr(token.find(' ') + 1)));
    const auto found = good.find(device);
    if (found != good.end() && found->second != number) return server::Access::unauthorized;
    return forbidden.count(device) != 0 ? server::Access::forbidden : server::Access::allowed;
}

Server::Server(const Scene& scene, const Clock& common, std::uint64_t seed, bool batches_large)
    : disk(seed),
      clock(common),
      scene_(scene),
      options_(options_of(scene, seed, batches_large)),
      seed_(seed),
      model_(scene) {
    open();
}

Server::~Server() {
    close();
}

void Server::open() {
    authority_ = std::make_unique<server::SqliteAuthority>(std::string(kFile), Durability::full,
                                                           Random(seed_), disk.vfs());
    const Schema& newer = seed_ % 3 == 0 ? *scene_.by_priority : *scene_.schema;
    engine_ = std::make_unique<server::Engine>(
        *authority_, old_schema ? *scene_.older_server : newer, clock, options_);
    if (scene_.built_in) {
        engine_->set_mutator("bump", bump);
        engine_->set_mutator("quiet", bump);
        engine_->set_mutator("share", share);
    }
    service_ = std::make_unique<server::Service>(*engine_, doorman);
    endpoint_ = std::make_unique<test::ServiceEndpoint>(*service_);
    epoch_ = authority_->epoch();
}

void Server::close() {
    endpoint_.reset();
    service_.reset();
    engine_.reset();
    authority_.reset();
}

bool Server::start() {
    if (up()) return true;
    try {
        open();
    } catch (const StorageError&) {
        close();
        disk.restart();  // it may have died of it; the next try finds a disk that works
        return false;
    }
    take_interrupted();
    check_all();
    return true;
}

void Server::stop() {
    close();
    if (disk.stopped()) disk.restart();
}

void Server::backup() {
    backup_ = Backup{disk.save(), model_, interrupted_};
}

bool Server::restore(Dice& dice) {
    if (!backup_) return false;
    close();
    disk.restart();
    disk.load(backup_->files);
    {
        DatabaseOptions options;
        options.path = std::string(kFile);
        options.vfs = disk.vfs();
        options.application_id = kServerApplicationId;
        options.format_version = 3;
        Database database(options);
        auto tx = database.begin_write();
        tx.connection()
            .prepare("UPDATE meta SET high = ?1, low = ?2 WHERE name = 'epoch'")
            .bind(1, dice.next())
            .bind(2, dice.next())
            .run();
        tx.commit();
    }
    histories_[epoch_] = model_.history();
    model_ = backup_->model;
    interrupted_ = backup_->interrupted;
    open();
    take_interrupted();
    model_.begin_epoch();
    check_all();
    return true;
}

void Server::purge(Dice& dice) {
    const Cursor below{dice.below(model_.head().value + 1)};
    try {
        engine_->purge(kScopeName, below);
        model_.purge(below);
    } catch (const StorageError&) {
    }
}

bool Server::has_history_if(const std::function<bool(const History&)>& is_meant) const {
    return is_meant(model_.history()) ||
           std::any_of(histories_.begin(), histories_.end(),
                       [&](const auto& history) { return is_meant(history.second); });
}

const History& Server::history(Epoch epoch) const {
    if (epoch == epoch_) return model_.history();
    const auto found = histories_.find(epoch);
    if (found == histories_.end()) throw Violation("epoch", "a client has one that never was");
    return found->second;
}

void Server::take_interrupted() {
    for (const Interrupted& push : std::exchange(interrupted_, {})) {
        const PushRequest request = decode_push_request(push.body);
        const server::ClientState stored =
            authority_->begin_read(kScopeName)->client(request.client);
        const Mutation& last = request.transactions.back().mutations.back();
        const bool here = stored.last == last.sequence && stored.last_id == last.id;
        if (here && stored.last != model_.last(request.client)) model_.push(request, push.time);
    }
}

TransportResponse Server::handle(Endpoint endpoint, std::string_view token, ByteView body) {
    if (!up()) return not_answered(TransportResponse::Outcome::unreachable, "the server is down");
    const WallTime now = clock.wall_now();
    TransportResponse response = endpoint_->handle(endpoint, token, body);
    if (endpoint == Endpoint::push && response.status != 400) {
        const PushRequest request = decode_push_request(body);
        if (response.status == 200) {
            const Cursor before = model_.head();
            const Model::Result expected = model_.push(request, now);
            const PushResponse answer = decode_push_response(response.body);
            std::vector<std::pair<Sequence, std::string>> rejections;
            for (const Rejection& r : answer.rejections) {
                rejections.emplace_back(r.sequence, std::string(r.code));
            }
            if (answer.processed != expected.processed || rejections != expected.rejections) {
                throw Violation("answer", "a push was answered " +
                                              text_of(answer.processed, rejections) +
                                              " instead of " +
                                              text_of(expected.processed, expected.rejections));
            }
            if (model_.head() != before) {
                interrupted_.clear();
                ++commits;
                if (!disk.stopped()) check_changed(before);
            }
        } else if (stored_nothing(response.status)) {
            interrupted_.push_back({to_bytes(body), now});
        } else if (response.status == 409 && !model_.is_forked(request)) {
            throw Violation("answer", "a client was called a fork and is none");
        }
    }
    if (!disk.stopped()) return response;
    return not_answered(TransportResponse::Outcome::cut, "the server died");
}

std::unique_ptr<testing::ServerEndpoint::Subscription> Server::subscribe(
    const LiveRequest& request, testing::ServerEndpoint::LiveSink sink,
    TransportResponse& refusal) {
    if (up()) return endpoint_->subscribe(request, std::move(sink), refusal);
    refusal = not_answered(TransportResponse::Outcome::unreachable, "the server is down");
    return nullptr;
}

// What the last push changed, and nothing else, is what the model says.
void Server::check_changed(Cursor before) {
    std::map<Key, std::pair<Cursor, std::string>> expected;
    for (const auto& [key, row] : model_.rows()) {
        if (row->cursor > before) expected[key] = {row->cursor, row->bytes};
    }
    const auto reader = authority_->begin_read(kScopeName);
    if (reader->state().head != model_.head()) {
        throw Violation("server head", "is not where it should be");
    }
    std::size_t found = 0;
    reader->scan({before, 0}, [&](const server::ScannedRow& row) {
        if (row.position.cursor <= before || !row.data) return true;
        ++found;
        const auto wanted = expected.find({std::string(row.entity), std::string(row.key)});
        if (wanted == expected.end() || wanted->second.first != row.position.cursor ||
            wanted->second.second != as_text(*row.data)) {
            throw Violation("server rows", std::string(row.entity) + " " + std::string(row.key) +
                                               " is not what it should be");
        }
        return true;
    });
    if (found != expected.size()) throw Violation("server rows", "some that changed are missing");
}

void Server::check_all() {
    const auto reader = authority_->begin_read(kScopeName);
    if (reader->state().head != model_.head()) {
        throw Violation("server head", "is at " + std::to_string(reader->state().head.value) +
                                           " and should be at " +
                                           std::to_string(model_.head().value));
    }
    std::size_t found = 0;
    reader->scan({}, [&](const server::ScannedRow& row) {
        if (!row.data) return true;
        ++found;
        const auto wanted = model_.rows().find({std::string(row.entity), std::string(row.key)});
        if (wanted == model_.rows().end() || wanted->second->bytes != as_text(*row.data) ||
            wanted->second->cursor != row.position.cursor) {
            throw Violation("server rows", std::string(row.entity) + " " + std::string(row.key) +
                                               " is not what it should be");
        }
        return true;
    });
    if (found != model_.rows().size()) throw Violation("server rows", "some are missing");
}

}  // namespace syncline::sim
