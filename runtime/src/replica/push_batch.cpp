#include <limits>
#include <utility>

#include "rebase.hpp"
#include "replay.hpp"
#include "work.hpp"

namespace syncline {
namespace {

using detail::Rebase;
using detail::Work;

// What a mutation takes on the wire beside its texts and payload.
constexpr std::uint64_t kMutationOverhead = 96;

// Owned copies of what will be sent; views into them are made when they move no more.
struct Batch {
    struct Item {
        QueueEntry entry;
        Bytes payload;
    };
    std::vector<Item> items;
    std::uint64_t bytes = 0;
};

std::uint64_t size_of(const QueueEntry& entry, const Bytes& payload) {
    return kMutationOverhead + entry.entity.size() + entry.key.size() + payload.size();
}

bool exceeds(std::uint64_t value, std::uint32_t limit) {
    return limit != 0 && value > limit;
}

bool fits(const Batch& batch, const Limits& limits) {
    return !exceeds(batch.items.size(), limits.batch_mutations_max) &&
           !exceeds(batch.bytes, limits.batch_bytes_max);
}

// Whole transactions, oldest first: the first one in any case, others while they fit.
Batch oldest_unsent(Connection& connection, const ScopeState& state, const Limits& limits) {
    const MutationQueue queue(state.key);
    Batch batch;
    std::size_t whole = 0;  // items of complete transactions
    std::uint64_t whole_bytes = 0;
    bool full = false;
    const auto take = [&](const QueueEntry& entry) {
        const bool begins =
            batch.items.empty() || batch.items.back().entry.transaction != entry.transaction;
        if (begins) {
            whole = batch.items.size();
            whole_bytes = batch.bytes;
        }
        Bytes payload = detail::payload_of(connection, entry, state.generation);
        batch.bytes += size_of(entry, payload);
        batch.items.push_back({entry, std::move(payload)});
        full = whole != 0 && !fits(batch, limits);
        return !full;
    };
    queue.for_each(connection, Sequence{state.confirmed.value + 1},
                   Sequence{std::numeric_limits<std::uint64_t>::max()}, take);
    if (!full) return batch;
    batch.items.resize(whole);
    batch.bytes = whole_bytes;
    return batch;
}

// Of a batch that is one transaction.
bool is_too_large(const Batch& batch, const Limits& limits) {
    const bool alone = !batch.items.empty() && batch.items.front().entry.transaction ==
                                                   batch.items.back().entry.transaction;
    return alone && exceeds(batch.bytes, limits.transaction_bytes_max);
}

void reject_batch(Work& work, const Batch& batch, const Limits& limits) {
    const std::string reason = "the transaction takes " + std::to_string(batch.bytes) +
                               " bytes, and the server takes at most " +
                               std::to_string(limits.transaction_bytes_max);
    Rebase rebase(work);
    for (const Batch::Item& item : batch.items) {
        Rejection rejection;
        rejection.sequence = item.entry.sequence;
        rejection.code = "too_large";
        rejection.reason = reason;
        rebase.departures().reject(rejection);
    }
    rebase.finish();
}

Mutation view_of(const QueueEntry& entry, const std::string& entity, const std::string& key,
                 const Bytes& payload) {
    Mutation mutation;
    mutation.sequence = entry.sequence;
    mutation.id = entry.id;
    mutation.kind = entry.kind;
    mutation.entity = entity;
    mutation.key = key;
    mutation.payload = payload;
    mutation.base = entry.base;
    mutation.time = entry.made_at;
    return mutation;
}

PendingPush make_push(const ScopeState& state, const std::string& scope, Batch batch) {
    PendingPush push;
    push.request.client = state.client;
    push.request.confirmed = state.settled.value != 0 ? Sequence{} : state.confirmed;
    push.request.epoch = state.cursor ? state.epoch : state.confirmed_epoch;
    push.request.cursor = state.cursor.value_or(Cursor{});
    push.texts.reserve(batch.items.size() * 2 + 1);
    push.payloads.reserve(batch.items.size());
    push.texts.push_back(scope);
    push.request.scope = push.texts.back();
    Sequence transaction;
    for (Batch::Item& item : batch.items) {
        const std::string& entity = push.texts.emplace_back(std::move(item.entry.entity));
        const std::string& key = push.texts.emplace_back(std::move(item.entry.key));
        const Bytes& payload = push.payloads.emplace_back(std::move(item.payload));
        if (item.entry.transaction != transaction) push.request.transactions.emplace_back();
        transaction = item.entry.transaction;
        push.request.transactions.back().mutations.push_back(
            view_of(item.entry, entity, key, payload));
    }
    return push;
}

}  // namespace

std::optional<PendingPush> Replica::next_push(const Limits& limits) {
    for (;;) {
        ScopeState state;
        Batch batch = impl_->read([&](Connection& connection, std::uint64_t) {
            state = *find_scope(connection, impl_->scope);
            return oldest_unsent(connection, state, limits);
        });
        if (batch.items.empty()) return std::nullopt;
        if (!is_too_large(batch, limits)) return make_push(state, impl_->scope, std::move(batch));
        impl_->write([&](Work& work) {
            work.remote = true;
            reject_batch(work, batch, limits);
        });
    }
}

}  // namespace syncline
