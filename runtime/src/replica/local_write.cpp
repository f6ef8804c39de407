#include <algorithm>

#include "replay.hpp"
#include "syncline/base/error.hpp"
#include "syncline/protocol/patch.hpp"
#include "syncline/protocol/row.hpp"
#include "work.hpp"

namespace syncline {
namespace {

using detail::Work;

std::string name_of(const RowTable& table, std::string_view id) {
    return std::string(table.entity().name) + " " + std::string(id);
}

void check_unique(Work& work, const RowTable& table, std::string_view id, ByteView row) {
    if (!table.has_unique()) return;
    if (work.is_overlaid(table)) work.overlay->write_through();
    const auto other = table.unique_conflict(work.connection, work.generation(table), id, row);
    if (!other) return;
    throw InvalidArgument(name_of(table, id) + ": " + *other +
                          " has the same value in a field that is unique");
}

Bytes checked_row(Work& work, const RowTable& table, Bytes row, WallTime now) {
    if (const auto fault = verify_row(*table.entity().table, row)) {
        throw InvalidArgument(std::string(table.entity().name) + ": " + *fault);
    }
    if (table.has_stamps()) {
        if (auto stamped = confirm_stamps(table.entity(), RowView(row), now)) row = *stamped;
    }
    check_unique(work, table, RowView(row).string(table.entity().key), row);
    return row;
}

// Whether a mutation is queued for what is written: not for rows that stay on the device, nor for
// what a named mutation, which is queued itself, predicts.
bool is_queued(const Work& work, const RowTable& table) {
    return !table.entity().local && work.predicting.value == 0;
}

// The row and the queue entry: these two inserts are all that an ordinary create costs.
bool create_fresh(Work& work, const RowTable& table, std::string_view id, ByteView row) {
    if (work.predicting.value != 0) return false;
    NewRow fresh;
    fresh.id = id;
    fresh.data = row;
    if (!table.entity().local) {
        fresh.pending = 1;
        fresh.create = work.next_sequence();
    }
    if (!table.insert(work.connection, work.generation(table), fresh)) return false;
    ++work.writes;
    work.changes.note_created(table.entity(), id, row, fresh.pending > 0);
    return true;
}

// A row that is there but not in the view (it is being removed), or one that is predicted.
Cursor create_over(Work& work, const RowTable& table, std::string_view id, const Bytes& row) {
    const auto before = work.find(table, id);
    if (before && before->data) {
        throw InvalidArgument(name_of(table, id) +
                              ": there is a row with this id; update it, or use another id");
    }
    StoredRow after = with_mutation(work, table, id, before);
    after.data = row;
    work.write(table, id, before, after);
    return after.cursor;
}

MutationTicket create_row(Work& work, const RowTable& table, Bytes bytes) {
    const WallTime now = work.now();
    const Bytes row = checked_row(work, table, std::move(bytes), now);
    const std::string_view id = RowView(row).string(table.entity().key);
    const bool fresh = create_fresh(work, table, id, row);
    const Cursor base = fresh ? Cursor{} : create_over(work, table, id, row);
    if (!is_queued(work, table)) return {};
    return work.enqueue(MutationKind::create, table.entity().name, id, row, base, now, fresh);
}

// Longer ones are not written again and again.
constexpr std::size_t kJoinedBytesMax = 64 << 10;

// Makes `patch` a part of the update before it, if that is of the same row, and nothing could tell
// the difference: see the top of replica.cpp.
std::optional<MutationTicket> join(Work& work, const RowTable& table, std::string_view id,
                                   const StoredRow& row, const Bytes& patch, bool alone) {
    if (row.pending == 0 || !is_queued(work, table)) return std::nullopt;
    const auto entry = work.joinable(alone);
    if (!entry || entry->key != id || entry->entity != table.entity().name) return std::nullopt;
    if (entry->base != row.cursor) return std::nullopt;
    const auto joined = join_patches(table.entity(), *entry->payload, patch);
    if (!joined || joined->size() > std::max(kJoinedBytesMax, patch.size())) return std::nullopt;
    const WallTime time = std::max(entry->made_at, work.replica.clock.wall_now());
    const MutationId sent_as = IdGenerator(work.replica.clock, work.replica.random).mutation_id();
    work.queue.replace(work.connection, entry->sequence, sent_as, *joined, time);
    work.last_ticket = {entry->sequence, entry->ticket};
    return work.last_ticket;
}

MutationTicket update_row(Work& work, const RowTable& table, std::string_view id,
                          const Bytes& patch, bool alone) {
    const auto before = work.find(table, id);
    if (!before || !before->data) {
        throw NotFound(name_of(table, id) + ": there is no such row to update");
    }
    if (patch.empty()) return {};
    if (const auto fault = verify_patch(table.entity(), patch)) {
        throw InvalidArgument(name_of(table, id) + ": " + *fault);
    }
    if (patch_entries(patch).empty()) return {};
    const WallTime now = work.now();
    Bytes row = apply_patch(table.entity(), RowView(*before->data), patch, now);
    check_unique(work, table, id, row);
    const auto joined = join(work, table, id, *before, patch, alone);
    StoredRow after = joined ? *before : with_mutation(work, table, id, before);
    after.data = std::move(row);
    work.write(table, id, before, after);
    if (joined) return *joined;
    if (!is_queued(work, table)) return {};
    return work.enqueue(MutationKind::update, table.entity().name, id, patch, before->cursor, now,
                        false);
}

std::optional<MutationTicket> remove_row(Work& work, const RowTable& table, std::string_view id) {
    const auto before = work.find(table, id);
    if (!before || !before->data) return std::nullopt;
    const WallTime now = work.now();
    StoredRow after = with_mutation(work, table, id, before);
    after.data.reset();
    work.write(table, id, before, after);
    if (!is_queued(work, table)) return MutationTicket{};
    return work.enqueue(MutationKind::remove, table.entity().name, id, {}, before->cursor, now,
                        false);
}

}  // namespace

MutationTicket Replica::create(const EntitySchema& entity, Bytes row) {
    const RowTable& table = impl_->table(entity);
    MutationTicket ticket{};
    impl_->write([&](Work& work) { ticket = create_row(work, table, std::move(row)); });
    return ticket;
}

MutationTicket Replica::update(const EntitySchema& entity, std::string_view id, Bytes patch) {
    const RowTable& table = impl_->table(entity);
    const bool alone = impl_->current_work() == nullptr;
    MutationTicket ticket{};
    impl_->write([&](Work& work) { ticket = update_row(work, table, id, patch, alone); });
    return ticket;
}

MutationTicket Replica::put(const EntitySchema& entity, std::string_view id, Bytes row,
                            Bytes patch) {
    const RowTable& table = impl_->table(entity);
    const bool alone = impl_->current_work() == nullptr;
    MutationTicket ticket{};
    impl_->write([&](Work& work) {
        const auto before = work.find(table, id);
        ticket = before && before->data ? update_row(work, table, id, patch, alone)
                                        : create_row(work, table, std::move(row));
    });
    return ticket;
}

std::optional<MutationTicket> Replica::remove(const EntitySchema& entity, std::string_view id) {
    const RowTable& table = impl_->table(entity);
    std::optional<MutationTicket> ticket;
    impl_->write([&](Work& work) { ticket = remove_row(work, table, id); });
    return ticket;
}

}  // namespace syncline
