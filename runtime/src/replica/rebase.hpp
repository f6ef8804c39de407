#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "syncline/store/base_hashes.hpp"
#include "work.hpp"

namespace syncline::detail {

/// A row: its entity and its id.
using RowKey = std::pair<std::string, std::string>;

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
/// concerned are replayed, unless named mutations are pending: those may touch any row, and so
/// everything pending is replayed in order.
class Rebase {
public:
    explicit Rebase(Work& work) : work_(work), departures_(work) {}

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
    void reset_pending_rows();
    void change_known(const RowTable& table, const RowChange& change);
    void change_unknown(const RowChange& change);
    bool insert_fresh(const RowTable& table, const RowChange& change);
    std::optional<Bytes> new_base(const RowTable& table, const std::optional<StoredRow>& row,
                                  const RowChange& change);
    void settle(const RowTable& table, std::string_view id, const std::optional<StoredRow>& row,
                const std::optional<Bytes>& base, Cursor cursor, std::uint32_t leaving);
    std::uint32_t take_leaving(std::string_view entity, std::string_view id);

    /// A row whose base has changed, or whose mutations have become fewer, with others that stay:
    /// they are replayed in memory, and the row is written once.
    struct Replayed {
        const RowTable* table = nullptr;
        StoredRow before;
        Cursor cursor;
        std::optional<Bytes> base;
        std::optional<Bytes> view;
        std::uint32_t pending = 0;
        Sequence create;  // whose payload is `before.data`
    };
    Replayed* find_replayed(std::string_view entity, std::string_view id);
    void change_replayed(Replayed& row, const RowChange& change);
    void replay_pending();
    void replay_entries();
    void replay(const QueueEntry& entry);
    void write(const RowKey& key, const Replayed& row);

    Work& work_;
    Departures departures_;
    std::optional<BaseHashes> hashes_;
    bool prepared_ = false;
    bool changed_ = false;
    bool everything_ = false;
    std::map<RowKey, Replayed> replayed_;
};

}  // namespace syncline::detail
