#include "sim/model.hpp"

#include <algorithm>

#include "support/test_schema.hpp"

namespace syncline::sim {
namespace {

namespace note = test::note;

std::shared_ptr<const RowState> row_state(Value value) {
    RowState state{std::move(value), {}, {}};
    state.bytes = encode(state.value);
    return std::make_shared<const RowState>(std::move(state));
}

}  // namespace

std::string to_string(const Key& key) {
    return key.entity + " " + key.id;
}

Meaning decode_mutation(const Scene& scene, MutationKind kind, std::string_view entity,
                        std::string_view id, ByteView payload) {
    Meaning meaning;
    meaning.kind = kind;
    meaning.key = {std::string(entity), std::string(id)};
    if (kind == MutationKind::create) meaning.row = decode_row(scene.entity(entity), payload);
    if (kind == MutationKind::update) meaning.changes = decode_patch(scene.entity(entity), payload);
    if (kind != MutationKind::named) return meaning;
    meaning.mutator = entity;
    const std::string arguments(as_text(payload));
    const std::size_t gap = arguments.find(' ');
    meaning.key = {"note", arguments.substr(0, gap)};
    if (gap != std::string::npos) meaning.second = {"note", arguments.substr(gap + 1)};
    return meaning;
}

Cursor Model::changed_by_others(const Key& key, ClientId client) const {
    Cursor last;
    const auto found = last_change_.find(key);
    if (found == last_change_.end()) return last;
    for (const auto& [who, cursor] : found->second) {
        if (who != client) last = std::max(last, cursor);
    }
    return last;
}

std::string Model::update(const Meaning& meaning, const Mutation& mutation, ClientId client,
                          WallTime now, Draft& draft) const {
    const auto found = draft.rows.find(meaning.key);
    if (found == draft.rows.end()) return "not_found";
    const EntitySchema& entity = scene_->entity(meaning.key.entity);
    if (entity.conflict == ConflictPolicy::reject && rows_.count(meaning.key) != 0) {
        const bool unseen = changed_by_others(meaning.key, client) > mutation.base;
        if (unseen || mutation.base > head_) return "conflict";
    }
    Value value = found->second->value;
    apply_changes(value, meaning.changes, std::min(mutation.time, now));
    found->second = row_state(std::move(value));
    return "";
}

std::string Model::run_named(const Meaning& meaning, const Mutation& mutation, ClientId client,
                             WallTime now, Draft& draft) const {
    if (meaning.mutator == "unheard") return "unknown_mutator";
    Meaning visit = meaning;
    const std::int64_t visits = meaning.mutator == "share" ? 1 : 10;
    visit.changes = {{note::kVisits, FieldChange::Op::add, visits}};
    if (meaning.mutator != "share") return update(visit, mutation, client, now, draft);
    if (meaning.key == meaning.second) return "alone";
    draft.touched.insert(meaning.second);
    if (auto code = update(visit, mutation, client, now, draft); !code.empty()) return code;
    visit.key = meaning.second;
    return update(visit, mutation, client, now, draft);
}

// The code of its rejection; empty: applied to the draft.
std::string Model::apply(const Mutation& mutation, ClientId client, WallTime now,
                         Draft& draft) const {
    Meaning meaning =
        decode_mutation(*scene_, mutation.kind, mutation.entity, mutation.key, mutation.payload);
    draft.touched.insert(meaning.key);
    const auto found = draft.rows.find(meaning.key);
    switch (meaning.kind) {
        case MutationKind::create:
            if (found != draft.rows.end()) return "already_exists";
            draft.rows[meaning.key] = row_state(stamped(std::move(meaning.row), now));
            return "";
        case MutationKind::remove:
            if (found != draft.rows.end()) draft.rows.erase(found);
            return "";
        case MutationKind::named:
            return run_named(meaning, mutation, client, now, draft);
        case MutationKind::update:
            break;
    }
    return update(meaning, mutation, client, now, draft);
}

void Model::commit(const Draft& draft, ClientId client) {
    ++head_.value;
    for (const Key& key : draft.touched) {
        const auto before = rows_.find(key);
        const auto after = draft.rows.find(key);
        const bool was = before != rows_.end();
        const bool is = after != draft.rows.end();
        if (was == is && (!is || before->second->bytes == after->second->bytes)) continue;
        if (!was) last_change_[key].clear();  // nobody changed this one before
        last_change_[key][client] = head_;
        if (is) {
            RowState state = *after->second;
            state.cursor = head_;
            rows_[key] = std::make_shared<const RowState>(std::move(state));
            tombstones_.erase(key);
        } else {
            rows_.erase(key);
            tombstones_[key] = head_;
        }
    }
    note_state();
}

ClientId Model::origin_of(const Transaction& transaction, ClientId client) {
    return transaction.origin ? transaction.origin : client;
}

void Model::run(Client& state, ClientId client, const Transaction& transaction, WallTime now) {
    Draft draft{rows_, {}};
    std::uint64_t bytes = 0;
    for (const Mutation& mutation : transaction.mutations) {
        bytes += mutation.payload.size() + mutation.key.size() + mutation.entity.size();
    }
    std::string code(transaction.withdrawn);
    if (code.empty() && bytes > scene_->transaction_bytes_max) code = "too_large";
    Sequence culprit = transaction.mutations.front().sequence;
    for (const Mutation& mutation : transaction.mutations) {
        if (!code.empty()) break;
        code = apply(mutation, client, now, draft);
        culprit = mutation.sequence;
    }
    const bool effect =
        code.empty() &&
        std::any_of(draft.touched.begin(), draft.touched.end(), [&](const Key& key) {
            const auto before = rows_.find(key);
            const auto after = draft.rows.find(key);
            if (before == rows_.end() || after == draft.rows.end()) {
                return (before == rows_.end()) != (after == draft.rows.end());
            }
            return before->second->bytes != after->second->bytes;
        });
    if (effect) commit(draft, client);
    for (const Mutation& mutation : transaction.mutations) {
        state.last = mutation.sequence;
        const bool guilty = mutation.sequence == culprit;
        const std::string own = code.empty() || guilty ? code : "transaction";
        state.known[mutation.sequence] = {mutation.id, own};
        decided_[{origin_of(transaction, client), mutation.id}] = own;
        Fate& fate = history_.fates[mutation.id];
        if (fate.applied || fate.rejected) {
            throw Violation("decided twice", std::string(fate.applied ? "applied" : "rejected") +
                                                 ", then " + (code.empty() ? "applied" : code) +
                                                 ": mutation " + std::to_string(mutation.id.value) +
                                                 " of " + std::string(mutation.entity) + " " +
                                                 std::string(mutation.key));
        }
        fate = {code.empty(), !code.empty(), effect, head_};
    }
}

// A copy of the database that made them has sent them before.
bool Model::repeat(Client& state, ClientId client, const Transaction& transaction) {
    const ClientId origin = origin_of(transaction, client);
    for (const Mutation& mutation : transaction.mutations) {
        const auto decided = decided_.find({origin, mutation.id});
        if (decided == decided_.end()) return false;
        state.known[mutation.sequence] = {mutation.id, decided->second};
    }
    state.last = transaction.mutations.back().sequence;
    return true;
}

Model::Result Model::push(const PushRequest& request, WallTime now) {
    Result result;
    Client& state = clients_[request.client];
    for (const Transaction& transaction : request.transactions) {
        const Sequence first = transaction.mutations.front().sequence;
        if (first > state.last && !repeat(state, request.client, transaction)) {
            run(state, request.client, transaction, now);
        }
        for (const Mutation& mutation : transaction.mutations) {
            const auto known = state.known.find(mutation.sequence);
            if (known == state.known.end() || known->second.id != mutation.id) return result;
            if (!known->second.rejected.empty()) {
                result.rejections.emplace_back(mutation.sequence, known->second.rejected);
            }
        }
        result.processed = transaction.mutations.back().sequence;
    }
    return result;
}

bool Model::is_forked(const PushRequest& request) const {
    const auto client = clients_.find(request.client);
    if (client == clients_.end()) return false;
    for (const Transaction& transaction : request.transactions) {
        for (const Mutation& mutation : transaction.mutations) {
            if (mutation.sequence > client->second.last) continue;
            const auto known = client->second.known.find(mutation.sequence);
            if (known == client->second.known.end() || known->second.id != mutation.id) return true;
        }
    }
    return false;
}

void Model::purge(Cursor below) {
    std::erase_if(tombstones_, [&](const auto& entry) {
        if (entry.second >= below) return false;
        last_change_.erase(entry.first);
        return true;
    });
}

Sequence Model::last(ClientId client) const {
    const auto found = clients_.find(client);
    return found != clients_.end() ? found->second.last : Sequence{};
}

void Model::begin_epoch() {
    history_.states.clear();
    note_state();
}

}  // namespace syncline::sim
