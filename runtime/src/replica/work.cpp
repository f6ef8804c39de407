#include "work.hpp"

#include <utility>

#include "syncline/base/error.hpp"

namespace syncline::detail {
namespace {

// Innermost first. A thread has more than one only if it uses several replicas.
thread_local Work* current_works = nullptr;
thread_local PinRead* current_pins = nullptr;

}  // namespace

Work::Work(Replica::Impl& owner)
    : replica(owner),
      transaction_(owner.db.begin_write()),
      connection(transaction_->connection()),
      state(owner.state),
      counts(owner.counts),
      queue(state.key),
      rejections(state.key),
      changes(owner.schema, owner.publisher),
      outer_(std::exchange(current_works, this)) {}

Work::~Work() {
    if (transaction_) current_works = outer_;
}

void Work::write(const RowTable& table, std::string_view id, const std::optional<StoredRow>& before,
                 const StoredRow& after) {
    if (predicting.value != 0 && table.entity().local) {
        throw InvalidArgument(std::string(table.entity().name) +
                              ": a mutator cannot write rows that are never synchronized: it runs "
                              "again whenever others come");
    }
    if (is_overlaid(table)) return overlay->write(table, id, after);
    ++writes;
    const bool erased = after.pending == 0 && !after.data;
    if (!erased) {
        table.put(connection, generation(table), id, after);
    } else if (before) {
        table.erase(connection, generation(table), id);
    }
    changes.note(table.entity(), id, before ? &*before : nullptr, erased ? nullptr : &after);
}

bool Work::touch(const RowTable& table, std::string_view id) {
    if (is_overlaid(table)) return overlay->touch(table, id);
    return queue.touch(connection, predicting, table.entity().name, id);
}

MutationTicket Work::enqueue(MutationKind kind, std::string_view entity, std::string_view key,
                             ByteView payload, Cursor base, WallTime time, bool payload_in_row) {
    ++writes;
    Mutation mutation;
    mutation.sequence = next_sequence();
    mutation.id = IdGenerator(replica.clock, replica.random).mutation_id();
    mutation.kind = kind;
    mutation.entity = entity;
    mutation.key = key;
    mutation.payload = payload;
    mutation.base = base;
    mutation.time = time;
    if (first_.value == 0) first_ = mutation.sequence;
    queue.append(connection, mutation, first_, payload_in_row);
    counts.last = mutation.sequence;
    counts.joinable = kind == MutationKind::update ? mutation.sequence : Sequence{};
    ++counts.pending;
    ++counts.unsent;
    last_ticket = {mutation.sequence, mutation.id};
    return *last_ticket;
}

// A transaction's mutations share their fate, and nothing from outside may come to share it.
std::optional<QueueEntry> Work::joinable(bool alone) {
    const bool own = first_.value != 0 && counts.joinable >= first_;
    if (counts.joinable.value == 0 || (!alone && !own)) return std::nullopt;
    return queue.find(connection, counts.joinable);
}

void Work::commit() {
    if (failed) {
        throw InvalidState(
            "a part of this transaction failed, so all of it was rolled back; let the exception "
            "of that part leave the transaction");
    }
    if (state != replica.state) {
        ++writes;
        save_scope(connection, state);
    }
    if (first_.value != 0 && first_ != counts.last) counts.joinable = Sequence{};
    if (writes != 0) {
        ChangeSet notice = changes.finish([this](const EntitySchema& entity, std::string_view id) {
            return find(replica.table(entity), id);
        });
        transaction_->commit();
        publish(std::move(notice));
    }
    const bool queued = first_.value != 0;
    if (last_ticket) note_last_write(replica, *last_ticket);
    current_works = outer_;
    transaction_.reset();
    if (outcomes) replica.publisher.tell_writes();
    replica.publisher.deliver();
    if (queued) replica.publisher.tell_queued();
}

void Work::publish(ChangeSet notice) {
    notice.version = transaction_->version();
    notice.remote = remote;
    changes.note_late_watchers(notice);
    replica.state = state;
    replica.counts = counts;
    {
        const std::lock_guard lock(replica.published_mutex);
        replica.published_state = state;
        replica.published_counts = counts;
    }
    replica.publisher.add(std::move(notice));
}

PinRead::PinRead(const Replica::Impl& owner)
    : owner_(owner), read_{owner.db.begin_read()}, outer_(std::exchange(current_pins, this)) {}

PinRead::~PinRead() {
    current_pins = outer_;
}

}  // namespace syncline::detail

namespace syncline {

detail::Work* Replica::Impl::current_work() const {
    for (detail::Work* work = detail::current_works; work != nullptr; work = work->outer()) {
        if (&work->replica == this) return work;
    }
    return nullptr;
}

detail::PinnedRead* Replica::Impl::current_read() const {
    for (detail::PinRead* pin = detail::current_pins; pin != nullptr; pin = pin->outer_) {
        if (&pin->owner_ == this) return &pin->read_;
    }
    return nullptr;
}

}  // namespace syncline
