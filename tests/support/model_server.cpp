#include "model_server.hpp"

#include <algorithm>

#include "syncline/protocol/patch.hpp"
#include "syncline/protocol/row.hpp"
#include "test_schema.hpp"

namespace syncline::test {

bool ModelServer::can_apply(const Mutation& mutation, const std::map<Key, Row>& rows) const {
    const bool named = mutation.kind == MutationKind::named;
    const Key key =
        named ? Key("note", as_text(mutation.payload)) : Key(mutation.entity, mutation.key);
    if (forbidden_ids.count(key.second) != 0) return false;
    const auto found = rows.find(key);
    const bool there = found != rows.end() && found->second.data.has_value();
    return there == (mutation.kind != MutationKind::create);
}

void ModelServer::apply(const Mutation& mutation, std::map<Key, Row>& rows, Cursor cursor) {
    if (mutation.kind == MutationKind::named) {
        Row& row = rows[{"note", std::string(as_text(mutation.payload))}];
        touch(row, cursor);
        row.data =
            apply_patch(*schema_.find("note"), RowView(*row.data), add_visits(10), mutation.time);
        return;
    }
    Row& row = rows[{std::string(mutation.entity), std::string(mutation.key)}];
    touch(row, cursor);
    if (mutation.kind == MutationKind::create) row.data = to_bytes(mutation.payload);
    if (mutation.kind == MutationKind::remove) row.data.reset();
    if (mutation.kind == MutationKind::update) {
        const EntitySchema* entity = schema_.find(mutation.entity);
        row.data = apply_patch(*entity, RowView(*row.data), mutation.payload, mutation.time);
    }
}

bool ModelServer::repeat(Client& client, ClientId origin, const Transaction& transaction) {
    for (const Mutation& mutation : transaction.mutations) {
        const auto decided = decided_.find({origin, mutation.id});
        if (decided == decided_.end()) return false;
        client.outcomes[mutation.sequence] = decided->second;
        client.applied = mutation.sequence;
        client.applied_id = mutation.id;
    }
    return true;
}

void ModelServer::apply_transaction(Client& client, ClientId origin,
                                    const Transaction& transaction) {
    std::map<Key, Row> rows = rows_;
    const Cursor cursor{head_.value + 1};
    bool good = transaction.withdrawn.empty();
    for (const Mutation& mutation : transaction.mutations) {
        good = good && can_apply(mutation, rows);
        if (good) apply(mutation, rows, cursor);
    }
    if (good) {
        rows_ = std::move(rows);
        head_ = cursor;
    }
    for (const Mutation& mutation : transaction.mutations) {
        client.applied = mutation.sequence;
        client.applied_id = mutation.id;
        Outcome outcome{mutation.id, !good, row(mutation.entity, mutation.key),
                        std::string(transaction.withdrawn)};
        client.outcomes[mutation.sequence] = outcome;
        decided_[{origin, mutation.id}] = outcome;
        ++(good ? times_applied_ : times_rejected_)[mutation.id];
    }
}

Owned<PushResponse> ModelServer::push(const PushRequest& request) {
    Owned<PushResponse> answer;
    answer.message.epoch = epoch_;
    Client& client = clients_[request.client];
    for (const Transaction& transaction : request.transactions) {
        const ClientId origin = transaction.origin ? transaction.origin : request.client;
        const bool fresh = transaction.mutations.front().sequence > client.applied;
        if (fresh && !repeat(client, origin, transaction)) {
            apply_transaction(client, origin, transaction);
        }
        for (const Mutation& mutation : transaction.mutations) {
            answer.message.processed = mutation.sequence;
            const Outcome& outcome = client.outcomes.at(mutation.sequence);
            if (!outcome.rejected) continue;
            Rejection rejection;
            rejection.sequence = mutation.sequence;
            rejection.code =
                outcome.withdrawn.empty() ? "not_allowed" : answer.keep(outcome.withdrawn);
            rejection.reason = "the model does not allow it";
            if (outcome.row) rejection.row = answer.keep(*outcome.row);
            answer.message.rejections.push_back(rejection);
        }
    }
    return answer;
}

void ModelServer::add_row(Owned<Page>& page, const Key& key, const Row& row) const {
    RowChange change;
    change.entity = page.keep(key.first);
    change.key = page.keep(key.second);
    change.cursor = row.cursor;
    if (row.data) change.data = page.keep(*row.data);
    page.message.rows.push_back(change);
}

void ModelServer::finish(Owned<Page>& page, ClientId client, Sequence confirmed) {
    const Client& state = clients_[client];
    page.message.applied = state.applied;
    page.message.applied_id = state.applied_id;
    for (const auto& [sequence, outcome] : state.outcomes) {
        if (!outcome.rejected || sequence <= confirmed) continue;
        Rejection rejection;
        rejection.sequence = sequence;
        rejection.code = "not_allowed";
        rejection.reason = "the model does not allow it";
        if (outcome.row) rejection.row = page.keep(*outcome.row);
        page.message.rejections.push_back(rejection);
    }
    std::map<std::string, SetHash> hashes;
    for (const auto& [key, row] : rows_) {
        if (row.data) hashes[key.first].add(key.second, *row.data);
    }
    for (const auto& [entity, hash] : hashes) {
        page.message.hashes.push_back({page.keep(entity), hash});
    }
}

Owned<Page> ModelServer::changes(Cursor from, ClientId client, Sequence confirmed) {
    PullRequest request;
    request.client = client;
    request.cursor = from;
    request.confirmed = confirmed;
    return pull(request, rows_.size() + 1);
}

Owned<Page> ModelServer::pull(const PullRequest& request, std::size_t rows_max) {
    // A continuation is the change after which the pages go on, as decimal digits.
    std::uint64_t after = 0;
    if (!request.continuation.empty())
        after = std::stoull(std::string(as_text(request.continuation)));
    std::map<std::uint64_t, const std::pair<const Key, Row>*> order;
    for (const auto& entry : rows_) {
        const bool wanted = request.snapshot || entry.second.cursor > request.cursor;
        const bool told = request.snapshot && after == 0 && !entry.second.data;
        if (wanted && !told && entry.second.made > after) order[entry.second.made] = &entry;
    }
    Owned<Page> page;
    page.message.scope = page.keep(scope_);
    page.message.epoch = epoch_;
    page.message.snapshot = request.snapshot;
    page.message.from = request.snapshot ? Cursor{} : request.cursor;
    page.message.to = head_;
    page.message.rows_total = rows_.size();
    for (const auto& [made, entry] : order) {
        if (page.message.rows.size() == rows_max) {
            page.message.more = true;
            page.message.continuation = page.keep(to_bytes(as_bytes(std::to_string(after))));
            return page;
        }
        add_row(page, entry->first, entry->second);
        after = made;
    }
    finish(page, request.client, request.confirmed);
    return page;
}

void ModelServer::put(std::string_view entity, std::string_view id, Bytes data) {
    Row& row = rows_[{std::string(entity), std::string(id)}];
    row.data = std::move(data);
    ++head_.value;
    touch(row, head_);
}

void ModelServer::remove(std::string_view entity, std::string_view id) {
    Row& row = rows_[{std::string(entity), std::string(id)}];
    row.data.reset();
    ++head_.value;
    touch(row, head_);
}

void ModelServer::begin_epoch(bool keep_rows) {
    ++epoch_.low;
    clients_.clear();
    decided_.clear();
    if (keep_rows) return;
    rows_.clear();
    head_ = Cursor{};
}

std::optional<Bytes> ModelServer::row(std::string_view entity, std::string_view id) const {
    const auto found = rows_.find({std::string(entity), std::string(id)});
    return found != rows_.end() ? found->second.data : std::nullopt;
}

std::uint64_t ModelServer::times_applied(MutationId id) const {
    const auto found = times_applied_.find(id);
    return found != times_applied_.end() ? found->second : 0;
}

std::uint64_t ModelServer::times_rejected(MutationId id) const {
    const auto found = times_rejected_.find(id);
    return found != times_rejected_.end() ? found->second : 0;
}

Sequence ModelServer::applied(ClientId client) const {
    const auto found = clients_.find(client);
    return found != clients_.end() ? found->second.applied : Sequence{};
}

}  // namespace syncline::test
