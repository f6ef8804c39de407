#include "syncline/client/client.hpp"

#include <atomic>
#include <future>
#include <utility>

#include "callbacks.hpp"
#include "status_board.hpp"
#include "syncline/base/error.hpp"
#include "syncline/http/http_transport.hpp"
#include "syncline/sync/sync_loop.hpp"
#include "write_registry.hpp"

namespace syncline {
namespace {

using namespace std::chrono_literals;

// How long `stop` waits for the sync thread; more than any step takes but one that is in a token
// provider or an effect of the application.
constexpr auto kStopWait = 5s;

Random random_of(const ClientOptions& options) {
    return options.random_seed ? Random(*options.random_seed) : Random::from_system();
}

std::shared_ptr<Transport> transport_of(const ClientOptions& options) {
    if (options.transport) return options.transport;
    if (options.server.empty()) return nullptr;
    return std::make_shared<HttpTransport>(options.server);
}

SyncOptions sync_options(const ClientOptions& options) {
    SyncOptions result;
    result.push_interval = options.push_interval;
    result.pull_interval = options.pull_interval;
    result.live = options.live;
    return result;
}

SyncError no_server() {
    return {"no_server",
            "This client has no server to sync with; give it one by ClientOptions::server"};
}

SyncResult failure(SyncError error) {
    SyncResult result;
    result.error = std::move(error);
    return result;
}

DatabaseOptions database_options(const ClientOptions& options) {
    DatabaseOptions result = Replica::database_options(options.database, options.durability);
    result.cache_bytes = options.cache_bytes;
    return result;
}

SyncStatus initial_status(const Replica& replica, bool has_server) {
    const SyncState state = replica.sync_state();
    SyncStatus status;
    status.waiting_for = has_server ? "start() or sync()" : no_server().text;
    status.progress = progress_of(state);
    status.cursor = state.cursor.value_or(Cursor{});
    status.pending = state.pending;
    status.rejected = state.rejected;
    status.resyncs = state.resyncs;
    return status;
}

}  // namespace

struct Client::Impl {
    Impl(const Schema& schema, ClientOptions given)
        : options(std::move(given)),
          clock(options.clock != nullptr ? *options.clock : SystemClock::instance()),
          random(random_of(options)),
          transport(transport_of(options)),
          db(database_options(options)),
          replica(db, schema, options.scope, clock, Random(random.next())),
          thread(options.sync_executor != nullptr ? nullptr : new ThreadExecutor(clock)),
          sync_executor(thread ? *thread : *options.sync_executor),
          executor(options.executor != nullptr ? *options.executor : sync_executor),
          model(replica, clock, Random(random.next()), &executor),
          board(replica, initial_status(replica, transport != nullptr)),
          callbacks(std::make_shared<Callbacks>(
              TaskGate::open(executor),
              Callbacks::Set{std::move(options.on_sync), std::move(options.on_online),
                             std::move(options.on_offline), std::move(options.on_error),
                             std::move(options.on_rejected)})) {
        replica.show_first_sync(options.show_first_sync);
        writes = std::make_shared<WriteRegistry>(replica, [this] { return on_sync_thread(); });
        replica.set_write_listener([this] {
            if (writes->refresh()) callbacks->run([held = writes] { held->tell(); });
        });
        if (transport) make_loop();
        replica.set_queue_listener([this] { queue_grew(); });
    }

    // In this order: nothing new for the loop, no loop, no callbacks, no thread; then the rest, in
    // the order of its members.
    ~Impl() {
        replica.set_queue_listener({});
        loop.reset();
        replica.set_write_listener({});
        writes->close();
        callbacks->close();
        if (thread) thread->stop();
    }

    void make_loop() {
        SyncHooks hooks;
        hooks.token = options.token;
        hooks.on_status = [this](const SyncStatus& status) { status_changed(status); };
        hooks.on_rejected = [this](const RejectedMutation& mutation) {
            callbacks->call(&Callbacks::Set::on_rejected, mutation);
        };
        hooks.on_synced = [this](const SyncResult& result) {
            callbacks->call(&Callbacks::Set::on_sync, result);
        };
        hooks.on_error = [this](const SyncError& error) {
            callbacks->call(&Callbacks::Set::on_error, error);
        };
        loop = std::make_unique<SyncLoop>(replica, *transport, sync_executor, clock,
                                          Random(random.next()), sync_options(options),
                                          std::move(hooks));
    }

    // On the sync thread. What is read is new at once; who observes it is told on the executor.
    void status_changed(const SyncStatus& status) {
        const bool was_online = std::exchange(online, status.online);
        board.store(status);
        tell_later();
        if (was_online == online) return;
        callbacks->call(online ? &Callbacks::Set::on_online : &Callbacks::Set::on_offline);
    }

