#include <utility>

#include "replay.hpp"
#include "syncline/base/error.hpp"
#include "work.hpp"

namespace syncline {
namespace {

// What a mutation takes on the wire beside its texts and payload.
constexpr std::uint64_t kMutationOverhead = 96;

// Owned copies of what will be sent; views into them are made when they move no more.
struct Batch {
    struct Item {
        QueueEntry entry;
        Bytes payload;
    };
    std::vector<Item> items;
    bool too_large = false;  // it is one transaction, larger than the server takes
    std::uint64_t bytes = 0;
};

bool exceeds(std::uint64_t value, std::uint32_t limit) {
    return limit != 0 && value > limit;
}

// Collects whole transactions: the first one in any case, others while they fit.
class BatchBuilder {
public:
    explicit BatchBuilder(const Limits& limits) : limits_(limits) {}

    // False: the batch is full, and the transaction of this entry is not in it.
    bool add(const QueueEntry& entry, Bytes payload) {
        if (items_.empty() || items_.back().entry.transaction != entry.transaction) {
            if (!begin_transaction()) return false;
        }
        // What the server counts against a transaction has no overhead in it.
        const std::uint64_t size = entry.entity.size() + entry.key.size() + payload.size();
        transaction_bytes_ += size;
        bytes_ += size + kMutationOverhead;
        items_.push_back({entry, std::move(payload)});
        return whole_ == 0 || fits();
    }

    Batch finish() {
        Batch batch;
        batch.too_large = whole_ == 0 && is_too_large();
        batch.bytes = transaction_bytes_;
        if (whole_ != 0 && !fits()) items_.resize(whole_);
        batch.items = std::move(items_);
        return batch;
    }

private:
    bool begin_transaction() {
        // One that must be rejected is a batch of its own.
        if (whole_ == 0 && is_too_large()) return false;
        whole_ = items_.size();
        transaction_bytes_ = 0;
        return true;
    }
    bool is_too_large() const { return exceeds(transaction_bytes_, limits_.transaction_bytes_max); }
    bool fits() const {
        return !exceeds(items_.size(), limits_.batch_mutations_max) &&
               !exceeds(bytes_, limits_.batch_bytes_max) && !is_too_large();
    }

    const Limits& limits_;
    std::vector<Batch::Item> items_;
    std::size_t whole_ = 0;  // items of complete transactions
    std::uint64_t bytes_ = 0;
    std::uint64_t transaction_bytes_ = 0;  // of the last one
};

Batch oldest_unsent(Connection& connection, const ScopeState& state, const Limits& limits,
                    Sequence last) {
    BatchBuilder builder(limits);
    MutationQueue(state.key).for_each(
        connection, Sequence{state.confirmed.value + 1}, last, [&](const QueueEntry& entry) {
            return builder.add(entry, detail::payload_of(connection, entry, state.generation));
        });
    return builder.finish();
}

std::string too_large_text(const Batch& batch, const Limits& limits) {
    return "the transaction takes " + std::to_string(batch.bytes) +
           " bytes, and the server takes at most " + std::to_string(limits.transaction_bytes_max);
}

// A reason of the server's may be of any length.
constexpr std::size_t kReasonBytesMax = 500;

std::string shortened(const std::string& text) {
    if (text.size() <= kReasonBytesMax) return text;
    std::size_t end = kReasonBytesMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return text.substr(0, end);
}

// Whether the oldest transaction is withdrawn instead of sent.
std::optional<Withdrawal> withdrawal_of(const Batch& batch, const Limits& limits,
                                        const std::optional<Withdrawal>& given_up) {
    const QueueEntry& first = batch.items.front().entry;
    const MutationTicket ticket{first.sequence, first.id};
    if (batch.too_large) return Withdrawal{ticket, "too_large", too_large_text(batch, limits)};
    if (!given_up || given_up->first.id != ticket.id) return std::nullopt;
    return Withdrawal{ticket, given_up->code, shortened(given_up->reason)};
}

// Its number and id are what the server decides on; nothing else of it is sent.
void withdraw(Batch& batch) {
    const Sequence transaction = batch.items.front().entry.transaction;
    std::erase_if(batch.items,
                  [&](const Batch::Item& item) { return item.entry.transaction != transaction; });
    for (Batch::Item& item : batch.items) {
        item.entry.key.clear();
        item.payload.clear();
    }
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

PendingPush make_push(const ScopeState& state, const std::string& scope, Batch batch,
                      const std::optional<Withdrawal>& withdrawal) {
    PendingPush push;
    push.request.client = state.client;
    push.request.confirmed = state.confirmed;
    push.request.epoch =
        state.cursor && !state.wants_snapshot ? state.epoch : state.confirmed_epoch;
    push.request.cursor = state.cursor.value_or(Cursor{});
    push.texts.reserve(batch.items.size() * 2 + 3);
    push.payloads.reserve(batch.items.size());
    push.texts.push_back(scope);
    push.request.scope = push.texts.back();
    Sequence transaction;
    for (Batch::Item& item : batch.items) {
        const std::string& entity = push.texts.emplace_back(std::move(item.entry.entity));
        const std::string& key = push.texts.emplace_back(std::move(item.entry.key));
        const Bytes& payload = push.payloads.emplace_back(std::move(item.payload));
        if (item.entry.transaction != transaction) {
            push.request.transactions.emplace_back().origin = item.entry.origin;
        }
        transaction = item.entry.transaction;
        push.request.transactions.back().mutations.push_back(
            view_of(item.entry, entity, key, payload));
    }
    if (withdrawal) {
        Transaction& withdrawn = push.request.transactions.front();
        withdrawn.withdrawn = push.texts.emplace_back(withdrawal->code);
        withdrawn.reason = push.texts.emplace_back(withdrawal->reason);
    }
    return push;
}

}  // namespace

std::optional<PendingPush> Replica::next_push(const Limits& limits,
                                              const std::optional<Withdrawal>& given_up) {
    if (impl_->current_work() != nullptr) {
        throw InvalidState("a push cannot be made inside a transaction");
    }
    const Sequence last = impl_->hand_out();
    ScopeState state;
    Batch batch = impl_->read([&](Connection& connection, std::uint64_t) {
        state = *find_scope(connection, impl_->scope);
        return oldest_unsent(connection, state, limits, last);
    });
    if (batch.items.empty()) return std::nullopt;
    const auto withdrawal = withdrawal_of(batch, limits, given_up);
    if (withdrawal) withdraw(batch);
    impl_->give_out(batch.items.back().entry.sequence);
    return make_push(state, impl_->scope, std::move(batch), withdrawal);
}

}  // namespace syncline
