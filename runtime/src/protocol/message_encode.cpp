#include <limits>

#include "checksum.hpp"
#include "protocol_generated.h"
#include "syncline/base/error.hpp"
#include "syncline/protocol/messages.hpp"

namespace syncline {
namespace {

using flatbuffers::Offset;
using Builder = flatbuffers::FlatBufferBuilder;

template <class T>
using Offsets = std::vector<Offset<T>>;

// An offset of 0 leaves the field out.
Offset<flatbuffers::String> text(Builder& out, std::string_view value) {
    if (value.empty()) return {};
    return out.CreateString(value.data(), value.size());
}

Offset<flatbuffers::String> required_text(Builder& out, std::string_view value) {
    return out.CreateString(value.data(), value.size());
}

Offset<flatbuffers::Vector<std::uint8_t>> blob(Builder& out, ByteView value) {
    if (value.empty()) return {};
    return out.CreateVector(value.data(), value.size());
}

wire::Id128 wire_id(Id128 id) {
    return {id.high, id.low};
}

wire::Limits wire_limits(const Limits& limits) {
    return {limits.batch_mutations_max, limits.batch_bytes_max, limits.transaction_bytes_max};
}

Bytes finished(const Builder& out) {
    Bytes message;
    message.reserve(out.GetSize() + 7 + detail::kChecksumBytes);
    message.assign(out.GetBufferPointer(), out.GetBufferPointer() + out.GetSize());
    detail::append_checksum(message);
    return message;
}

/// A builder that is large enough for `payload` bytes in `parts` tables, so that it need not grow.
Builder builder_for(std::size_t payload, std::size_t parts) {
    constexpr std::size_t kFrame = 256;
    constexpr std::size_t kPart = 96;
    const std::size_t size = payload + parts * kPart + kFrame;
    if (size > kMessageBytesMax) {
        throw InvalidArgument("the message is too long (about " + std::to_string(size) +
                              " bytes): send it in parts");
    }
    return Builder(size);
}

/// The entity names of a page, each once.
class Names {
public:
    std::uint16_t index_of(std::string_view name) {
        if (last_ < names_.size() && names_[last_] == name) return number(last_);
        for (last_ = 0; last_ < names_.size(); ++last_) {
            if (names_[last_] == name) return number(last_);
        }
        if (names_.size() > std::numeric_limits<std::uint16_t>::max()) {
            throw InvalidArgument("a page has more entity names than the format can number");
        }
        names_.push_back(name);
        return number(last_);
    }

    Offset<flatbuffers::Vector<Offset<flatbuffers::String>>> write(Builder& out) const {
        if (names_.empty()) return {};
        Offsets<flatbuffers::String> offsets;
        for (const std::string_view name : names_) offsets.push_back(required_text(out, name));
        return out.CreateVector(offsets);
    }

private:
    static std::uint16_t number(std::size_t index) { return static_cast<std::uint16_t>(index); }

