#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "row_overlay.hpp"
#include "work.hpp"

namespace syncline::detail {

/// A row: its entity and its id.
using RowKey = std::pair<std::string, std::string>;

struct RowKeyLess {
    using is_transparent = void;
    using View = std::pair<std::string_view, std::string_view>;
    static View view(const RowKey& key) { return {key.first, key.second}; }
    static View view(const View& key) { return key; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
        return view(a) < view(b);
    }
};

/// The rows that a rebase replays: each is read once, replayed in memory, and written once if that
/// has made another one of it.
///
/// Rows that the base's changes concern are put in at their base. While named mutations are
/// pending, the queue is gone through in order; a row that one of them asks for comes in as it was
/// when that was made, and what is queued behind is replayed on it, too. Rows that nobody asks for
/// are left alone.
class ReplayedRows final : public RowOverlay {
public:
    explicit ReplayedRows(Work& work) : work_(work) {}

    struct Replayed {
        const RowTable* table = nullptr;
        std::optional<StoredRow> stored;  // as it is in the table
        Cursor cursor;
        std::optional<Bytes> base;
        std::optional<Bytes> view;
        std::uint32_t pending = 0;
        std::optional<Bytes> created;  // payload of the create that `stored` holds it for
        Sequence create;               // that one, if it is still queued
        Sequence touched_by;           // the last named mutation that changed it
    };

    /// The row, if it is here already.
    Replayed* find_here(std::string_view entity, std::string_view id);
    /// Puts in a row that is to be replayed on `base`; it is in the table as `stored`.
    void put(const RowTable& table, std::string_view id, const std::optional<StoredRow>& stored,
             std::optional<Bytes> base, Cursor cursor);
    /// Puts in, at their bases, all rows that something is queued for, also if they are not stored.
    void put_all_pending();
    /// Puts in, at their bases, the rows that named mutations changed when they were replayed last.
    void put_touched();

    /// Replays the queue on the rows, and writes them. `with_named`: there are named mutations, or
    /// were. `rewrite`: rows are written even if they are as before.
    void run(bool with_named, bool rewrite);

    std::optional<StoredRow> find(const RowTable& table, std::string_view id) override;
    void write(const RowTable& table, std::string_view id, const StoredRow& after) override;
    bool touch(const RowTable& table, std::string_view id) override;
    void write_through() override;

private:
    struct Head {
        Sequence sequence;
        RowKey row;
    };
    struct Touch {
        Sequence sequence;
        RowKey row;
        friend auto operator<=>(const Touch&, const Touch&) = default;
    };
    struct Undo {
        Replayed* row;
        std::optional<Bytes> view;
        std::uint32_t pending;
    };

    Replayed& here(const RowTable& table, std::string_view id);
    void catch_up(Replayed& row, const RowKey& key);
    void replay_all_entries(bool with_named);
    void replay_few_entries();
    void replay(const QueueEntry& entry);
    void replay_on(Replayed& row, const QueueEntry& entry);
    void predict_named(const QueueEntry& entry);
    const std::vector<Head>& heads();
    void save_payload(Replayed& row);
    void write_row(const RowKey& key, Replayed& row, bool last, bool rewrite);
    void save_touched();

    Work& work_;
    std::map<RowKey, Replayed, RowKeyLess> rows_;
    std::optional<std::vector<Head>> heads_;                     // of the queue, in order
    std::map<RowKeyLess::View, std::vector<Sequence>> entries_;  // of each row in `heads_`
    bool all_here_ = false;
    Sequence position_;           // of the entry that is replayed
    std::vector<Touch> touched_;  // by what was replayed so far
    std::vector<Undo> undo_;      // of the named mutation that is replayed
};

}  // namespace syncline::detail
