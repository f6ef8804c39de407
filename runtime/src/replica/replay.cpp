#include "replay.hpp"

#include "syncline/base/error.hpp"
#include "syncline/protocol/patch.hpp"
#include "syncline/protocol/row.hpp"

namespace syncline::detail {
namespace {

// A create that alone makes its row goes on using it as its payload.
bool recreate(Work& work, const RowTable& table, const QueueEntry& entry, const Bytes& row) {
    if (verify_row(*table.entity().table, row)) return false;
    NewRow fresh;
    fresh.id = entry.key;
    fresh.pending = 1;
    fresh.create = entry.payload ? Sequence{} : entry.sequence;
    fresh.data = row;
    if (!table.insert(work.connection, work.generation(table), fresh)) return false;
    ++work.writes;
    work.changes.note_created(table.entity(), entry.key, row, true);
    return true;
}

void replay_on_row(Work& work, const RowTable& table, const QueueEntry& entry,
                   const Bytes& payload) {
    if (entry.kind == MutationKind::create && recreate(work, table, entry, payload)) return;
    if (entry.payload_is_in_row()) {
        work.queue.set_payload(work.connection, entry.sequence, payload);
    }
    const auto before = work.find(table, entry.key);
    StoredRow after = with_mutation(work, table, entry.key, before);
    after.data = predicted(table.entity(), entry, after.data, payload);
    work.write(table, entry.key, before, after);
}

void undo_prediction(Work& work, const ChangeRecorder::Mark& mark) {
    work.connection.prepare("ROLLBACK TO prediction").run();
    work.connection.prepare("RELEASE prediction").run();
    work.changes.rollback(mark);
}

// A prediction that throws is a prediction of nothing, but for a database that fails.
void replay_named(Work& work, const QueueEntry& entry) {
    const ChangeRecorder::Mark mark = work.changes.mark();
    work.connection.prepare("SAVEPOINT prediction").run();
    try {
        predict(work, entry.sequence, entry.entity, *entry.payload, entry.made_at);
        work.connection.prepare("RELEASE prediction").run();
    } catch (const StorageError&) {
        throw;
    } catch (...) {
        undo_prediction(work, mark);
    }
}

struct Predicting {
    Predicting(Work& work_of_it, Sequence sequence, WallTime made_at) : work(work_of_it) {
        work.predicting = sequence;
        work.predicted_at = made_at;
    }
    ~Predicting() { work.predicting = Sequence{}; }
    Work& work;
};

}  // namespace

std::optional<Bytes> predicted(const EntitySchema& entity, const QueueEntry& entry,
                               const std::optional<Bytes>& view, const Bytes& payload) {
    switch (entry.kind) {
        case MutationKind::create:
            return view || verify_row(*entity.table, payload) ? view
                                                              : std::optional<Bytes>(payload);
        case MutationKind::update:
            if (!view || verify_patch(entity, payload)) return view;
            return apply_patch(entity, RowView(*view), payload, entry.made_at);
        default:
            return std::nullopt;
    }
}

StoredRow with_mutation(Work& work, const RowTable& table, std::string_view id,
                        const std::optional<StoredRow>& before) {
    StoredRow after = before.value_or(StoredRow{});
    if (table.entity().local) return after;
    if (after.pending == 0) after.base = after.data;
    if (after.create.value != 0) {
        work.queue.set_payload(work.connection, after.create, *after.data);
        after.create = Sequence{};
    }
    const bool counted = work.predicting.value == 0 || work.touch(table, id);
    if (counted) ++after.pending;
    return after;
}

void predict(Work& work, Sequence sequence, std::string_view name, ByteView arguments,
             WallTime made_at) {
    const auto mutator = work.replica.find_mutator(name);
    if (!mutator) return;
    const Predicting scope(work, sequence, made_at);
    (*mutator)(work.replica.replica, arguments);
}

Bytes payload_of(Connection& connection, const QueueEntry& entry, std::uint64_t generation) {
    if (entry.payload) return *entry.payload;
    if (entry.kind != MutationKind::create) return {};
    auto row = created_row(connection, entry.entity, generation, entry.key, entry.sequence);
    SYNCLINE_ASSERT(row.has_value(), "a queued create has lost its row");
    return std::move(*row);
}

void replay(Work& work, const QueueEntry& entry, std::uint64_t generation) {
    if (entry.kind == MutationKind::named) return replay_named(work, entry);
    const Bytes payload = payload_of(work.connection, entry, generation);
    if (const RowTable* table = work.replica.find_table(entry.entity)) {
        replay_on_row(work, *table, entry, payload);
    } else if (entry.payload_is_in_row()) {
        work.queue.set_payload(work.connection, entry.sequence, payload);
    }
}

void replay_all(Work& work, std::uint64_t generation) {
    // Entry by entry: predictions write to the queue's table and roll back parts of it.
    auto entry = work.queue.next(work.connection, Sequence{});
    while (entry) {
        replay(work, *entry, generation);
        entry = work.queue.next(work.connection, entry->sequence);
    }
}

}  // namespace syncline::detail