    std::vector<std::string_view> names_;
    std::size_t last_ = 0;
};

Offset<wire::Mutation> write(Builder& out, const Mutation& mutation) {
    const auto payload = blob(out, mutation.payload);
    const auto key = text(out, mutation.key);
    const auto entity = required_text(out, mutation.entity);
    return wire::CreateMutation(out, mutation.sequence.value, mutation.id.value,
                                static_cast<wire::MutationKind>(mutation.kind), entity, key,
                                payload, mutation.base.value,
                                mutation.time.time_since_epoch().count());
}

Offset<wire::Transaction> write(Builder& out, const Transaction& transaction) {
    Offsets<wire::Mutation> mutations;
    mutations.reserve(transaction.mutations.size());
    for (const Mutation& mutation : transaction.mutations) {
        mutations.push_back(write(out, mutation));
    }
    const auto all = out.CreateVector(mutations);
    const auto withdrawn = text(out, transaction.withdrawn);
    const auto reason = text(out, transaction.reason);
    const wire::Id128 origin = wire_id(transaction.origin);
    return wire::CreateTransaction(out, all, withdrawn, reason,
                                   transaction.origin ? &origin : nullptr);
}

Offset<flatbuffers::Vector<Offset<wire::Rejection>>> write(
    Builder& out, const std::vector<Rejection>& rejections) {
    if (rejections.empty()) return {};
    Offsets<wire::Rejection> offsets;
    for (const Rejection& rejection : rejections) {
        const auto code = required_text(out, rejection.code);
        const auto reason = text(out, rejection.reason);
        const auto row = blob(out, rejection.row);
        offsets.push_back(wire::CreateRejection(out, rejection.sequence.value, code, reason, row));
    }
    return out.CreateVector(offsets);
}

Offset<flatbuffers::Vector<Offset<wire::RowChange>>> write(Builder& out, Names& names,
                                                           const std::vector<RowChange>& rows) {
    if (rows.empty()) return {};
    Offsets<wire::RowChange> offsets;
    offsets.reserve(rows.size());
    for (const RowChange& row : rows) {
        // Data that is there but empty must not be taken for a deletion.
        const auto data = row.data ? out.CreateVector(row.data->data(), row.data->size())
                                   : Offset<flatbuffers::Vector<std::uint8_t>>{};
        const auto key = required_text(out, row.key);
        offsets.push_back(
            wire::CreateRowChange(out, names.index_of(row.entity), key, row.cursor.value, data));
    }
    return out.CreateVector(offsets);
}

Offset<flatbuffers::Vector<const wire::EntityHash*>> write(Builder& out, Names& names,
                                                           const std::vector<EntityHash>& hashes) {
    if (hashes.empty()) return {};
    std::vector<wire::EntityHash> wired;
    for (const EntityHash& entry : hashes) {
        wired.emplace_back(entry.hash.high, entry.hash.low, names.index_of(entry.entity));
    }
    return out.CreateVectorOfStructs(wired);
}

Offset<wire::Page> write(Builder& out, const Page& page) {
    Names names;
    const auto rows = write(out, names, page.rows);
    const auto hashes = write(out, names, page.hashes);
    const auto entities = names.write(out);
    const auto rejections = write(out, page.rejections);
    const auto continuation = blob(out, page.continuation);
    const auto scope = required_text(out, page.scope);
    const wire::Id128 epoch = wire_id(page.epoch);
    const wire::Limits limits = wire_limits(page.limits);
    return wire::CreatePage(out, scope, &epoch, page.snapshot, page.from.value, page.to.value,
                            page.more, continuation, page.rows_total, entities, rows,
                            page.applied.value, page.applied_id.value, rejections, hashes, &limits,
                            page.bytes_total, page.priority);
}

std::size_t size_of(const std::vector<Rejection>& rejections) {
    std::size_t size = 0;
    for (const Rejection& rejection : rejections) {
        size += rejection.code.size() + rejection.reason.size() + rejection.row.size();
    }
    return size;
}

std::size_t size_of(const Page& page) {
    std::size_t size = page.scope.size() + page.continuation.size() + size_of(page.rejections);
    for (const RowChange& row : page.rows)
        size += row.key.size() + (row.data ? row.data->size() : 0);
    return size;
}

std::size_t parts_of(const Page& page) {
    return page.rows.size() + page.hashes.size() + page.rejections.size() + 4;
}

}  // namespace

Bytes encode(const PushRequest& message) {
    std::size_t size = message.scope.size();
    std::size_t parts = 4;
    for (const Transaction& transaction : message.transactions) {
        parts += transaction.mutations.size() + 1;
        size += transaction.withdrawn.size() + transaction.reason.size();
        for (const Mutation& mutation : transaction.mutations) {
            size += mutation.payload.size() + mutation.key.size() + mutation.entity.size();
        }
    }
    Builder out = builder_for(size, parts);
    Offsets<wire::Transaction> transactions;
    transactions.reserve(message.transactions.size());
    for (const Transaction& transaction : message.transactions) {
        transactions.push_back(write(out, transaction));
    }
    const auto vector = out.CreateVector(transactions);
    const auto scope = required_text(out, message.scope);
    const wire::Id128 client = wire_id(message.client);
    const wire::Id128 epoch = wire_id(message.epoch);
    out.Finish(wire::CreatePushRequest(out, scope, &client, message.schema, message.confirmed.value,
                                       vector, message.pull, &epoch, message.cursor.value));
    return finished(out);
}

Bytes encode(const PushResponse& message) {
    const std::size_t page_size = message.page ? size_of(*message.page) : 0;
    const std::size_t page_parts = message.page ? parts_of(*message.page) : 0;
    Builder out = builder_for(size_of(message.rejections) + page_size,
                              message.rejections.size() + page_parts);
    const auto page = message.page ? write(out, *message.page) : Offset<wire::Page>{};
    const auto rejections = write(out, message.rejections);
    const wire::Id128 epoch = wire_id(message.epoch);
    out.Finish(wire::CreatePushResponse(out, &epoch, message.processed.value, rejections, page));
    return finished(out);
}

Bytes encode(const PullRequest& message) {
    Builder out = builder_for(message.scope.size() + message.continuation.size(), 1);
    const auto scope = required_text(out, message.scope);
    const auto continuation = blob(out, message.continuation);
    const wire::Id128 client = wire_id(message.client);
    const wire::Id128 epoch = wire_id(message.epoch);
    out.Finish(wire::CreatePullRequest(out, scope, &client, message.schema, &epoch,
                                       message.cursor.value, message.snapshot, continuation,
                                       message.confirmed.value, message.bytes_max));
    return finished(out);
}

Bytes encode(const Page& message) {
    Builder out = builder_for(size_of(message), parts_of(message));
    out.Finish(write(out, message));
    return finished(out);
}

Bytes encode(const ErrorResponse& message) {
    Builder out = builder_for(message.message.size(), 1);
    const auto said = text(out, message.message);
    const wire::Limits limits = wire_limits(message.limits);
    const auto retry_after = static_cast<std::uint64_t>(message.retry_after.count());
    out.Finish(wire::CreateErrorResponse(out, static_cast<wire::RequestError>(message.error), said,
                                         retry_after, &limits));
    return finished(out);
}

}  // namespace syncline
