#include "syncline/server/engine.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "catalog.hpp"
#include "page_run.hpp"
#include "push_run.hpp"
#include "utf8.hpp"

namespace syncline::server {
namespace {

constexpr std::size_t kCodeBytesMax = 64;
constexpr std::size_t kReasonBytesMax = 1024;

[[noreturn]] void refuse(const std::string& text) {
    throw RequestRefused(RequestError::invalid_request, text);
}

// It is stored, and sent to whoever asks for the outcome.
void check_withdrawal(const Transaction& transaction) {
    if (transaction.withdrawn.size() > kCodeBytesMax) refuse("a code is too long");
    if (transaction.reason.size() > kReasonBytesMax) refuse("a reason is too long");
    if (!is_utf8(transaction.withdrawn) || !is_utf8(transaction.reason)) {
        refuse("the reason of a withdrawal is not UTF-8");
    }
}

/// What decoding does not check, and what an embedding application may hand in unchecked.
void check_transactions(const std::vector<Transaction>& transactions) {
    Sequence last;
    for (const Transaction& transaction : transactions) {
        if (transaction.mutations.empty()) refuse("a transaction is empty");
        check_withdrawal(transaction);
        for (const Mutation& mutation : transaction.mutations) {
            if (mutation.sequence <= last) refuse("the sequences do not ascend from 1");
            last = mutation.sequence;
        }
    }
    // The storage's numbers are signed; no honest client ever gets there.
    if (last.value >> 63 != 0) refuse("a sequence is beyond all counting");
}

void check_batch(const std::vector<Transaction>& transactions, const Limits& limits) {
    // One transaction cannot be cut: it has a limit of its own.
    if (transactions.size() < 2) return;
    std::size_t mutations = 0;
    std::size_t bytes = 0;
    for (const Transaction& transaction : transactions) {
        mutations += transaction.mutations.size();
        for (const Mutation& mutation : transaction.mutations) {
            bytes += mutation.payload.size() + mutation.key.size();
        }
    }
    if (mutations > limits.batch_mutations_max || bytes > limits.batch_bytes_max) {
        throw RequestRefused(RequestError::too_large,
                             "a push of several transactions may hold " +
                                 std::to_string(limits.batch_mutations_max) + " mutations and " +
                                 std::to_string(limits.batch_bytes_max) + " bytes");
    }
}

}  // namespace

struct Engine::Impl {
    Impl(Authority& authority_, const Schema& schema, const Clock& clock_, EngineOptions options_)
        : authority(authority_),
          catalog(schema, authority_),
          clock(clock_),
          options(std::move(options_)) {}

    void check(std::string_view scope, ClientId client) const {
        if (scope.empty()) refuse("the scope is empty");
        if (scope.size() > options.scope_bytes_max) {
            refuse("the scope is longer than " + std::to_string(options.scope_bytes_max) +
                   " bytes");
        }
        if (!is_utf8(scope)) refuse("the scope is not UTF-8");
        if (!client) refuse("the client id is zero");
    }

    // What of this client the present history includes it does not know yet: what it sends first
    // may lie behind mutations that only the former one had, and would hide that they are missing.
    void check_epoch(const PushRequest& request) const {
        if (request.transactions.empty() || !request.epoch) return;
        if (request.epoch == authority.epoch()) return;
        throw RequestRefused(RequestError::epoch_changed,
                             "the server has another history than the client's; resync from a "
                             "snapshot");
    }

    std::size_t page_bytes(std::uint32_t wished) const {
        if (wished == 0) return options.page_bytes_default;
        return std::clamp(wished, options.page_bytes_min, options.page_bytes_max);
    }

    PageRun page_run(std::string_view scope, ScopeReader& reader, Arena& arena) const {
        return {catalog, options.limits, authority.epoch(), scope, reader, arena};
    }

    void apply(const PushRequest& request, Owned<PushResponse>& answer) {
        auto writer = authority.begin_write(request.scope);
        PushRun run(catalog, mutators, options, request, clock.wall_now(), *writer, *answer.arena);
        const bool changed = run.run();
        if (changed) writer->commit();
        answer.message.processed = run.processed();
        answer.message.rejections = run.take_rejections();
        writer.reset();
        if (changed && listener) listener(request.scope);
    }

    /// The page that a push asked for; none if the client has to resync, which its next pull will
    /// tell it: the push itself was done.
    void attach_page(const PushRequest& request, Owned<PushResponse>& answer) {
        PullRequest pull;
        pull.scope = request.scope;
        pull.client = request.client;
        pull.schema = request.schema;
        pull.epoch = request.epoch;
        pull.cursor = request.cursor;
        pull.confirmed = request.confirmed;
        try {
            const auto reader = authority.begin_read(request.scope);
            answer.message.page = page_run(request.scope, *reader, *answer.arena)
                                      .pull(pull, options.page_bytes_default);
        } catch (const RequestRefused&) {
            answer.message.page.reset();
        } catch (const StorageError&) {
            answer.message.page.reset();
        }
    }

