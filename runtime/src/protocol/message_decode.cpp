#include <algorithm>
#include <cstring>

#include "checksum.hpp"
#include "protocol_generated.h"
#include "syncline/base/error.hpp"
#include "syncline/protocol/messages.hpp"

namespace syncline {
namespace {

[[noreturn]] void refuse(const char* kind, const char* why) {
    throw ProtocolError(std::string("not a valid ") + kind + ": " + why);
}

/// What a message may point to: its own bytes, each once. Without this bound a small message could
/// name the same large row a million times.
class Budget {
public:
    Budget(const char* kind, ByteView body) : kind_(kind), left_(body.size()) {}

    ByteView bytes(const flatbuffers::Vector<std::uint8_t>* vector) {
        if (vector == nullptr) return {};
        take(vector->size());
        return {vector->data(), vector->size()};
    }

    std::string_view text(const flatbuffers::String* string) {
        if (string == nullptr) return {};
        take(string->size());
        return {string->c_str(), string->size()};
    }

    [[noreturn]] void refuse(const char* why) const { syncline::refuse(kind_, why); }

private:
    void take(std::size_t size) {
        if (size > left_) refuse("its parts share bytes");
        left_ -= size;
    }

    const char* kind_;
    std::size_t left_;
};

template <class Message>
const Message& root(const char* kind, ByteView body) {
    if (body.size() > kMessageBytesMax) refuse(kind, "it is too long");
    if (!detail::has_checksum(body)) {
        throw DamagedMessage(std::string("not a valid ") + kind +
                             ": its checksum does not match, so it was cut or changed on its way");
    }
    body = body.first(body.size() - detail::kChecksumBytes);
    if (reinterpret_cast<std::uintptr_t>(body.data()) % 8 != 0) refuse(kind, "it is not aligned");
    flatbuffers::Verifier::Options options;
    options.max_depth = 16;
    // No table of ours takes less; more visits than that mean that tables are shared.
    constexpr std::size_t kTableBytesMin = 12;
    options.max_tables = static_cast<flatbuffers::uoffset_t>(body.size() / kTableBytesMin + 1);
    flatbuffers::Verifier verifier(body.data(), body.size(), options);
    if (!verifier.VerifyBuffer<Message>(nullptr)) refuse(kind, "its bytes do not hold together");
    return *flatbuffers::GetRoot<Message>(body.data());
}

template <class Id>
Id id_of(const wire::Id128* id) {
    Id result;
    if (id == nullptr) return result;
    result.high = id->high();
    result.low = id->low();
    return result;
}

Limits limits_of(const wire::Limits* limits) {
    if (limits == nullptr) return {};
    return {limits->batch_mutations_max(), limits->batch_bytes_max(),
            limits->transaction_bytes_max()};
}

Mutation mutation_of(Budget& budget, const wire::Mutation& wired) {
    if (wired.kind() > wire::MutationKind::MAX) budget.refuse("a mutation is of an unknown kind");
    Mutation mutation;
    mutation.sequence = {wired.sequence()};
    mutation.id = {wired.id()};
    mutation.kind = static_cast<MutationKind>(wired.kind());
    mutation.entity = budget.text(wired.entity());
    mutation.key = budget.text(wired.key());
    mutation.payload = budget.bytes(wired.payload());
    mutation.base = {wired.base()};
    mutation.time = WallTime(std::chrono::microseconds(wired.time()));
    if (mutation.entity.empty()) budget.refuse("a mutation names no entity");
    return mutation;
}

Transaction transaction_of(Budget& budget, const wire::Transaction& wired, Sequence& last) {
    if (wired.mutations()->size() == 0) budget.refuse("a transaction is empty");
    Transaction transaction;
    transaction.mutations.reserve(wired.mutations()->size());
    for (const wire::Mutation* entry : *wired.mutations()) {
        transaction.mutations.push_back(mutation_of(budget, *entry));
        const Sequence sequence = transaction.mutations.back().sequence;
        if (sequence <= last) budget.refuse("the sequences do not ascend from 1");
        last = sequence;
    }
    transaction.withdrawn = budget.text(wired.withdrawn());
    transaction.reason = budget.text(wired.reason());
    transaction.origin = id_of<ClientId>(wired.origin());
    return transaction;
}

std::vector<Rejection> rejections_of(
    Budget& budget, const flatbuffers::Vector<flatbuffers::Offset<wire::Rejection>>* wired) {
    std::vector<Rejection> rejections;
    if (wired == nullptr) return rejections;
    rejections.reserve(wired->size());
    for (const wire::Rejection* entry : *wired) {
        Rejection& rejection = rejections.emplace_back();
        rejection.sequence = {entry->sequence()};
        rejection.code = budget.text(entry->code());
        rejection.reason = budget.text(entry->reason());
        rejection.row = budget.bytes(entry->row());
    }
    return rejections;
}

/// The entity names of a page; rows refer to them by number.
class Names {
public:
    Names(Budget& budget, const wire::Page& wired) : budget_(budget) {
        if (wired.entities() == nullptr) return;
        names_.reserve(wired.entities()->size());
        for (const flatbuffers::String* name : *wired.entities()) {
            names_.push_back(budget.text(name));
            if (names_.back().empty()) budget.refuse("an entity has no name");
        }
    }

