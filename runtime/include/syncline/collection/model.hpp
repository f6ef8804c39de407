#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "syncline/base/clock.hpp"
#include "syncline/base/executor.hpp"
#include "syncline/base/random.hpp"
#include "syncline/collection/live_rows.hpp"
#include "syncline/protocol/patch.hpp"
#include "syncline/protocol/row.hpp"
#include "syncline/protocol/row_access.hpp"
#include "syncline/protocol/schema.hpp"
#include "syncline/replica/replica.hpp"
#include "syncline/store/query.hpp"

namespace syncline {

/// The view of a replica as sources of the reactive graph: what `Collection`, `Entity` and
/// `LiveQuery` are made of. Applications use those.
///
/// A read inside an effect or computed is tracked at the finest grain: `field` re-runs it when that
/// field of that row changes, `get` when any field does, `select` when any row of the entity does.
/// Elsewhere a read costs no more than the replica's. Every change set is one batch: a local one
/// runs effects on the writing thread before the write returns, a remote one (and a local one that
/// was not made through this class) on the executor. Reads see a commit at once; only the notice of
/// a remote one waits for the executor.
///
/// Inside `transaction` reads see its writes so far. Effects and live queries never see an open
/// transaction, nor one that was rolled back.
///
/// Thread-safety: any thread. The lock order is written down in model.cpp.
class Model final : public ChangeListener {
public:
    /// Listens to `replica`; all must outlive it. Without an executor, remote changes are published
    /// by the thread that committed them.
    Model(Replica& replica, const Clock& clock, Random random, Executor* executor = nullptr);

    /// Ends the listening. Notices that still wait in the executor are dropped.
    ~Model() override;

    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    // --- Reading ----------------------------------------------------------------------------

    std::optional<Row> get(const EntitySchema& entity, std::string_view id) const;

    /// The row, for a reader of `field` alone. Throws: `NotFound`, naming entity and id.
    Row field(const EntitySchema& entity, std::string_view id, FieldId field) const;

    bool exists(const EntitySchema& entity, std::string_view id) const;

    /// Whether the row has changes that the server has not confirmed.
    bool is_pending(const EntitySchema& entity, std::string_view id) const;

    /// Why the row reads as it does; not tracked. Cost: O(queue).
    Explanation explain(const EntitySchema& entity, std::string_view id) const {
        return replica_.explain(entity, id);
    }

    /// Cost: O(rows) when first asked for an entity, and inside `transaction`; else constant.
    std::uint64_t count(const EntitySchema& entity) const;

    /// As `Replica::select`.
    void select(const EntitySchema& entity, const StoreQuery& query,
                const std::function<bool(Row)>& visit) const;

    /// Runs `body`; all reads of this thread within see one whole state.
    void read(const std::function<void()>& body) const;

    /// The rows that `spec` describes, kept current for as long as somebody holds the result.
    /// Cost: one run of the query now; O(log rows) for each change later.
    std::shared_ptr<LiveRows> live(const EntitySchema& entity, LiveSpec spec);

    // --- Writing ----------------------------------------------------------------------------
    // All throw `InvalidState` inside a computed and inside `batch` (a transaction is the batch for
    // rows), and what the replica throws. What an effect throws comes out of the write, too: the
    // write is done then.

    /// Runs `body`; its writes become one transaction and one batch. See `Replica::transaction`.
    void transaction(const std::function<void()>& body);

    /// Adds the row in `values` under `id`, or under a new id if that is empty, and with the time
    /// of its making. Returns the id. Throws: `InvalidArgument` if there is such a row already.
    std::string create(const EntitySchema& entity, std::string_view id, RowBuilder& values);

    /// Throws: `NotFound` if there is no such row.
    MutationTicket update(const EntitySchema& entity, std::string_view id, PatchBuilder& patch);

    /// Makes the row be `values`: creates it, or assigns every field but the time stamps.
    MutationTicket put(const EntitySchema& entity, std::string_view id, RowBuilder& values);

    /// Returns whether there was such a row.
    bool remove(const EntitySchema& entity, std::string_view id);

    /// Runs writes that `body` makes with the replica itself, and publishes them before it returns.
    void write(const std::function<void(Replica&)>& body);

    /// A new time-ordered id.
    std::string new_id();

    /// Predicts the named mutation `name` by `mutator`, which is given its verified arguments, also
    /// when it is replayed over new rows. Reads in it are not tracked. `arguments` must outlive the
    /// replica. See `Replica::set_mutator`.
    using Prediction = std::function<void(RowAccess& rows, RowView arguments)>;
    void set_mutator(std::string_view name, const TableSchema& arguments, Prediction mutator);

    Replica& replica() { return replica_; }

    // --- ChangeListener, called by the replica ----------------------------------------------

    bool wants_rows(const EntitySchema& entity) const override;
    void on_changes(const ChangeSet& changes) override;

private:
    struct Impl;
    Replica& replica_;
    std::shared_ptr<Impl> impl_;  // shared with nodes and tasks that may outlive the model
};

}  // namespace syncline