    void tell_later() {
        if (telling.exchange(true)) return;
        callbacks->run([this] {
            telling = false;
            board.tell();
        });
    }

    // On the thread that wrote.
    void queue_grew() {
        board.store_counts();
        if (started) wake();
        board.tell_counts();
    }

    void wake() {
        if (waking.exchange(true)) return;
        loop->post([this](SyncLoop& sync) {
            waking = false;  // before it looks at the queue, so that no write falls in between
            sync.wake();
        });
    }

    // After a change that neither a write nor sync made.
    void refresh() {
        board.store_counts();
        board.tell_counts();
        if (loop) loop->post([](SyncLoop& sync) { sync.step(); });
    }

    /// `SyncLoop::sync` or `flush`.
    using Begin = void (SyncLoop::*)(std::chrono::milliseconds,
                                     std::function<void(const SyncResult&)>);
    SyncResult wait_for(Begin begin, std::chrono::milliseconds timeout);
    void call_when_done(Begin begin, std::function<void(const SyncResult&)> done,
                        std::chrono::milliseconds timeout);

    bool on_sync_thread() const {
        if (loop && loop->running_here()) return true;
        return &executor == &sync_executor && callbacks->running_here();
    }

    ClientOptions options;
    const Clock& clock;
    Random random;
    std::shared_ptr<Transport> transport;  // none: there is no server
    Database db;
    Replica replica;
    std::unique_ptr<ThreadExecutor> thread;  // none: the application gave an executor
    Executor& sync_executor;
    Executor& executor;
    Model model;
    StatusBoard board;
    std::shared_ptr<Callbacks> callbacks;
    std::shared_ptr<WriteRegistry> writes;
    std::unique_ptr<SyncLoop> loop;  // none: there is no server
    std::atomic<bool> started{false};
    std::atomic<bool> waking{false};   // a wake-up is on its way to the loop
    std::atomic<bool> telling{false};  // a notice is on its way to the executor
    bool online = false;               // the sync thread only
};

Client::Client(const Schema& schema, ClientOptions options)
    : impl_(std::make_unique<Impl>(schema, std::move(options))) {}

Client::~Client() = default;

// --- Sync -------------------------------------------------------------------------------------

void Client::start() {
    if (!impl_->loop) return impl_->callbacks->call(&Callbacks::Set::on_error, no_server());
    impl_->started = true;
    impl_->loop->post([](SyncLoop& loop) { loop.start(); });
}

void Client::stop() {
    if (!impl_->loop) return;
    impl_->started = false;
    const auto stopped = std::make_shared<std::promise<void>>();
    auto done = stopped->get_future();
    impl_->loop->post([stopped](SyncLoop& loop) {
        loop.stop();
        stopped->set_value();
    });
    if (impl_->thread && !impl_->on_sync_thread()) done.wait_for(kStopWait);
}

SyncResult Client::sync(std::chrono::milliseconds timeout) {
    return impl_->wait_for(&SyncLoop::sync, timeout);
}

SyncResult Client::flush(std::chrono::milliseconds timeout) {
    return impl_->wait_for(&SyncLoop::flush, timeout);
}

SyncResult Client::Impl::wait_for(Begin begin, std::chrono::milliseconds timeout) {
    if (!loop) return failure(no_server());
    if (on_sync_thread()) {
        return failure({"wrong_thread",
                        "sync() and flush() wait for the sync thread and cannot be called on it; "
                        "use sync_async() or flush_async()"});
    }
    const auto outcome = std::make_shared<std::promise<SyncResult>>();
    auto result = outcome->get_future();
    // The answer goes behind the notices of what came, so that effects on the sync thread have run.
    loop->post([begin, outcome, timeout, &executor_of_it = sync_executor](SyncLoop& sync) {
        (sync.*begin)(timeout, [outcome, &executor_of_it](const SyncResult& done) {
            executor_of_it.post([outcome, done] { outcome->set_value(done); });
        });
    });
    // The loop keeps the time itself, unless the application blocks its thread.
    if (result.wait_for(bounded_wait(timeout) + kStopWait) != std::future_status::ready) {
        return failure({"timed_out", "The sync thread is busy with a callback or token provider"});
    }
    try {
        return result.get();
    } catch (const std::future_error&) {  // the loop went, and its tasks with it
        return failure({"stopped", "The client was destroyed"});
    }
}

void Client::Impl::call_when_done(Begin begin, std::function<void(const SyncResult&)> done,
                                  std::chrono::milliseconds timeout) {
    auto later = [held = callbacks, done = std::move(done)](const SyncResult& result) {
        held->run([done, result] { done(result); });
    };
    if (!loop) return later(failure(no_server()));
    loop->post([begin, later = std::move(later), timeout](SyncLoop& sync) {
        (sync.*begin)(timeout, later);
    });
}

void Client::sync_async(std::function<void(const SyncResult&)> done,
                        std::chrono::milliseconds timeout) {
    impl_->call_when_done(&SyncLoop::sync, std::move(done), timeout);
}

void Client::flush_async(std::function<void(const SyncResult&)> done,
                         std::chrono::milliseconds timeout) {
    impl_->call_when_done(&SyncLoop::flush, std::move(done), timeout);
}

void Client::pause() {
    if (impl_->loop) impl_->loop->post([](SyncLoop& loop) { loop.pause(); });
}
void Client::resume() {
    if (impl_->loop) impl_->loop->post([](SyncLoop& loop) { loop.resume(); });
}
void Client::network_available() {
    if (impl_->loop) impl_->loop->post([](SyncLoop& loop) { loop.network_available(); });
}
void Client::set_token(std::string token) {
    if (!impl_->loop) return;
    impl_->loop->post([token = std::move(token)](SyncLoop& loop) { loop.set_token(token); });
}

// --- Writing and rejections -------------------------------------------------------------------

MutationTicket Client::mutate(std::string_view name, Bytes arguments) {
    MutationTicket ticket;
    impl_->model.write(
        [&](Replica& replica) { ticket = replica.mutate(name, std::move(arguments)); });
    return ticket;
}
std::string Client::new_id() {
    return impl_->model.new_id();
}
void Client::set_mutator(std::string name, Replica::Mutator mutator) {
    impl_->replica.set_mutator(std::move(name), std::move(mutator));
}

WriteHandle Client::write(MutationTicket ticket) {
    if (!impl_->replica.track_write(ticket)) {
        throw NotFound("there is no such write, or it was done before anybody asked for it");
    }
    return WriteHandle(WriteRegistry::node(impl_->writes, ticket));
}

std::optional<WriteHandle> Client::last_write() {
    const auto ticket = impl_->replica.last_write();
    if (!ticket) return std::nullopt;
    return write(*ticket);
}

std::optional<WriteHandle> Client::find_write(MutationId id) {
    const MutationTicket ticket{{}, id};
    if (!impl_->replica.write_status(ticket)) return std::nullopt;
    return write(ticket);
}

std::vector<RejectedMutation> Client::rejected() const {
    return impl_->replica.rejected();
}

MutationTicket Client::retry(MutationId id) {
    MutationTicket ticket;
    impl_->model.write([&](Replica& replica) { ticket = replica.retry_rejected(id); });
    impl_->refresh();
    return ticket;
}

MutationTicket Client::retry(MutationId id, Bytes payload) {
    MutationTicket ticket;
    impl_->model.write(
        [&](Replica& replica) { ticket = replica.retry_rejected(id, std::move(payload)); });
    impl_->refresh();
    return ticket;
}

bool Client::discard(MutationId id) {
    const bool there_was = impl_->replica.discard_rejected(id);
    impl_->refresh();
    return there_was;
}

// --- Status -----------------------------------------------------------------------------------

bool Client::online() const {
    return impl_->board.online();
}
std::uint64_t Client::pending() const {
    return impl_->board.pending();
}
std::uint64_t Client::rejected_count() const {
    return impl_->board.rejected();
}
std::optional<SyncError> Client::last_error() const {
    return impl_->board.last_error();
}
Cursor Client::cursor() const {
    return impl_->board.cursor();
}
SyncPhase Client::phase() const {
    return impl_->board.phase();
}
SyncProgress Client::progress() const {
    return impl_->board.progress();
}
std::uint64_t Client::resyncs() const {
    return impl_->board.resyncs();
}
SyncStatus Client::status() const {
    return impl_->board.status();
}

void Client::on_sync(std::function<void(const SyncResult&)> callback) {
    impl_->callbacks->set(&Callbacks::Set::on_sync, std::move(callback));
}
void Client::on_online(std::function<void()> callback) {
    impl_->callbacks->set(&Callbacks::Set::on_online, std::move(callback));
}
void Client::on_offline(std::function<void()> callback) {
    impl_->callbacks->set(&Callbacks::Set::on_offline, std::move(callback));
}
void Client::on_error(std::function<void(const SyncError&)> callback) {
    impl_->callbacks->set(&Callbacks::Set::on_error, std::move(callback));
}
void Client::on_rejected(std::function<void(const RejectedMutation&)> callback) {
    impl_->callbacks->set(&Callbacks::Set::on_rejected, std::move(callback));
}

const std::string& Client::scope() const {
    return impl_->replica.scope();
}
Model& Client::model() {
    return impl_->model;
}
const Model& Client::model() const {
    return impl_->model;
}

}  // namespace syncline
