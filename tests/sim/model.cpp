#include "sim/model.hpp"

#include <algorithm>
#include <limits>

#include "support/test_schema.hpp"
#include "syncline/protocol/patch.hpp"
#include "syncline/protocol/row.hpp"

namespace syncline::sim {
namespace {

namespace note = test::note;
namespace folder = test::folder;

std::int64_t micros(WallTime time) {
    return time.time_since_epoch().count();
}

std::set<std::string> tags_in(RowView row) {
    std::set<std::string> tags;
    for (std::size_t i = 0; i < row.vector_size(note::kTags); ++i) {
        tags.emplace(row.string_element(note::kTags, i));
    }
    return tags;
}

std::int64_t clamped_sum(std::int64_t a, std::int64_t b) {
    return std::clamp<std::int64_t>(a + b, std::numeric_limits<std::int32_t>::min(),
                                    std::numeric_limits<std::int32_t>::max());
}

bool is_text(std::uint16_t field) {
    return field == note::kTitle || field == note::kParent;
}

// The value of a field that is no text; nothing: it is absent.
std::optional<std::int64_t> number_in(RowView row, std::uint16_t field) {
    if (!row.has(field)) return std::nullopt;
    switch (field) {
        case note::kDone:
            return row.scalar<bool>(field, false) ? 1 : 0;
        case note::kPriority:
            return row.scalar<std::int8_t>(field, 0);
        case note::kVisits:
        case note::kBest:
            return row.scalar<std::int32_t>(field, 0);
        default:
            return row.scalar<std::int64_t>(field, 0);
    }
}

void change_tags(std::set<std::string>& tags, const FieldChange& change) {
    if (change.op == FieldChange::Op::insert) tags.insert(change.text);
    if (change.op == FieldChange::Op::erase) tags.erase(change.text);
}

void change_note(NoteValue& value, const FieldChange& change) {
    const std::int64_t number = change.number.value_or(0);
    switch (change.field) {
        case note::kTitle:
            value.title = change.text;
            return;
        case note::kParent:
            value.parent = change.text;
            return;
        case note::kDone:
            value.done = number != 0;
            return;
        case note::kPriority:
            value.priority = number;
            return;
        case note::kDue:
            value.due = change.number;
            return;
        case note::kBest:
            value.best = std::max(value.best, number);
            return;
        case note::kVisits:
            value.visits =
                change.op == FieldChange::Op::add ? clamped_sum(value.visits, number) : number;
            return;
        case note::kTags:
            return change_tags(value.tags, change);
        default:
            throw Violation("model", "a change of a field that nobody changes");
    }
}

void decode_change(PatchEntry entry, RowView set, RowView unset,
                   std::vector<FieldChange>& changes) {
    FieldChange change;
    change.field = entry.field;
    change.op = static_cast<FieldChange::Op>(entry.op);
    const RowView values = entry.op == PatchOp::erase ? unset : set;
    if (entry.field == note::kTags) {
        for (const std::string& tag : tags_in(values)) {
            change.text = tag;
            changes.push_back(change);
        }
        return;
    }
    if (is_text(entry.field)) {
        change.text = std::string(values.string(entry.field));
    } else {
        change.number = number_in(values, entry.field);
    }
    changes.push_back(change);
}

// In a patch of a folder the one field is a text.
std::vector<FieldChange> decode_patch(std::string_view entity, ByteView patch) {
    std::vector<FieldChange> changes;
    const RowView set = patch_set(patch);
    const RowView unset = patch_unset(patch);
    for (const PatchEntry entry : patch_entries(patch)) {
        if (entity == "note") {
            decode_change(entry, set, unset, changes);
        } else {
            FieldChange change;
            change.field = entry.field;
            change.text = std::string(set.string(entry.field));
            changes.push_back(change);
        }
    }
    // What is erased from a set is erased before something is inserted.
    std::stable_partition(changes.begin(), changes.end(), [](const FieldChange& change) {
        return change.op == FieldChange::Op::erase;
    });
    return changes;
}

std::shared_ptr<const RowState> row_state(const Key& key, Value value) {
    RowState state{std::move(value), {}, {}};
    state.bytes = encode(key, state.value);
    return std::make_shared<const RowState>(std::move(state));
}

}  // namespace

std::string to_string(const Key& key) {
    return key.entity + " " + key.id;
}

std::string encode(const Key& key, const Value& value) {
    Bytes row;
    if (const auto* of_folder = std::get_if<FolderValue>(&value)) {
        row = test::folder_row(key.id, of_folder->name);
    } else {
        const auto& v = std::get<NoteValue>(value);
        test::Note out;
        out.id = key.id;
        out.title = v.title;
        out.done = v.done;
        out.priority = static_cast<std::int8_t>(v.priority);
        out.tags.assign(v.tags.begin(), v.tags.end());
        out.visits = static_cast<std::int32_t>(v.visits);
        out.best = static_cast<std::int32_t>(v.best);
        out.due = v.due;
        out.created_at = v.created_at;
        out.updated_at = v.updated_at;
        out.parent = v.parent;
        row = test::note_row(out);
    }
    return std::string(as_text(row));
}

Value decode_row(std::string_view entity, ByteView bytes) {
    const RowView row(bytes);
    if (entity == "folder") return FolderValue{std::string(row.string(folder::kName))};
    NoteValue value;
    value.title = std::string(row.string(note::kTitle));
    value.done = row.scalar<bool>(note::kDone, false);
    value.priority = row.scalar<std::int8_t>(note::kPriority, 0);
    value.tags = tags_in(row);
    value.visits = row.scalar<std::int32_t>(note::kVisits, 0);
    value.best = row.scalar<std::int32_t>(note::kBest, 0);
    value.due = number_in(row, note::kDue);
    value.created_at = row.scalar<std::int64_t>(note::kCreatedAt, 0);
    value.updated_at = row.scalar<std::int64_t>(note::kUpdatedAt, 0);
    if (row.has(note::kParent)) value.parent = std::string(row.string(note::kParent));
    return value;
}

Meaning decode_mutation(MutationKind kind, std::string_view entity, std::string_view id,
                        ByteView payload) {
    Meaning meaning;
    meaning.kind = kind;
    meaning.key = {std::string(entity), std::string(id)};
    if (kind == MutationKind::create) meaning.row = decode_row(entity, payload);
    if (kind == MutationKind::update) meaning.changes = decode_patch(entity, payload);
    if (kind != MutationKind::named) return meaning;
    meaning.mutator = entity;
    const std::string arguments(as_text(payload));
    const std::size_t gap = arguments.find(' ');
    meaning.key = {"note", arguments.substr(0, gap)};
    if (gap != std::string::npos) meaning.second = {"note", arguments.substr(gap + 1)};
    return meaning;
}

void apply_changes(Value& value, const std::vector<FieldChange>& changes, WallTime time) {
    if (auto* of_folder = std::get_if<FolderValue>(&value)) {
        for (const FieldChange& change : changes) of_folder->name = change.text;
        return;
    }
    auto& of_note = std::get<NoteValue>(value);
    for (const FieldChange& change : changes) change_note(of_note, change);
    of_note.updated_at = std::max(of_note.updated_at, micros(time));
}

Value stamped(Value value, WallTime now) {
    if (auto* of_note = std::get_if<NoteValue>(&value)) {
        for (std::int64_t* stamp : {&of_note->created_at, &of_note->updated_at}) {
            if (*stamp == 0 || *stamp > micros(now)) *stamp = micros(now);
        }
    }
    return value;
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
    if (meaning.key.entity == "folder" && rows_.count(meaning.key) != 0) {
        const bool unseen = changed_by_others(meaning.key, client) > mutation.base;
        if (unseen || mutation.base > head_) return "conflict";
    }
    Value value = found->second->value;
    apply_changes(value, meaning.changes, std::min(mutation.time, now));
    found->second = row_state(meaning.key, std::move(value));
    return "";
}

std::string Model::run_named(const Meaning& meaning, const Mutation& mutation, ClientId client,
                             WallTime now, Draft& draft) const {
    if (meaning.mutator == "unheard") return "unknown_mutator";
    Meaning visit = meaning;
    const std::int64_t visits = meaning.mutator == "share" ? 1 : 10;
    visit.changes = {{note::kVisits, FieldChange::Op::add, "", visits}};
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
        decode_mutation(mutation.kind, mutation.entity, mutation.key, mutation.payload);
    draft.touched.insert(meaning.key);
    const auto found = draft.rows.find(meaning.key);
    switch (meaning.kind) {
        case MutationKind::create:
            if (found != draft.rows.end()) return "already_exists";
            draft.rows[meaning.key] = row_state(meaning.key, stamped(std::move(meaning.row), now));
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
    if (code.empty() && bytes > transaction_bytes_max_) code = "too_large";
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
