#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "change_recorder.hpp"
#include "publisher.hpp"
#include "row_overlay.hpp"
#include "syncline/queue/mutation_queue.hpp"
#include "syncline/queue/rejections.hpp"
#include "syncline/queue/tracked_writes.hpp"
#include "syncline/replica/replica.hpp"
#include "syncline/store/row_table.hpp"
#include "syncline/store/scope_state.hpp"

namespace syncline {

namespace detail {

/// What is counted rather than stored, so that asking for it costs nothing.
struct QueueCounts {
    Sequence last;              ///< the largest sequence ever given
    std::uint64_t pending = 0;  ///< in the queue
    std::uint64_t unsent = 0;   ///< of these, after `ScopeState::confirmed`
    std::uint64_t rejected = 0;
    std::uint64_t tracked = 0;  ///< writes asked about and not decided
    Sequence joinable;  ///< last entry, if a patch of the same row may become a part of it; or 0
};

class Work;

/// For rows that come in the order of their ids and go to tables without other indexes.
constexpr std::size_t kBulkCacheBytes = 1 << 20;

/// What became of the write that `record` is of.
WriteStatus status_of(const RejectedMutation& record);
std::uint64_t new_replica_number();
/// Keeps `ticket` as the last write of this thread.
void note_last_write(const Replica::Impl& replica, MutationTicket ticket);

/// A read transaction that all reads of a thread share.
struct PinnedRead {
    ReadTransaction transaction;
    int depth = 0;  ///< selections under way
};

}  // namespace detail

struct Replica::Impl {
    Impl(Replica& owner, Database& database, const Schema& entity_schema, std::string scope_name,
         const Clock& wall_clock, Random source);

    /// The table of `entity`. Throws: `InvalidArgument` if it is not of this schema.
    const RowTable& table(const EntitySchema& entity) const;
    /// The table of a synchronized entity, or nullptr if the schema does not know it as one.
    const RowTable* find_table(std::string_view entity) const;

    /// The write transaction or pinned read of this thread on this replica, if there is one.
    detail::Work* current_work() const;
    detail::PinnedRead* current_read() const;

    /// Runs `body(Work&)` in the write transaction of this thread, or in one of its own.
    template <class Body>
    void write(Body body);

    /// Calls `body(Connection&, version)` on the state that this thread reads.
    template <class Body>
    auto read(Body body) const;

    std::shared_ptr<const Mutator> find_mutator(std::string_view name) const;
    detail::QueueCounts counted(Connection& connection) const;
    MutationTicket retry(MutationId id, std::optional<Bytes> payload);
    void open();
    /// Makes the view anew after a change of the schema.
    void replay_for_schema();
    /// Whatever is queued may be sent from now on, and is not changed any more. Returns its last.
    Sequence hand_out();
    /// Mutations up to `last` are about to be sent.
    void give_out(Sequence last);
    /// Of a mutation in the queue.
    WriteState state_of(Sequence sequence) const;
    void sweep();
    void prepare_indexes(Connection& connection);
    /// Makes those that a first sync did without.
    void make_indexes();
    SyncState sync_state() const;
    /// Of the scope's row: constant.
    std::int64_t scope_key() const { return key; }

    Replica& replica;
    Database& db;
    const Schema& schema;
    const std::string scope;
    const Clock& clock;
    const std::uint64_t number = detail::new_replica_number();
    const std::shared_ptr<const char> alive = std::make_shared<const char>();
    std::int64_t key = 0;
    std::vector<RowTable> tables;  // by place in the schema
    mutable detail::Publisher publisher;

    // Guarded by the database's write mutex: used within a write transaction only.
    Random random;
    ScopeState state;
    detail::QueueCounts counts;

    std::atomic<bool> shows_first_sync{false};
    std::atomic<bool> has_abandoned{false};  // rows of old generations wait to be deleted
    std::atomic<bool> lacks_indexes{false};  // of the tables of rows, in a first sync

    // Copies of the two for everybody else.
    mutable std::mutex published_mutex;
    ScopeState published_state;
    detail::QueueCounts published_counts;
    Sequence given_out;  // the largest sequence that was to be sent since this was made

