#include "rebase.hpp"

#include <algorithm>

#include "replay.hpp"
#include "syncline/store/unknown_rows.hpp"

namespace syncline::detail {
void Departures::leave_to(Sequence last, Cursor cursor, const std::vector<Rejection>& rejections) {
    if (last <= last_) return;
    last_ = last;
    cursor_ = cursor;
    std::map<Sequence, const Rejection*> rejected;
    for (const Rejection& rejection : rejections) rejected[rejection.sequence] = &rejection;
    work_.queue.for_each(work_.connection, Sequence{}, last, [&](const QueueEntry& entry) {
        const auto found = rejected.find(entry.sequence);
        leave(entry, found != rejected.end() ? found->second : nullptr);
        return true;
    });
}

void Departures::reject(const Rejection& rejection) {
    const auto entry = work_.queue.find(work_.connection, rejection.sequence);
    const bool known =
        std::find(single_.begin(), single_.end(), rejection.sequence) != single_.end();
    if (!entry || known) return;
    single_.push_back(rejection.sequence);
    leave(*entry, &rejection);
}

void Departures::leave(const QueueEntry& entry, const Rejection* rejection) {
    if (rejection != nullptr) record(entry, *rejection);
    if (work_.counts.tracked > 0) note_outcome(entry, rejection);
    --work_.counts.pending;
    if (entry.sequence == work_.counts.joinable) work_.counts.joinable = Sequence{};
    if (entry.sequence > work_.state.confirmed) --work_.counts.unsent;
    if (entry.sequence > work_.state.floor) {
        work_.state.floor = entry.sequence;
        work_.state.floor_id = entry.id;
    }
    if (entry.kind == MutationKind::named) {
        any_named_ = true;
    } else {
        ++rows_[{entry.entity, entry.key}];
    }
}

void Departures::note_outcome(const QueueEntry& entry, const Rejection* rejection) {
    WriteStatus status;
    status.state = rejection != nullptr ? WriteState::rejected : WriteState::applied;
    if (rejection != nullptr) {
        status.code = rejection->code;
        status.reason = rejection->reason;
    } else {
        status.cursor = cursor_;
    }
    const TrackedWrites tracked(work_.state.key);
    if (!tracked.decide(work_.connection, entry.ticket, status)) return;
    --work_.counts.tracked;
    work_.outcomes = true;
}

void Departures::record(const QueueEntry& entry, const Rejection& rejection) {
    RejectedMutation rejected;
    rejected.id = entry.ticket;
    rejected.sequence = entry.sequence;
    rejected.kind = entry.kind;
    rejected.entity = entry.entity;
    rejected.key = entry.key;
    rejected.payload = payload_of(work_.connection, entry, work_.state.generation);
    rejected.code = rejection.code;
    rejected.reason = rejection.reason;
    rejected.server_row = to_bytes(rejection.row);
    rejected.made_at = entry.made_at;
    work_.rejections.add(work_.connection, rejected);
    ++work_.counts.rejected;
    rejected_.push_back(std::move(rejected));
}

void Departures::erase() {
    if (none()) return;
    ++work_.writes;
    if (last_.value != 0) work_.queue.erase_to(work_.connection, last_);
    for (const Sequence sequence : single_) work_.queue.erase(work_.connection, sequence);
}

BaseHashes& Rebase::hashes() {
    if (!hashes_) hashes_.emplace(work_.connection, work_.state.generation);
    return *hashes_;
}

void Rebase::prepare() {
    if (prepared_) return;
    prepared_ = true;
    with_named_ = departures_.any_named() || work_.queue.has_named(work_.connection);
    if (with_named_) rows_.put_touched();
    if (everything_) rows_.put_all_pending();
}

std::uint32_t Rebase::take_leaving(std::string_view entity, std::string_view id) {
    if (departures_.rows().empty()) return 0;
    const auto found = departures_.rows().find({std::string(entity), std::string(id)});
    if (found == departures_.rows().end()) return 0;
    const std::uint32_t leaving = found->second;
    departures_.rows().erase(found);
    return leaving;
}

void Rebase::change(const RowChange& change) {
    prepare();
    changed_ = true;
    if (const RowTable* table = work_.replica.find_table(change.entity)) {
        change_known(*table, change);
    } else {
        change_unknown(change);
    }
}

bool Rebase::insert_fresh(const RowTable& table, const RowChange& change) {
    if (!change.data) return false;
    NewRow row;
    row.id = change.key;
    row.cursor = change.cursor;
    row.data = *change.data;
    if (!table.insert(work_.connection, work_.state.generation, row)) return false;
    ++work_.writes;
    hashes().add(change.entity, change.key, row.data);
    work_.changes.note_created(table.entity(), change.key, row.data, false);
    return true;
}

std::optional<Bytes> Rebase::new_base(const RowTable& table, const std::optional<StoredRow>& row,
                                      const RowChange& change) {
    const std::string_view entity = table.entity().name;
    if (row && row->base_row()) hashes().remove(entity, change.key, *row->base_row());
    if (!change.data) return std::nullopt;
    hashes().add(entity, change.key, *change.data);
    return to_bytes(*change.data);
}

// The row changes before it is replayed and written.
void Rebase::change_replayed(ReplayedRows::Replayed& row, const RowChange& change) {
    if (row.base && row.cursor > change.cursor) return;
    if (row.base) hashes().remove(change.entity, change.key, *row.base);
    row.base.reset();
    row.cursor = change.data ? change.cursor : Cursor{};
    if (!change.data) return;
    hashes().add(change.entity, change.key, *change.data);
    row.base = to_bytes(*change.data);
}

void Rebase::change_known(const RowTable& table, const RowChange& change) {
    if (auto* row = rows_.find_here(change.entity, change.key))
        return change_replayed(*row, change);
    if (insert_fresh(table, change)) return;
    const auto row = work_.find(table, change.key);
    if (!row && !change.data) return;
    const std::uint32_t leaving = take_leaving(change.entity, change.key);
    if (row && row->base_row() && row->cursor > change.cursor) {
        if (leaving > 0) {
            settle(table, change.key, row, row->base_row(), row->cursor, leaving);
        }
        return;
    }
    settle(table, change.key, row, new_base(table, row, change), change.cursor, leaving);
}

void Rebase::change_unknown(const RowChange& change) {
    const std::uint64_t generation = work_.state.generation;
    const auto row = find_unknown(work_.connection, generation, change.entity, change.key);
    if (row && row->cursor > change.cursor) return;
    ++work_.writes;
    if (row) hashes().remove(change.entity, change.key, row->data);
    if (!change.data) {
        return erase_unknown(work_.connection, generation, change.entity, change.key);
    }
    hashes().add(change.entity, change.key, *change.data);
    put_unknown(work_.connection, generation, change.entity, change.key, change.cursor,
                *change.data);
}

// Puts the row at its base. If mutations of it stay, they are replayed afterwards.
void Rebase::settle(const RowTable& table, std::string_view id, const std::optional<StoredRow>& row,
                    const std::optional<Bytes>& base, Cursor cursor, std::uint32_t leaving) {
    const Cursor base_cursor = base ? cursor : Cursor{};
    if (row && row->pending > leaving) return rows_.put(table, id, row, base, base_cursor);
    StoredRow after;
    after.cursor = base_cursor;
    after.data = base;
    work_.write(table, id, row, after);
}

void Rebase::finish() {
    if (!changed_ && !everything_ && departures_.none()) return;
    prepare();
    for (const auto& [key, leaving] : departures_.rows()) {
        const RowTable* table = work_.replica.find_table(key.first);
        if (table == nullptr || rows_.find_here(key.first, key.second) != nullptr) continue;
        const auto row = work_.find(*table, key.second);
        if (row) settle(*table, key.second, row, row->base_row(), row->cursor, leaving);
    }
    departures_.erase();
    rows_.run(with_named_, everything_);
    if (hashes_) hashes_->save(work_.connection);
}

}  // namespace syncline::detail
