#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "syncline/base/clock.hpp"
#include "syncline/base/ids.hpp"
#include "syncline/protocol/messages.hpp"
#include "syncline/protocol/row.hpp"
#include "syncline/protocol/schema.hpp"
#include "syncline/queue/rejected.hpp"
#include "syncline/queue/tracked_writes.hpp"
#include "syncline/replica/changes.hpp"
#include "syncline/replica/explanation.hpp"
#include "syncline/storage/database.hpp"
#include "syncline/store/query.hpp"

namespace syncline {

/// A mutation that was made, or became a part of the one before it.
struct MutationTicket {
    Sequence sequence;
    MutationId id;
};

/// Where the sync of one scope stands, as stored; see DESIGN, promises 4 to 8.
struct SyncState {
    ClientId client;
    Epoch epoch;                   ///< of the base; zero: none yet
    std::optional<Cursor> cursor;  ///< of the base; none: wants a snapshot
    Sequence confirmed;            ///< every outcome up to here is durable here
    std::uint64_t pending = 0;     ///< mutations in the queue, acknowledged ones included
    std::uint64_t unsent = 0;      ///< of these, those whose outcome is not known
    std::uint64_t rejected = 0;    ///< recorded rejections
    bool staging = false;          ///< a multi-page pull or snapshot is under way
    bool staging_snapshot = false;
    Bytes continuation;  ///< where it goes on
    std::uint64_t rows_staged = 0;
    std::uint64_t rows_total = 0;  ///< the server's estimate; 0: not known
    std::uint64_t bytes_staged = 0;
    std::uint64_t bytes_total = 0;     ///< the server's estimate; 0: not known
    std::uint8_t priority_staged = 0;  ///< see `Page::priority`
    std::uint64_t resyncs = 0;         ///< snapshots taken because a hash differed
    /// Entities of which the server's own rows and hashes differ, as whole snapshots have shown:
    /// they are taken as they come, and what else changes is checked all the same.
    std::vector<std::string> server_differs;
};

/// What came of a page.
enum class PageOutcome : std::uint8_t {
    applied,        ///< base and cursor are at `page.to`
    staged,         ///< kept; ask for the next one with `SyncState::continuation`
    ignored,        ///< brings nothing new, or is not of the pull under way
    gap,            ///< starts beyond the cursor: pull
    epoch_changed,  ///< another history: the next pull must be a snapshot; the state says so
    diverged,       ///< applied, but the hash differs: the next pull must be a snapshot
    forked,         ///< not taken: another database uses this client id: call `take_new_identity`
};

/// A transaction to give up, and why.
struct Withdrawal {
    MutationTicket first;  ///< its first mutation, as it is sent
    std::string code;
    std::string reason;
};

/// A push to be sent: owns what `request` points to.
struct PendingPush {
    PushRequest request;  ///< scope, client, confirmed, cursor, epoch and transactions are set
    std::vector<Bytes> payloads;
    std::vector<std::string> texts;
};

/// One scope of a client database: base, pending mutations and view, which is what is read.
///
/// Every write commits the view's row and the queue entry together; every page commits rows, cursor
/// and the leaving of applied mutations together. `view = base + pending`, always.
///
/// Thread-safety: any thread. Reads do not block on writes. Writes take turns.
class Replica {
public:
    /// Tables of the client's database; part of `DatabaseOptions`.
    static DatabaseOptions database_options(std::filesystem::path path, Durability durability);

    /// Opens `scope` in `db`, making its tables for `schema` where needed. Both must outlive it.
    /// Throws: `StorageError`; `schema_mismatch`-like faults are `InvalidArgument`.
    Replica(Database& db, const Schema& schema, std::string scope, const Clock& clock,
            Random random);
    ~Replica();

    const Schema& schema() const;
    const std::string& scope() const;

    // --- Reading the view -------------------------------------------------------------------
    // Inside `transaction` on this thread, or `read`, all see that one state.

    std::optional<Row> get(const EntitySchema& entity, std::string_view id) const;
    bool exists(const EntitySchema& entity, std::string_view id) const;
    /// Whether mutations of this row wait for the server.
    bool is_pending(const EntitySchema& entity, std::string_view id) const;
    /// Why the row reads as it does. Cost: O(queue).
    Explanation explain(const EntitySchema& entity, std::string_view id) const;
    /// Rows of the view, and the commit version this is exact for. Cost: O(rows of the entity).
    struct Count {
        std::uint64_t rows = 0;
        std::uint64_t version = 0;
    };
    Count count(const EntitySchema& entity) const;
    /// Calls `visit` for each row that `query` selects, in its order, until it returns false; the
    /// result is the commit version seen. `visit` runs with no lock held and may use the replica.
    std::uint64_t select(const EntitySchema& entity, const StoreQuery& query,
                         const std::function<bool(Row)>& visit) const;
    /// Number of the last commit, of any scope of the database; ascends. Cost: constant.
    std::uint64_t version() const;
    /// Runs `body`; all reads of this thread within see one whole state.
    void read(const std::function<void()>& body) const;

    // --- Writing ----------------------------------------------------------------------------

    /// Runs `body`; all writes of this thread within are one transaction. Rolls back and rethrows
    /// if it throws. Inside another one it is part of that. Other writers wait while it runs.
    void transaction(const std::function<void()>& body);