    mutable std::mutex mutators_mutex;
    std::map<std::string, std::shared_ptr<const Mutator>, std::less<>> mutators;
};

namespace detail {

/// One write transaction of a replica. What it changes in memory is a copy, which takes the place
/// of the original when the commit has succeeded: a rollback leaves nothing behind.
class Work {
public:
    /// Begins; blocks while another thread writes.
    explicit Work(Replica::Impl& owner);
    ~Work();
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;

    /// Commits what was written, ends the transaction, and tells everybody.
    /// Throws: `InvalidState` if a part failed and was caught by the application; `StorageError`.
    void commit();

    /// Keeps the memory that this transaction takes the same, however many rows there are.
    void limit_cache() { transaction_->limit_cache(kBulkCacheBytes); }

    /// Where the rows of `table` are.
    std::uint64_t generation(const RowTable& table) const {
        return table.entity().local ? state.local_generation : state.generation;
    }
    std::optional<StoredRow> find(const RowTable& table, std::string_view id) {
        if (is_overlaid(table)) return overlay->find(table, id);
        return table.find(connection, generation(table), id);
    }
    /// Whether rows of `table` are read and written in `overlay`.
    bool is_overlaid(const RowTable& table) const {
        return overlay != nullptr && !table.entity().local;
    }
    /// Notes that the prediction that runs changes a row; false if that was known.
    bool touch(const RowTable& table, std::string_view id);
    /// Puts `after`, or erases the row if nothing of it is left, and notes the change.
    void write(const RowTable& table, std::string_view id, const std::optional<StoredRow>& before,
               const StoredRow& after);

    /// Adds a mutation to the queue, in this transaction's group.
    MutationTicket enqueue(MutationKind kind, std::string_view entity, std::string_view key,
                           ByteView payload, Cursor base, WallTime time, bool payload_in_row);

    /// The last entry of the queue, if a patch of the same row may become a part of it. `alone`: it
    /// is not written as a part of a transaction.
    std::optional<QueueEntry> joinable(bool alone);

    /// The time that writes are made at.
    WallTime now() const { return predicting.value != 0 ? predicted_at : replica.clock.wall_now(); }

    Sequence next_sequence() const { return Sequence{counts.last.value + 1}; }

    Work* outer() const { return outer_; }

    Replica::Impl& replica;

private:
    std::optional<WriteTransaction> transaction_;

public:
    Connection& connection;
    ScopeState state;
    QueueCounts counts;
    MutationQueue queue;
    Rejections rejections;
    ChangeRecorder changes;
    bool remote = false;
    bool failed = false;       ///< a part threw after it had written: must not be committed
    std::uint64_t writes = 0;  ///< to rows and queue
    bool outcomes = false;     ///< a tracked write was decided
    std::optional<MutationTicket> last_ticket;  ///< of what was made, or became a part, here
    Sequence predicting;            ///< the named mutation whose prediction runs; 0: none
    WallTime predicted_at{};        ///< when that was made
    RowOverlay* overlay = nullptr;  ///< while mutations are replayed in memory

private:
    void publish(ChangeSet changes);

    Sequence first_;  // of the mutations queued here
    Work* outer_;     // the enclosing one of this thread, on another database
};

/// This thread's read transaction for the length of a block.
class PinRead {
public:
    explicit PinRead(const Replica::Impl& owner);
    ~PinRead();
    PinRead(const PinRead&) = delete;
    PinRead& operator=(const PinRead&) = delete;

private:
    friend struct Replica::Impl;
    const Replica::Impl& owner_;
    PinnedRead read_;
    PinRead* outer_;
};

}  // namespace detail

template <class Body>
void Replica::Impl::write(Body body) {
    if (detail::Work* work = current_work()) {
        const std::uint64_t writes = work->writes;
        try {
            return body(*work);
        } catch (...) {
            // Whoever catches this must not commit the half of it that was done. What is replayed
            // in memory is never half done.
            if (work->writes != writes && work->overlay == nullptr) work->failed = true;
            throw;
        }
    }
    detail::Work work(*this);
    body(work);
    work.commit();
}

template <class Body>
auto Replica::Impl::read(Body body) const {
    if (detail::Work* work = current_work()) return body(work->connection, db.version());
    if (detail::PinnedRead* pinned = current_read()) {
        return body(pinned->transaction.connection(), pinned->transaction.version());
    }
    ReadTransaction transaction = db.begin_read();
    return body(transaction.connection(), transaction.version());
}

}  // namespace syncline
