#include "replayed_rows.hpp"

#include <algorithm>

#include "replay.hpp"
#include "syncline/base/error.hpp"

namespace syncline::detail {
namespace {

constexpr std::size_t kEntriesAtOnce = 256;

bool same(const std::optional<StoredRow>& before, const StoredRow& after) {
    return before && before->cursor == after.cursor && before->pending == after.pending &&
           before->create == after.create && before->data == after.data &&
           before->base == after.base;
}

/// Lets reads and writes of this work go to `overlay` for the length of a block.
struct Overlaid {
    Overlaid(Work& work_of_it, RowOverlay* overlay)
        : work(work_of_it), outer(std::exchange(work.overlay, overlay)) {}
    ~Overlaid() { work.overlay = outer; }
    Overlaid(const Overlaid&) = delete;
    Overlaid& operator=(const Overlaid&) = delete;
    Work& work;
    RowOverlay* outer;
};

}  // namespace

ReplayedRows::Replayed* ReplayedRows::find_here(std::string_view entity, std::string_view id) {
    if (rows_.empty()) return nullptr;
    const auto found = rows_.find(RowKeyLess::View{entity, id});
    return found != rows_.end() ? &found->second : nullptr;
}

void ReplayedRows::put(const RowTable& table, std::string_view id,
                       const std::optional<StoredRow>& stored, std::optional<Bytes> base,
                       Cursor cursor) {
    Replayed row;
    row.table = &table;
    row.stored = stored;
    if (stored && stored->create.value != 0) row.created = stored->data;
    row.cursor = cursor;
    row.view = base;
    row.base = std::move(base);
    rows_.insert_or_assign(RowKey(table.entity().name, id), std::move(row));
}

void ReplayedRows::put_all_pending() {
    for (const Head& head : heads()) {
        if (head.row.second.empty() || find_here(head.row.first, head.row.second)) continue;
        const RowTable* table = work_.replica.find_table(head.row.first);
        if (table == nullptr) continue;
        const auto stored = work_.find(*table, head.row.second);
        const StoredRow none;
        const StoredRow& row = stored ? *stored : none;
        put(*table, head.row.second, stored, row.base_row(), row.cursor);
    }
    // Entries that leave are among them still.
    heads_.reset();
    entries_.clear();
}

void ReplayedRows::put_touched() {
    std::vector<RowKey> touched;
    work_.queue.for_each_touched(
        work_.connection,
        [&](std::string_view entity, std::string_view key) { touched.emplace_back(entity, key); });
    for (const auto& [entity, id] : touched) {
        const RowTable* table = work_.replica.find_table(entity);
        if (table == nullptr || find_here(entity, id) != nullptr) continue;
        const auto stored = work_.find(*table, id);
        if (stored) put(*table, id, stored, stored->base_row(), stored->cursor);
    }
}

void ReplayedRows::run(bool with_named, bool rewrite) {
    if (rows_.empty() && !with_named) return;
    for (auto& [key, row] : rows_) row.view = row.base;
    constexpr std::uint64_t kFew = 4;
    const std::uint64_t named = with_named ? work_.queue.count_named(work_.connection) : 0;
    if ((rows_.size() + named) * kFew > work_.counts.pending) {
        replay_all_entries(with_named);
    } else {
        replay_few_entries();
    }
    for (auto& [key, row] : rows_) write_row(key, row, true, rewrite);
    if (with_named) save_touched();
}

// In slices: a prediction may write to the queue's tables, and a long queue takes little room.
void ReplayedRows::replay_all_entries(bool with_named) {
    if (!with_named) {
        return work_.queue.for_each(work_.connection, Sequence{1}, work_.counts.last,
                                    [&](const QueueEntry& entry) {
                                        replay(entry);
                                        return true;
                                    });
    }
    std::vector<QueueEntry> slice;
    Sequence next{1};
    do {
        slice.clear();
        work_.queue.for_each(work_.connection, next, work_.counts.last,
                             [&](const QueueEntry& entry) {
                                 slice.push_back(entry);
                                 return slice.size() < kEntriesAtOnce;
                             });
        for (const QueueEntry& entry : slice) replay(entry);
        if (!slice.empty()) next = Sequence{slice.back().sequence.value + 1};
    } while (slice.size() == kEntriesAtOnce);
}

void ReplayedRows::replay_few_entries() {
    // By place: what a prediction asks for comes in, and has entries behind it.
    for (const Head& head : heads()) {
        const auto& [entity, key] = head.row;
        if (!key.empty() && find_here(entity, key) == nullptr) continue;
        replay(*work_.queue.find(work_.connection, head.sequence));
    }
}

void ReplayedRows::replay(const QueueEntry& entry) {
    position_ = entry.sequence;
    if (entry.kind == MutationKind::named) return predict_named(entry);
    if (Replayed* row = find_here(entry.entity, entry.key)) replay_on(*row, entry);
}

void ReplayedRows::replay_on(Replayed& row, const QueueEntry& entry) {
    if (entry.payload_is_in_row()) {
        SYNCLINE_ASSERT(row.created.has_value(), "a queued create has lost its row");
        row.create = entry.sequence;
    }
    const Bytes none;
    const Bytes& payload = entry.payload               ? *entry.payload
                           : entry.payload_is_in_row() ? *row.created
                                                       : none;
    row.view = predicted(row.table->entity(), entry, row.view, payload);
    ++row.pending;
}

// A prediction that throws is a prediction of nothing, but for a database that fails.
void ReplayedRows::predict_named(const QueueEntry& entry) {
    const Overlaid overlaid(work_, this);
    const std::size_t touched = touched_.size();
    undo_.clear();
    try {
        predict(work_, entry.sequence, entry.entity, *entry.payload, entry.made_at);
    } catch (const StorageError&) {
        throw;
    } catch (...) {
        for (auto undo = undo_.rbegin(); undo != undo_.rend(); ++undo) {
            undo->row->view = std::move(undo->view);
            undo->row->pending = undo->pending;
        }
        touched_.resize(touched);
    }
}

const std::vector<ReplayedRows::Head>& ReplayedRows::heads() {
    if (!heads_) {
        heads_.emplace();
        heads_->reserve(work_.counts.pending);
        work_.queue.for_each_key(work_.connection, [&](Sequence sequence, std::string_view entity,
                                                       std::string_view key) {
            heads_->push_back({sequence, RowKey(entity, key)});
        });
    }
    return *heads_;
}

// A row that a prediction asks for: as it was when that mutation was made.
ReplayedRows::Replayed& ReplayedRows::here(const RowTable& table, std::string_view id) {
    const std::string_view entity = table.entity().name;
    if (Replayed* row = find_here(entity, id)) return *row;
    const auto place = rows_.try_emplace(RowKey(entity, id)).first;
    Replayed& row = place->second;
    row.table = &table;
    row.stored = table.find(work_.connection, work_.generation(table), id);
    if (!row.stored) return row;
    if (row.stored->create.value != 0) row.created = row.stored->data;
    row.cursor = row.stored->cursor;
    row.base = row.stored->base_row();
    row.view = row.base;
    if (row.stored->pending > 0) catch_up(row, place->first);
    return row;
}

void ReplayedRows::catch_up(Replayed& row, const RowKey& key) {
    if (entries_.empty()) {
        for (const Head& head : heads()) {
            entries_[RowKeyLess::view(head.row)].push_back(head.sequence);
        }
    }
    const auto found = entries_.find(RowKeyLess::view(key));
    if (found == entries_.end()) return;
    for (const Sequence sequence : found->second) {
        if (sequence >= position_) break;
        replay_on(row, *work_.queue.find(work_.connection, sequence));
    }
}

std::optional<StoredRow> ReplayedRows::find(const RowTable& table, std::string_view id) {
    const Replayed& row = here(table, id);
    if (!row.view && !row.base && row.pending == 0) return std::nullopt;
    StoredRow found;
    found.cursor = row.cursor;
    found.pending = row.pending;
    found.data = row.view;
    if (row.pending > 0) found.base = row.base;
    return found;
}

void ReplayedRows::write(const RowTable& table, std::string_view id, const StoredRow& after) {
    Replayed& row = here(table, id);
    undo_.push_back({&row, std::move(row.view), row.pending});
    row.view = after.data;
    row.pending = after.pending;
}

bool ReplayedRows::touch(const RowTable& table, std::string_view id) {
    Replayed& row = here(table, id);
    if (row.touched_by == work_.predicting) return false;
    row.touched_by = work_.predicting;
    touched_.push_back({work_.predicting, RowKey(table.entity().name, id)});
    return true;
}

void ReplayedRows::write_through() {
    const Overlaid beneath(work_, nullptr);
    if (!all_here_) {
        all_here_ = true;
        for (const Head& head : heads()) {
            const RowTable* table = work_.replica.find_table(head.row.first);
            if (table != nullptr && !head.row.second.empty()) here(*table, head.row.second);
        }
    }
    for (auto& [key, row] : rows_) write_row(key, row, false, false);
}

void ReplayedRows::save_payload(Replayed& row) {
    if (!row.stored || row.stored->create.value == 0) return;
    work_.queue.set_payload(work_.connection, row.stored->create, *row.created);
}

// A create that alone makes its row goes on using it as its payload. Before the last entry was
// replayed, more may come.
void ReplayedRows::write_row(const RowKey& key, Replayed& row, bool last, bool rewrite) {
    StoredRow after;
    after.cursor = row.base ? row.cursor : Cursor{};
    after.pending = row.pending;
    after.data = row.view;
    if (row.pending > 0) after.base = row.base;
    const bool holds = row.stored && row.stored->create.value != 0;
    const bool alone = row.pending == 1 && !row.base && row.view == row.created;
    if (last && holds && row.create == row.stored->create && alone) after.create = row.create;
    if (!rewrite && same(row.stored, after)) return;
    const bool is_there = after.pending > 0 || after.data;
    if (!row.stored && !is_there) return;
    if (after.create.value == 0) save_payload(row);
    work_.write(*row.table, key.second, row.stored, after);
    row.stored.reset();
    if (is_there) row.stored = std::move(after);
}

// Writes what differs from the last time: usually nothing.
void ReplayedRows::save_touched() {
    std::sort(touched_.begin(), touched_.end());
    std::vector<Touch> former;
    work_.queue.for_each_touch(
        work_.connection, [&](Sequence sequence, std::string_view entity, std::string_view key) {
            former.push_back({sequence, RowKey(entity, key)});
        });
    if (former == touched_) return;
    ++work_.writes;
    work_.queue.forget_touched(work_.connection);
    for (const auto& [sequence, row] : touched_) {
        work_.queue.touch(work_.connection, sequence, row.first, row.second);
    }
}

}  // namespace syncline::detail