    std::string_view at(std::uint16_t index) const {
        if (index >= names_.size()) budget_.refuse("a row is of an entity that it does not name");
        return names_[index];
    }

private:
    Budget& budget_;
    std::vector<std::string_view> names_;
};

void read_rows(Budget& budget, const Names& names, const wire::Page& wired, Page& page) {
    if (wired.rows() == nullptr) return;
    page.rows.reserve(wired.rows()->size());
    for (const wire::RowChange* entry : *wired.rows()) {
        RowChange& row = page.rows.emplace_back();
        row.entity = names.at(entry->entity());
        row.key = budget.text(entry->key());
        row.cursor = {entry->cursor()};
        if (entry->data() != nullptr) row.data = budget.bytes(entry->data());
        if (row.key.empty()) budget.refuse("a row has no key");
    }
}

void read_hashes(const Names& names, const wire::Page& wired, Page& page) {
    if (wired.hashes() == nullptr) return;
    page.hashes.reserve(wired.hashes()->size());
    for (flatbuffers::uoffset_t i = 0; i < wired.hashes()->size(); ++i) {
        // The verifier lets the elements of a vector of structs lie at any address.
        wire::EntityHash entry;
        std::memcpy(&entry, wired.hashes()->Data() + i * sizeof entry, sizeof entry);
        page.hashes.push_back({names.at(entry.entity()), {entry.high(), entry.low()}});
    }
}

Page page_of(Budget& budget, const wire::Page& wired) {
    Page page;
    page.scope = budget.text(wired.scope());
    page.epoch = id_of<Epoch>(wired.epoch());
    page.snapshot = wired.snapshot();
    page.from = {wired.from()};
    page.to = {wired.to()};
    page.more = wired.more();
    page.continuation = budget.bytes(wired.continuation());
    page.rows_total = wired.rows_total();
    page.bytes_total = wired.bytes_total();
    page.priority = wired.priority();
    page.applied = {wired.applied()};
    page.applied_id = {wired.applied_id()};
    page.rejections = rejections_of(budget, wired.rejections());
    page.limits = limits_of(wired.limits());
    const Names names(budget, wired);
    read_rows(budget, names, wired, page);
    read_hashes(names, wired, page);
    if (page.more && page.continuation.empty())
        budget.refuse("more is to come, but not from where");
    return page;
}

}  // namespace

PushRequest decode_push_request(ByteView body) {
    constexpr const char* kKind = "push request";
    const auto& wired = root<wire::PushRequest>(kKind, body);
    Budget budget(kKind, body);
    PushRequest message;
    message.scope = budget.text(wired.scope());
    message.client = id_of<ClientId>(wired.client());
    message.schema = wired.schema();
    message.confirmed = {wired.confirmed()};
    message.pull = wired.pull();
    message.epoch = id_of<Epoch>(wired.epoch());
    message.cursor = {wired.cursor()};
    message.transactions.reserve(wired.transactions()->size());
    Sequence last;
    for (const wire::Transaction* entry : *wired.transactions()) {
        message.transactions.push_back(transaction_of(budget, *entry, last));
    }
    return message;
}

PushResponse decode_push_response(ByteView body) {
    constexpr const char* kKind = "push response";
    const auto& wired = root<wire::PushResponse>(kKind, body);
    Budget budget(kKind, body);
    PushResponse message;
    message.epoch = id_of<Epoch>(wired.epoch());
    message.processed = {wired.processed()};
    message.rejections = rejections_of(budget, wired.rejections());
    if (wired.page() != nullptr) message.page = page_of(budget, *wired.page());
    return message;
}

PullRequest decode_pull_request(ByteView body) {
    constexpr const char* kKind = "pull request";
    const auto& wired = root<wire::PullRequest>(kKind, body);
    Budget budget(kKind, body);
    PullRequest message;
    message.scope = budget.text(wired.scope());
    message.client = id_of<ClientId>(wired.client());
    message.schema = wired.schema();
    message.epoch = id_of<Epoch>(wired.epoch());
    message.cursor = {wired.cursor()};
    message.snapshot = wired.snapshot();
    message.continuation = budget.bytes(wired.continuation());
    message.confirmed = {wired.confirmed()};
    message.bytes_max = wired.bytes_max();
    return message;
}

Page decode_page(ByteView body) {
    constexpr const char* kKind = "page";
    const auto& wired = root<wire::Page>(kKind, body);
    Budget budget(kKind, body);
    return page_of(budget, wired);
}

ErrorResponse decode_error(ByteView body) {
    constexpr const char* kKind = "error response";
    const auto& wired = root<wire::ErrorResponse>(kKind, body);
    if (wired.error() > wire::RequestError::MAX) refuse(kKind, "the error is not known");
    Budget budget(kKind, body);
    ErrorResponse message;
    message.error = static_cast<RequestError>(wired.error());
    message.message = budget.text(wired.message());
    constexpr std::uint64_t kLongestWait = std::uint64_t{365} * 24 * 3600 * 1000;
    message.retry_after = std::chrono::milliseconds(std::min(wired.retry_after_ms(), kLongestWait));
    message.limits = limits_of(wired.limits());
    return message;
}

}  // namespace syncline
