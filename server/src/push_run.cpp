#include "push_run.hpp"

#include <algorithm>
#include <exception>
#include <set>

#include "mutator_context.hpp"
#include "stored_rows.hpp"
#include "syncline/base/error.hpp"
#include "syncline/protocol/row.hpp"
#include "syncline/server/refusal.hpp"
#include "utf8.hpp"

namespace syncline::server {
namespace {

std::size_t bytes_of(const Transaction& transaction) {
    std::size_t bytes = 0;
    for (const Mutation& mutation : transaction.mutations) {
        bytes += mutation.payload.size() + mutation.key.size() + mutation.entity.size();
    }
    return bytes;
}

std::string number(Sequence sequence) {
    return std::to_string(sequence.value);
}

/// What a mutator says of itself is kept and sent, and may have taken in what a client sent.
Refusal refusal_of_mutator(std::string_view code, const char* reason) {
    constexpr std::size_t kReasonMax = 4 << 10;
    std::string text = reason;
    if (!is_utf8(text)) text = "the mutator's reason is not UTF-8";
    if (text.size() > kReasonMax) {
        std::size_t end = kReasonMax;
        while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
        text.resize(end);
    }
    const bool is_word = !code.empty() && code.size() <= 100 && is_utf8(code);
    return {is_word ? std::string(code) : "rejected", std::move(text)};
}

}  // namespace

PushRun::PushRun(const Catalog& catalog, const Mutators& mutators, const EngineOptions& options,
                 const PushRequest& request, WallTime now, ScopeWriter& writer, Arena& arena)
    : catalog_(catalog),
      mutators_(mutators),
      options_(options),
      request_(request),
      writer_(writer),
      arena_(arena),
      plan_(writer, request.client),
      tallies_(writer),
      rules_(catalog, options, request.schema, plan_, arena, now),
      former_(writer, request.client),
      now_(now),
      client_(writer.client(request.client)),
      head_(writer.state().head) {}

bool PushRun::run() {
    const std::size_t known = repeat_known();
    if (forked_) {
        // What is known is answered first: a client that takes another id would send it again.
        if (known == 0) {
            throw RequestRefused(
                RequestError::client_forked,
                "mutation " + number(request_.transactions.front().mutations.front().sequence) +
                    " of this client is known as another one");
        }
        processed_ = request_.transactions[known - 1].mutations.back().sequence;
        return false;
    }
    for (std::size_t i = known; i < request_.transactions.size(); ++i) {
        const Transaction& transaction = request_.transactions[i];
        note_receipts(transaction);
        if (!repeat_former(transaction)) run_transaction(transaction);
    }
    processed_ = request_.transactions.back().mutations.back().sequence;
    if (receipts_.empty()) return false;
    save();
    return true;
}

std::size_t PushRun::repeat_known() {
    const auto& transactions = request_.transactions;
    const Sequence first = transactions.front().mutations.front().sequence;
    if (first > client_.last) return 0;
    const std::vector<Receipt> receipts =
        writer_.receipts(request_.client, first, transactions.back().mutations.back().sequence);
    std::size_t known = 0;
    for (const Transaction& transaction : transactions) {
        if (transaction.mutations.front().sequence > client_.last) break;
        forked_ = !is_known(transaction, receipts);
        if (forked_) break;
        ++known;
    }
    if (known > 0) repeat_rejections(known);
    return known;
}

// Without a receipt the client had confirmed the outcome, or never sent the mutation: its database
// is a copy that has fallen behind. To say "applied" would lose a mutation.
bool PushRun::is_known(const Transaction& transaction, const std::vector<Receipt>& receipts) const {
    return std::all_of(
        transaction.mutations.begin(), transaction.mutations.end(), [&](const Mutation& mutation) {
            const auto receipt = std::lower_bound(
                receipts.begin(), receipts.end(), mutation.sequence,
                [](const Receipt& one, Sequence sequence) { return one.sequence < sequence; });
            return receipt != receipts.end() && receipt->sequence == mutation.sequence &&
                   receipt->id == mutation.id;
        });
}

void PushRun::repeat_rejections(std::size_t known) {
    std::set<Sequence> sequences;
    for (std::size_t i = 0; i < known; ++i) {
        for (const Mutation& mutation : request_.transactions[i].mutations) {
            sequences.insert(mutation.sequence);
        }
    }
    const Sequence before{sequences.begin()->value - 1};
    writer_.rejections(request_.client, before, *sequences.rbegin(), [&](const Rejection& r) {
        if (sequences.count(r.sequence) == 0) return;
        rejections_.push_back(
            {r.sequence, arena_.keep(r.code), arena_.keep(r.reason), arena_.keep(r.row)});
    });
    rejections_repeated_ = rejections_.size();
}

void PushRun::note_receipts(const Transaction& transaction) {
    const bool moved = transaction.origin && transaction.origin != request_.client;
    for (const Mutation& mutation : transaction.mutations) {
        receipts_.push_back({mutation.sequence, mutation.id});
        if (moved) origins_.emplace_back(transaction.origin, receipts_.back());
    }
}

std::optional<Rejection> PushRun::rejection_of(const DecidedAs& former, Sequence now) {
    std::optional<Rejection> result;
    writer_.rejections(
        former.client, Sequence{former.sequence.value - 1}, former.sequence,
        [&](const Rejection& r) {
            result = {now, arena_.keep(r.code), arena_.keep(r.reason), arena_.keep(r.row)};
        });
    return result;
}

bool PushRun::repeat_former(const Transaction& transaction) {
    const auto decided = former_.find(transaction);
    if (decided.empty()) return false;
    std::vector<std::optional<Rejection>> found;
    for (std::size_t i = 0; i < decided.size(); ++i) {
        const Sequence sequence = transaction.mutations[i].sequence;
        found.push_back(decided[i] ? rejection_of(*decided[i], sequence) : std::nullopt);
    }
    const bool rejected =
        std::any_of(found.begin(), found.end(), [](const auto& one) { return one.has_value(); });
    if (!rejected) return true;
    // All of a rejected transaction is rejected; what is forgotten of it is said anew.
    for (std::size_t i = 0; i < found.size(); ++i) {
        const Rejection anew{
            transaction.mutations[i].sequence, "transaction", "its transaction was rejected", {}};
        rejections_.push_back(found[i].value_or(anew));
    }
    return true;
}

void PushRun::run_transaction(const Transaction& transaction) {
    plan_.clear();
    if (!transaction.withdrawn.empty()) {
        return reject(transaction, 0,
                      {std::string(transaction.withdrawn), std::string(transaction.reason)});
    }
    if (bytes_of(transaction) > options_.limits.transaction_bytes_max) {
        return reject(
            transaction, 0,
            {"too_large", "the transaction is larger than " +
                              std::to_string(options_.limits.transaction_bytes_max) + " bytes"});
    }
    for (std::size_t i = 0; i < transaction.mutations.size(); ++i) {
        if (const auto refusal = apply(transaction.mutations[i])) {
            return reject(transaction, i, *refusal);
        }
    }
    if (!plan_.changes()) return;
    ++head_.value;
    head_moved_ = true;
    plan_.write(head_, tallies_);
}

std::optional<Refusal> PushRun::apply(const Mutation& mutation) {
    if (mutation.kind == MutationKind::named) return apply_named(mutation);
    const CatalogEntry* entry = nullptr;
    if (auto refusal = rules_.entity(mutation.entity, entry)) return refusal;
    switch (mutation.kind) {
        case MutationKind::create:
            return rules_.create(*entry, mutation.key, mutation.payload);
        case MutationKind::update:
            return rules_.update(*entry, mutation.key, mutation.payload, mutation.time,
                                 &mutation.base, head_);
        case MutationKind::remove:
            return rules_.remove(*entry, mutation.key, nullptr);
        case MutationKind::named:
            break;
    }
    return Refusal{"invalid", "a mutation of an unknown kind"};
}

std::optional<Refusal> PushRun::apply_named(const Mutation& mutation) {
    const MutatorSchema* declared = catalog_.schema().find_mutator(mutation.entity);
    const auto mutator = mutators_.find(mutation.entity);
    if (mutator == mutators_.end()) return rules_.no_mutator(mutation.entity);
    if (declared != nullptr) {
        if (const auto fault = verify_row(*declared->arguments, mutation.payload)) {
            return Refusal{"invalid", "the arguments of " + std::string(declared->name) +
                                          " are not valid: " + *fault};
        }
    }
    PlanContext context(rules_, request_.scope, request_.client, std::min(mutation.time, now_));
    try {
        mutator->second(context, mutation.payload);
    } catch (const Reject& rejected) {
        return refusal_of_mutator(rejected.word(), rejected.what());
    } catch (const RequestRefused&) {
        throw;
    } catch (const StorageError&) {
        throw;  // says nothing of the mutation: the client shall try again
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const NotFound& error) {
        return refusal_of_mutator("not_found", error.what());
    } catch (const InvalidArgument& error) {
        return refusal_of_mutator("invalid", error.what());
    } catch (const std::exception& error) {
        // It would fail again, and everything behind it would wait for ever.
        return refusal_of_mutator("mutator_failed", error.what());
    } catch (...) {
        return Refusal{"mutator_failed", "the mutator threw something that is no exception"};
    }
    return std::nullopt;
}

ByteView PushRun::row_before(const Mutation& mutation) {
    if (mutation.kind == MutationKind::named) return {};
    const CatalogEntry* entry = catalog_.find(mutation.entity);
    if (entry == nullptr) return {};
    StoredRow row;
    writer_.find(entry->number, mutation.key, row);
    if (row.live) verify_stored(*entry->schema, mutation.key, row.data);
    // Else a small push could ask for a thousand large rows.
    const bool given = row.live && row.data.size() <= options_.rejected_row_bytes_max;
    return given ? arena_.keep(row.data) : ByteView{};
}

void PushRun::reject(const Transaction& transaction, std::size_t culprit, const Refusal& refusal) {
    const Mutation& guilty = transaction.mutations[culprit];
    const std::string_view code = arena_.keep(std::string_view(refusal.code));
    const std::string_view reason = arena_.keep(std::string_view(refusal.reason));
    const std::string_view others = arena_.keep(std::string_view(
        "mutation " + number(guilty.sequence) + " of the same transaction was rejected"));
    for (const Mutation& mutation : transaction.mutations) {
        if (&mutation == &guilty) {
            rejections_.push_back({mutation.sequence, code, reason, row_before(mutation)});
        } else {
            rejections_.push_back({mutation.sequence, "transaction", others, {}});
        }
    }
}

void PushRun::save() {
    client_.last = receipts_.back().sequence;
    client_.last_id = receipts_.back().id;
    writer_.save_client(request_.client, client_);
    writer_.add_receipts(request_.client, receipts_);
    for (const auto& [origin, receipt] : origins_) {
        writer_.add_origin(request_.client, origin, receipt);
    }
    for (std::size_t i = rejections_repeated_; i < rejections_.size(); ++i) {
        writer_.add_rejection(request_.client, rejections_[i]);
    }
    if (client_.last.value > options_.receipts_kept) {
        const Sequence old{client_.last.value - options_.receipts_kept};
        writer_.forget_outcomes(request_.client, std::min(old, request_.confirmed));
    }
    if (!head_moved_) return;
    tallies_.save();
    writer_.save_head(head_);
    writer_.note_time(head_, now_);
}

}  // namespace syncline::server