    Authority& authority;
    const Catalog catalog;
    const Clock& clock;
    const EngineOptions options;
    Mutators mutators;
    /// Of the catalog's entities in this scope, as its rows say.
    std::map<EntityNumber, Tally> counted(ScopeReader& reader) const {
        std::map<EntityNumber, Tally> tallies;
        for (const CatalogEntry& entry : catalog.entries()) {
            Tally& tally = tallies[entry.number];
            reader.scan_entity(entry.number, "", [&](const ScannedRow& row) {
                if (!row.data) return true;
                tally.hash.add(row.key, *row.data);
                ++tally.rows;
                tally.bytes += row.key.size() + row.data->size();
                return true;
            });
        }
        return tallies;
    }

    std::size_t recount(std::string_view scope) {
        const auto writer = authority.begin_write(scope);
        std::size_t changed = 0;
        for (const auto& [entity, tally] : counted(*writer)) {
            if (tally == writer->tally(entity)) continue;
            writer->save_tally(entity, tally);
            ++changed;
        }
        if (changed > 0) writer->commit();
        return changed;
    }

    std::function<void(std::string_view)> listener;
    std::function<void(std::string_view, std::string_view)> on_difference;
};

Engine::Engine(Authority& authority, const Schema& schema, const Clock& clock,
               EngineOptions options)
    : impl_(std::make_unique<Impl>(authority, schema, clock, std::move(options))) {}

Engine::~Engine() = default;

void Engine::set_mutator(std::string name, Mutator mutator) {
    impl_->mutators.insert_or_assign(std::move(name), std::move(mutator));
}

void Engine::check_declared(const MutatorSchema& mutator) const {
    const std::string name(mutator.name);
    const MutatorSchema* declared = schema().find_mutator(name);
    if (declared == nullptr) {
        throw InvalidArgument("the engine's schema has no mutator \"" + name +
                              "\"; give the engine the schema of the generated code");
    }
    const Schema expected{.entities = {}, .mutators = {&mutator, 1}};
    const Schema actual{.entities = {}, .mutators = {declared, 1}};
    if (syncline::fingerprint(expected) != syncline::fingerprint(actual)) {
        throw InvalidArgument("the engine's schema has other arguments for the mutator \"" + name +
                              "\"; give the engine the schema of the generated code");
    }
}

void Engine::on_commit(std::function<void(std::string_view)> listener) {
    impl_->listener = std::move(listener);
}

void Engine::on_difference(std::function<void(std::string_view, std::string_view)> told) {
    impl_->on_difference = std::move(told);
}

Owned<PushResponse> Engine::push(const PushRequest& request) {
    impl_->check(request.scope, request.client);
    check_transactions(request.transactions);
    check_batch(request.transactions, impl_->options.limits);
    impl_->check_epoch(request);
    Owned<PushResponse> answer{{}, std::make_shared<Arena>()};
    answer.message.epoch = impl_->authority.epoch();
    if (!request.transactions.empty()) impl_->apply(request, answer);
    if (request.pull) impl_->attach_page(request, answer);
    return answer;
}

Owned<Page> Engine::pull(const PullRequest& request) {
    impl_->check(request.scope, request.client);
    const std::size_t bytes = impl_->page_bytes(request.bytes_max);
    Owned<Page> answer{{}, std::make_shared<Arena>(64 << 10)};
    const auto reader = impl_->authority.begin_read(request.scope);
    PageRun run = impl_->page_run(request.scope, *reader, *answer.arena);
    answer.message = run.pull(request, bytes);
    if (!impl_->on_difference) return answer;
    for (const std::string_view entity : run.differing()) {
        impl_->on_difference(request.scope, entity);
    }
    return answer;
}

void Engine::check_live(const LiveRequest& request) {
    impl_->check(request.scope, request.client);
    const auto reader = impl_->authority.begin_read(request.scope);
    Arena arena;
    impl_->page_run(request.scope, *reader, arena).check_base(request.epoch, request.cursor);
}

Owned<std::vector<Engine::Frame>> Engine::frames(std::string_view scope,
                                                 std::span<const FrameQuery> queries,
                                                 std::size_t bytes_max) {
    Owned<std::vector<Frame>> answer{{}, std::make_shared<Arena>()};
    const auto reader = impl_->authority.begin_read(scope);
    PageRun run = impl_->page_run(scope, *reader, *answer.arena);
    for (const FrameQuery& query : queries) answer.message.push_back(run.frame(query, bytes_max));
    return answer;
}

void Engine::purge(std::string_view scope, Cursor below) {
    const auto writer = impl_->authority.begin_write(scope);
    writer->purge(std::min(below, writer->state().head));
    writer->commit();
}

void Engine::purge_older_than(std::chrono::microseconds age) {
    const WallTime limit = impl_->clock.wall_now() - age;
    for (const std::string& scope : impl_->authority.scopes()) {
        const auto writer = impl_->authority.begin_write(scope);
        const Cursor below = writer->cursor_at(limit);
        if (below <= writer->state().purged_below) continue;
        writer->purge(below);
        writer->commit();
    }
}

std::size_t Engine::recount() {
    std::size_t changed = 0;
    for (const std::string& scope : impl_->authority.scopes()) changed += impl_->recount(scope);
    return changed;
}

Epoch Engine::epoch() const {
    return impl_->authority.epoch();
}

const Limits& Engine::limits() const {
    return impl_->options.limits;
}

std::uint64_t Engine::fingerprint() const {
    return impl_->catalog.fingerprint();
}

const Schema& Engine::schema() const {
    return impl_->catalog.schema();
}

}  // namespace syncline::server
