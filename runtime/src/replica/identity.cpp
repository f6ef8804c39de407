#include "syncline/protocol/hash.hpp"
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

void append(Bytes& bytes, std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) {
        bytes.push_back(static_cast<std::uint8_t>(value >> shift));
    }
}

// Two databases that have the same mutation to send, copies or one put back twice, take the same
// new identity, under which the server recognises it; those that have not take different ones.
ClientId identity_after(const ClientId& former, MutationId first_unsent, std::uint64_t applied) {
    Bytes bytes;
    for (const std::uint64_t value : {former.high, former.low, first_unsent.value, applied}) {
        append(bytes, value);
    }
    SetHash hash;
    hash.add("client", bytes);
    return ClientId{Id128{hash.high, hash.low}};
}

}  // namespace

// What was applied under the former identity must not be sent again under the new one. It keeps its
// place in the overlay, as confirmed, until the next page, which surely includes it.
void Replica::take_new_identity() {
    impl_->write([&](Work& work) {
        ScopeState& state = work.state;
        const std::uint64_t applied =
            work.queue.count(work.connection, Sequence{1}, state.confirmed);
        const auto unsent = work.queue.next(work.connection, state.confirmed);
        state.client = unsent ? identity_after(state.client, unsent->id, applied)
                              : ClientId{IdGenerator(impl_->clock, impl_->random).id128()};
        work.counts.last = work.queue.renumber(
            work.connection,
            [&](const QueueEntry& entry, Sequence number) { renumber_row(work, entry, number); });
        work.counts.joinable = Sequence{};
        state.floor = state.applied = Sequence{};
        state.floor_id = state.applied_id = MutationId{};
        state.confirmed = state.settled = Sequence{applied};
    });
    const std::lock_guard lock(impl_->published_mutex);
    impl_->given_out = Sequence{};
}

}  // namespace syncline
