#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "syncline/client/client_options.hpp"
#include "syncline/client/write_handle.hpp"
#include "syncline/collection/model.hpp"
#include "syncline/protocol/named_mutator.hpp"
#include "syncline/protocol/schema.hpp"
#include "syncline/replica/replica.hpp"
#include "syncline/sync/status.hpp"

namespace syncline {

/// One scope of an application's data: a local database that is always there, and a server that it
/// is kept in step with when one can be reached. Generated code derives the typed `App` from it.
///
/// Thread-safety: any thread, also from callbacks, but for `sync` on the sync thread. See
/// docs/threading.md.
class Client {
public:
    /// Opens the database; does not touch the network. `schema` must outlive it.
    /// Throws: `StorageError` as `Database` does, `InvalidArgument` for a server address that is
    /// none.
    Client(const Schema& schema, ClientOptions options);

    /// Ends sync and waits for a callback that runs, unless called from it. Takes bounded time,
    /// whatever the server does. Nothing that was written is lost.
    virtual ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // --- Sync -------------------------------------------------------------------------------

    /// Syncs in the background from now on. Never waits for the network. Not an error: started.
    /// Without a server it reports `no_server` to `on_error` and does nothing else.
    void start();

    /// Ends what `start` began, and each `sync` under way; what was on its way to the server is
    /// sent again later. Does not wait for the server. Not an error: not started.
    void stop();

    /// Sends what is queued now and fetches all that is new, and waits for the outcome: success,
    /// the first failure, or the end of `timeout`. Works without `start`. Does not throw because of
    /// the network. On the sync thread, which it would wait for, it fails with `wrong_thread`.
    SyncResult sync(std::chrono::milliseconds timeout = std::chrono::seconds(30));

    /// As `sync`, but calls `done` on the executor instead of waiting.
    void sync_async(std::function<void(const SyncResult&)> done,
                    std::chrono::milliseconds timeout = std::chrono::seconds(30));

    /// Sends what is queued now and waits until the server has decided on it, for at most
    /// `timeout`: when the application goes to the background. Fetches what is new only as far as
    /// it comes along. Otherwise as `sync`; nothing queued is a success at once.
    SyncResult flush(std::chrono::milliseconds timeout);
    void flush_async(std::function<void(const SyncResult&)> done,
                     std::chrono::milliseconds timeout);

    /// Uses no network until `resume`.
    void pause();
    void resume();

    /// The network may be back: tries now instead of waiting on. Call it when the system says so.
    void network_available();

    /// Uses `token` from now on, and goes on if sync waited for one.
    void set_token(std::string token);

    // --- Writing ----------------------------------------------------------------------------

    /// Runs `body`; all writes of this thread within it are committed together, and are one batch
    /// for effects. Returns what `body` returns. If it throws, nothing is written.
    template <class Body>
    std::invoke_result_t<Body&> transaction(Body&& body) {
        using Result = std::invoke_result_t<Body&>;
        if constexpr (std::is_void_v<Result>) {
            model().transaction([&] { body(); });
        } else {
            std::optional<Result> result;
            model().transaction([&] { result.emplace(body()); });
            return std::move(*result);
        }
    }

    /// Queues a named mutation of the schema, and applies what its mutator predicts, if one is set.
    /// The server decides. Generated code has a member function for each: `app.add_tag({...})`.
    /// Throws: what the mutator throws; nothing is queued then.
    template <class Rows, class Arguments>
    MutationTicket mutate(const NamedMutator<Rows, Arguments>& mutator,
                          const std::type_identity_t<Arguments>& arguments) {
        return mutate(mutator.name, mutator.encode(arguments));
    }

    /// Sets the prediction of a named mutation of the schema, `body(Rows&, const Arguments&)`;
    /// after every start, before the first `mutate`. It runs when the mutation is made, and again
    /// whenever new rows come from below it, on the sync thread, inside of the transaction that
    /// brings them: it must decide from rows and arguments alone, use neither `App` nor a signal,
    /// and not block. One that throws when it is replayed predicts nothing, and stays queued.
    template <class Rows, class Arguments, class Body>
    void set_mutator(const NamedMutator<Rows, Arguments>& mutator, Body body) {
        model().set_mutator(mutator.name, Arguments::table(),
                            [body = std::move(body)](RowAccess& access, RowView arguments) {
                                Rows rows(access);
                                const Arguments values = Arguments::read(arguments);
                                body(rows, values);
                            });
    }

    /// The same without types, for a mutation that is not in the schema: `arguments` as the mutator
    /// and the server take them. Throws as `Replica::mutate`.
    MutationTicket mutate(std::string_view name, Bytes arguments);
    void set_mutator(std::string name, Replica::Mutator mutator);

    /// A new time-ordered id, for a row that a named mutation is to make.
    std::string new_id();

    // --- What becomes of a write --------------------------------------------------------------
    // Costs nothing to those who do not ask. From the first handle of a write on, its outcome is
    // kept: undecided for as long as it takes, decided among the last thousand.

    /// The handle of a write, by the ticket that `update`, `set` or `mutate` returned.
    /// Throws: `NotFound` if it is not queued and nothing is known of it.
    WriteHandle write(MutationTicket ticket);

    /// The handle of the last write that this thread made with this client: a `create` or `remove`,
    /// or a whole transaction, whose parts share their fate. Nothing: it has made none.
    std::optional<WriteHandle> last_write();

    /// The handle of a write by its id, also of one made before a restart. Nothing: never heard of
    /// it, or it was decided before anybody asked. Cost: O(queue).
    std::optional<WriteHandle> find_write(MutationId id);

    // --- Rejections -------------------------------------------------------------------------

    /// What the server refused, oldest first; kept until `retry` or `discard`.
    std::vector<RejectedMutation> rejected() const;

    /// Makes the mutation again, as a new one, and removes the record.
    /// Throws: `NotFound`; `InvalidArgument` if it can no longer be applied (the record stays).
    MutationTicket retry(MutationId id);

    /// As above, with `payload` in place of the row, patch or arguments that were refused. To
    /// change it otherwise, write anew and `discard` the record in one `transaction`.
    MutationTicket retry(MutationId id, Bytes payload);

    /// Removes the record. Returns whether there was one.
    bool discard(MutationId id);

    // --- Status -----------------------------------------------------------------------------
    // Reading one inside an effect or computed re-runs that when it changes. A local write changes
    // `pending` before it returns; what sync does is told on the executor.

    bool online() const;            ///< the server answered the last time
    std::uint64_t pending() const;  ///< mutations whose effects have not come back
    std::uint64_t rejected_count() const;
    std::optional<SyncError> last_error() const;  ///< none after a success
    Cursor cursor() const;                        ///< of the base; 0: never synced
    SyncPhase phase() const;
    SyncProgress progress() const;
    std::uint64_t resyncs() const;  ///< times that the rows here and at the server differed
    SyncStatus status() const;      ///< all of it

    // --- Callbacks: as in `ClientOptions`, set later; an empty one takes it away ---------------

    void on_sync(std::function<void(const SyncResult&)> callback);
    void on_online(std::function<void()> callback);
    void on_offline(std::function<void()> callback);
    void on_error(std::function<void(const SyncError&)> callback);
    void on_rejected(std::function<void(const RejectedMutation&)> callback);

    const std::string& scope() const;

    /// What collections are made of.
    Model& model();
    const Model& model() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace syncline