    /// Adds a verified row. Durable when it returns, unless inside `transaction`.
    /// Throws: `InvalidArgument` if a row with its id is in the view or a value is not valid;
    /// `StorageError`; `InvalidState` inside a computed.
    MutationTicket create(const EntitySchema& entity, Bytes row);
    /// Changes fields of a row by an encoded patch; an empty one writes nothing. If the last
    /// mutation of the queue is an update of the same row and was not handed to `next_push` yet,
    /// this becomes a part of it, and has its ticket; not so inside `transaction`, but for updates
    /// made there.
    /// Throws as `create`; `NotFound` if the view has no such row.
    MutationTicket update(const EntitySchema& entity, std::string_view id, Bytes patch);
    /// Creates `row`, or, if there is one with its id, updates that by `patch`. Throws as they do.
    MutationTicket put(const EntitySchema& entity, std::string_view id, Bytes row, Bytes patch);
    /// Removes a row. Returns nothing if there is none.
    std::optional<MutationTicket> remove(const EntitySchema& entity, std::string_view id);

    /// The time that writes of this thread are made at: the clock's, or, in a mutator, that of its
    /// mutation.
    WallTime write_time() const;

    /// Applies a named mutation's effect while predicting; may only call the writes above.
    using Mutator = std::function<void(Replica&, ByteView arguments)>;
    /// Registers the prediction of `name`; before `mutate`, and again after every start. After a
    /// change of the schema what is pending is predicted here. Throws: `StorageError`.
    void set_mutator(std::string name, Mutator mutator);
    /// Queues a named mutation and applies its prediction, if it has one. The server decides.
    MutationTicket mutate(std::string_view name, Bytes arguments);

    // --- What became of a write ---------------------------------------------------------------

    /// Of the last mutation that this thread made with this replica, or made a part of another one.
    std::optional<MutationTicket> last_write() const;
    /// Keeps the outcome of a mutation from now on, durably. False: it is not in the queue, and
    /// nothing is known of it. Not an error: it is kept already.
    bool track_write(MutationTicket ticket);
    /// Nothing: it was never made, or has left unasked for. A ticket without sequence will do.
    /// Cost: O(queue) without sequence, else constant.
    std::optional<WriteStatus> write_status(MutationTicket ticket) const;
    /// Called when a kept write was sent or decided, after the commit, with nothing held.
    void set_write_listener(std::function<void()> on_writes);

    // --- Rejections -------------------------------------------------------------------------

    std::vector<RejectedMutation> rejected() const;
    /// Makes the mutation again, as a new one at the end of the queue, and removes the record.
    /// Throws: `NotFound`; `InvalidArgument` if it can no longer be applied (the record stays).
    MutationTicket retry_rejected(MutationId id);
    /// As above, with another payload: a row, patch or arguments, as the kind wants it.
    MutationTicket retry_rejected(MutationId id, Bytes payload);
    /// Removes the record. Returns whether there was one.
    bool discard_rejected(MutationId id);

    // --- The sync loop's side ---------------------------------------------------------------

    SyncState sync_state() const;
    /// The oldest unsent transactions that fit `limits`, at least one; nothing if none is unsent.
    /// What is queued now is not changed any more by later writes. Waits for a writer.
    /// Throws: `InvalidState` inside `transaction`.
    /// A transaction that alone exceeds `transaction_bytes_max`, and the oldest one if it is
    /// `given_up`, is a push of its own, and withdrawn: the server rejects it, unless it knows it.
    std::optional<PendingPush> next_push(const Limits& limits,
                                         const std::optional<Withdrawal>& given_up = {});
    /// Records outcomes; does not move the cursor. Safe to repeat. The page in it is not applied.
    /// Returns the rejections recorded now.
    std::vector<RejectedMutation> apply_outcomes(const PushResponse& response);
    struct PageResult {
        PageOutcome outcome = PageOutcome::ignored;
        std::vector<RejectedMutation> rejected;  ///< recorded now
    };
    /// Takes a page of a pull, snapshot, push answer or live frame. Durable when it returns.
    /// Throws: `ProtocolError` if a row in it is not valid; nothing is changed then.
    PageResult apply_page(const Page& page);
    struct AnswerResult {
        std::vector<RejectedMutation> rejected;  ///< recorded now, by the outcomes
        Sequence processed;              ///< outcomes up to here are stored, of those in the answer
        bool other_history = false;      ///< than that of the base: the page was not taken
        std::optional<PageResult> page;  ///< what became of the page, if there is one
        std::optional<std::string> page_fault;  ///< why it was not taken: a row is not valid
    };
    /// Records the outcomes in a push's answer and takes its page, as `apply_outcomes` and
    /// `apply_page` do, in one commit: a rejected row goes from what was predicted to what the
    /// server has, and nobody sees the old base in between. If the page cannot be taken, the
    /// outcomes are all the same.
    AnswerResult apply_answer(const PushResponse& response);
    /// Whether rows of a first snapshot are read as its pages arrive, instead of all at its end;
    /// not so at first. They are of no one cursor until there is one. For snapshots that begin
    /// after.
    void show_first_sync(bool shown);
    /// Drops what is staged and makes the next pull a snapshot. The base and the queue stay.
    void request_snapshot();
    /// Takes a new client id and numbers the queue anew: after `forked`, and when the server
    /// refused a push as `client_forked`. Nothing leaves the queue, and all of it is sent again.
    void take_new_identity();

    // --- Notices ----------------------------------------------------------------------------

    /// One listener at a time; nullptr takes it away, and waits for a running call.
    void set_listener(ChangeListener* listener);
    /// Called after a commit that made the queue longer; on the writing thread, nothing held.
    void set_queue_listener(std::function<void()> on_queued);

    struct Impl;  ///< for the parts of the implementation

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace syncline
