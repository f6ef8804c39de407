#include "work.hpp"

namespace syncline {
namespace {

using detail::Work;

// A create whose payload is its row is found by its number.
void renumber_row(Work& work, const QueueEntry& entry, Sequence number) {
    if (!entry.payload_is_in_row()) return;
    const RowTable* table = work.replica.find_table(entry.entity);
    if (table == nullptr) return;
    auto row = work.find(*table, entry.key);
    row->create = number;
    table->put(work.connection, work.generation(*table), entry.key, *row);
}

}  // namespace

// Everything is sent again, also what may be decided already, by this database or by another one
// that has it too: each mutation says under which id it was made, and the server knows it by that.
void Replica::take_new_identity() {
    impl_->write([&](Work& work) {
        ScopeState& state = work.state;
        work.counts.last = work.queue.renumber(
            work.connection, state.client,
            [&](const QueueEntry& entry, Sequence number) { renumber_row(work, entry, number); });
        work.counts.unsent = work.counts.pending;
        work.counts.joinable = Sequence{};
        state.client = ClientId{IdGenerator(impl_->clock, impl_->random).id128()};
        state.floor = state.applied = state.confirmed = Sequence{};
        state.floor_id = state.applied_id = MutationId{};
    });
    const std::lock_guard lock(impl_->published_mutex);
    impl_->given_out = Sequence{};
}

}  // namespace syncline
