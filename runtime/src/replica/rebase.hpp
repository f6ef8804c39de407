#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "replayed_rows.hpp"
#include "syncline/store/base_hashes.hpp"
#include "work.hpp"

namespace syncline::detail {

/// Mutations that leave the queue in this transaction: applied ones are done, rejected ones are
/// recorded. They are erased by `erase`, when their rows have been looked after.
class Departures {
public:
    explicit Departures(Work& work) : work_(work) {}

    /// All up to `last` leave, since the state at `cursor` includes them; those in `rejections` to
    /// the record.
    void leave_to(Sequence last, Cursor cursor, const std::vector<Rejection>& rejections);
    /// This one leaves to the record. Not an error: it is not in the queue any more.
    void reject(const Rejection& rejection);
    void erase();

    bool any_named() const { return any_named_; }
    bool none() const { return last_.value == 0 && single_.empty(); }
    /// How many leave, per row; named ones have none.
    std::map<RowKey, std::uint32_t>& rows() { return rows_; }
    std::vector<RejectedMutation> take_rejected() { return std::move(rejected_); }

private:
    void leave(const QueueEntry& entry, const Rejection* rejection);
    void record(const QueueEntry& entry, const Rejection& rejection);
    void note_outcome(const QueueEntry& entry, const Rejection* rejection);

    Work& work_;
    Sequence last_;
    Cursor cursor_;
    std::vector<Sequence> single_;
    bool any_named_ = false;
    std::map<RowKey, std::uint32_t> rows_;
    std::vector<RejectedMutation> rejected_;
};

/// Brings the view up to date after changes of base and queue: view = base + pending.
///
/// Use: `departures()` first, then `change` for each row of the base, then `finish`. Only the rows
/// concerned are replayed, and, if there are any, all named mutations: those may read and change
/// any row.
class Rebase {
public:
    explicit Rebase(Work& work) : work_(work), departures_(work), rows_(work) {}

    Departures& departures() { return departures_; }

    /// Every pending row is replayed.
    void replay_everything() { everything_ = true; }

    /// A row of the base is now as `change` says; one that is older than the base is not taken.
    void change(const RowChange& change);

    void finish();

    /// Of the base, as changed.
    BaseHashes& hashes();

private:
    void prepare();
    void change_known(const RowTable& table, const RowChange& change);
    void change_unknown(const RowChange& change);
    bool insert_fresh(const RowTable& table, const RowChange& change);
    std::optional<Bytes> new_base(const RowTable& table, const std::optional<StoredRow>& row,
                                  const RowChange& change);
    void settle(const RowTable& table, std::string_view id, const std::optional<StoredRow>& row,
                const std::optional<Bytes>& base, Cursor cursor, std::uint32_t leaving);
    std::uint32_t take_leaving(std::string_view entity, std::string_view id);

    void change_replayed(ReplayedRows::Replayed& row, const RowChange& change);

    Work& work_;
    Departures departures_;
    std::optional<BaseHashes> hashes_;
    bool prepared_ = false;
    bool changed_ = false;
    bool everything_ = false;
    bool with_named_ = false;
    ReplayedRows rows_;
};

}  // namespace syncline::detail
