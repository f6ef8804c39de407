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

// What was applied under the former identity must not be sent again under the new one. It keeps its
// place in the overlay, as confirmed, until the next page, which surely includes it.
void Replica::take_new_identity() {
    impl_->write([&](Work& work) {
        ScopeState& state = work.state;
        const std::uint64_t applied =
            work.queue.count(work.connection, Sequence{1}, state.confirmed);
        state.client = ClientId{IdGenerator(impl_->clock, impl_->random).id128()};
        work.counts.last = work.queue.renumber(
            work.connection,
            [&](const QueueEntry& entry, Sequence number) { renumber_row(work, entry, number); });
        work.counts.joinable = Sequence{};
        state.floor = state.applied = Sequence{};
        state.floor_id = state.applied_id = MutationId{};
        state.confirmed = state.settled = Sequence{applied};
    });
    const std::lock_guard lock(impl_->published_mutex);
    impl_->given_out = impl_->maybe_sent = Sequence{};
}

}  // namespace syncline
