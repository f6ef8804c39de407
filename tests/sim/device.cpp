#include "sim/device.hpp"

#include <algorithm>

#include "support/test_schema.hpp"
#include "syncline/base/error.hpp"
#include "syncline/store/columns.hpp"
#include "syncline/store/scope_state.hpp"

namespace syncline::sim {
namespace {

constexpr std::string_view kFile = "client.db";
constexpr std::uint64_t kNotes = 7;
constexpr std::uint64_t kFolders = 2;

const EntitySchema& schema_of(const Key& key) {
    return key.entity == "folder" ? test::kFolder : test::kNote;
}

std::string some(Dice& dice, const char* what, std::uint64_t of) {
    return what + std::to_string(dice.below(of));
}

Key some_key(Dice& dice) {
    if (dice.below(5) == 0) return {"folder", some(dice, "f", kFolders)};
    return {"note", some(dice, "n", kNotes)};
}

Bytes patch_due(std::optional<std::int64_t> due) {
    PatchBuilder patch(test::kNote);
    RowBuilder& set = patch.assign(test::note::kDue);
    if (due) set.scalar(test::note::kDue, *due);
    return patch.finish();
}

Bytes some_patch(const Key& key, Dice& dice) {
    if (key.entity == "folder") return test::patch_folder_name(some(dice, "name ", 1000));
    const auto number = static_cast<std::int32_t>(dice.below(50));
    switch (dice.below(9)) {
        case 0:
            return test::patch_title(some(dice, "title ", 1000));
        case 1:
            return test::patch_done(number % 2 == 0);
        case 2:
            return test::patch_priority(static_cast<std::int8_t>(number));
        case 3:
            return test::patch_parent(some(dice, "f", kFolders));
        case 4:
            return test::patch_best(number);
        case 5:
            return test::add_visits(number - 10);
        case 6:
            return test::add_tag(some(dice, "t", 4));
        case 7:
            return test::remove_tag(some(dice, "t", 4));
        default:
            return patch_due(number < 10 ? std::nullopt : std::optional<std::int64_t>(number));
    }
}

Bytes some_row(const Key& key, Dice& dice, bool big) {
    const std::string text =
        big ? std::string(4500 + dice.below(3000), 'x') : some(dice, "new ", 1000);
    if (key.entity == "folder") return test::folder_row(key.id, text);
    return test::note_row(key.id, text);
}

// Makes `first` what the two patches do together.
void join(Made& first, const Made& second) {
    auto& changes = first.meaning.changes;
    changes.insert(changes.end(), second.meaning.changes.begin(), second.meaning.changes.end());
    first.time = std::max(first.time, second.time);
}

std::string describe_value(const Value& value) {
    if (const auto* of_folder = std::get_if<FolderValue>(&value)) return of_folder->name;
    const auto& v = std::get<NoteValue>(value);
    std::string text = "\"" + v.title.substr(0, 20) + "\" visits " + std::to_string(v.visits) +
                       " best " + std::to_string(v.best) + " done " + std::to_string(v.done) +
                       " priority " + std::to_string(v.priority) + " parent " + v.parent + " due " +
                       (v.due ? std::to_string(*v.due) : "none") + " made " +
                       std::to_string(v.created_at) + " changed " + std::to_string(v.updated_at);
    for (const std::string& tag : v.tags) text += " #" + tag;
    return text;
}

}  // namespace

/// The way from one device to the server, on which an answer may come from elsewhere.
class Device::Way final : public testing::ServerEndpoint {
public:
    Way(Device& device, Server& server) : device_(device), server_(server) {}

    TransportResponse handle(Endpoint endpoint, std::string_view token, ByteView body) override {
        if (endpoint == Endpoint::push) device_.check_sent(decode_push_request(body));
        if (device_.refusals.empty()) return server_.handle(endpoint, token, body);
        TransportResponse answer = std::move(device_.refusals.front());
        device_.refusals.pop_front();
        return answer;
    }
    std::unique_ptr<Subscription> subscribe(const LiveRequest& request, LiveSink sink,
                                            TransportResponse& refusal) override {
        return server_.subscribe(request, std::move(sink), refusal);
    }

private:
    Device& device_;
    Server& server_;
};

Device::Device(std::uint32_t number, Server& server, testing::ManualExecutor& executor,
               const testing::ManualClock& common, std::uint64_t seed)
    : number_(number),
      server_(server),
      executor_(executor),
      dice_(seed),
      clock(common),
      disk(dice_.next()),
      way(std::make_unique<Way>(*this, server)),
      memory(*way, executor),
      faults(memory, executor, common, {.seed = dice_.next()}) {
    durability = dice_.below(3) == 0 ? Durability::normal : Durability::full;
    live = dice_.below(4) != 0;
    server_.doorman.good[number_] = 0;
}

Device::~Device() {
    close();
}

// --- Life -------------------------------------------------------------------------------------

bool Device::open() {
    if (is_open()) return true;
    try {
        DatabaseOptions options = Replica::database_options(std::string(kFile), durability);
        options.vfs = disk.vfs();
        options.cache_bytes = 1 << 20;
        db = std::make_unique<Database>(std::move(options));
        replica = std::make_unique<Replica>(*db, test::kSchema, std::string(kScopeName), clock,
                                            Random(dice_.next()));
    } catch (const StorageError&) {
        replica.reset();
        db.reset();
        if (disk.stopped()) disk.restart();
        return false;
    }
    replica->set_mutator("bump", [](Replica& to, ByteView arguments) {
        const std::string_view id = as_text(arguments);
        if (to.exists(test::kNote, id)) to.update(test::kNote, id, test::add_visits(10));
    });
    SyncOptions options;
    options.live = live;
    SyncHooks hooks;
    hooks.token = [this] {
        if (fresh_token) return good_token();
        return std::to_string(number_) + " " + std::to_string(token);
    };
    hooks.on_status = [this](const SyncStatus& status) {
        if (status.phase != SyncPhase::auth_needed || !fresh_token) return;
        loop->post([this](SyncLoop& sync) { sync.set_token(good_token()); });
    };
    loop = std::make_unique<SyncLoop>(*replica, faults, executor_, clock, Random(dice_.next()),
                                      options, std::move(hooks));
    replica->set_queue_listener([this] { loop->post([](SyncLoop& sync) { sync.wake(); }); });
    loop->post([](SyncLoop& sync) { sync.start(); });
    paused = false;
    replaced_ = true;
    version_ = ~std::uint64_t{0};
    return true;
}

std::string Device::good_token() {
    token = server_.doorman.good[number_];
    return std::to_string(number_) + " " + std::to_string(token);
}

void Device::close() {
    loop.reset();
    replica.reset();
    db.reset();
    if (disk.stopped()) disk.restart();
}

void Device::copy_from(Device& other) {
    close();
    disk.load(other.disk.save());
    durability = other.durability;
    ledger = other.ledger;
    went_back = true;
    open();
}

// --- What people do -----------------------------------------------------------------------------

// A write that fails changes nothing, but it may have reached the file.
template <class Body>
void Device::attempt(Body body) {
    std::vector<Made> made;
    collecting_ = &made;
    try {
        body();
        collecting_ = nullptr;
        if (!made.empty()) ledger.uncertain.clear();
        for (Made& one : made) take_made(std::move(one));
    } catch (const StorageError&) {
        collecting_ = nullptr;
        std::vector<Made> failed;
        for (Made& one : made) {
            const bool joined = one.id.value != 0 && !failed.empty() && failed.back().id == one.id;
            if (joined) {
                join(failed.back(), one);
            } else {
                failed.push_back(std::move(one));
            }
        }
        if (!failed.empty()) ledger.uncertain.push_back(std::move(failed));
    }
}

// Another mutation, or a patch that was joined with the one before it.
void Device::take_made(Made made) {
    Made* one = ledger.queued.empty() ? nullptr : &ledger.queued.back();
    if (one != nullptr && one->id == made.id) {
        join(*one, made);
    } else {
        ledger.queued.push_back(std::move(made));
        one = &ledger.queued.back();
    }
    ledger.all[one->id] = *one;
}

void Device::note(Meaning meaning) {
    if (meaning.kind == MutationKind::create) {
        meaning.row = stamped(std::move(meaning.row), clock.wall_now());
    }
    collecting_->push_back({{}, {}, std::move(meaning), clock.wall_now()});
}

void Device::make(Dice& dice, bool big) {
    const Key key = some_key(dice);
    const EntitySchema& entity = schema_of(key);
    const bool there = replica->exists(entity, key.id);
    // Noted before it is tried: if it fails, it may have been done all the same.
    const auto tried = [&](MutationKind kind, const Bytes& payload, auto call) {
        note(decode_mutation(kind, key.entity, key.id, payload));
        collecting_->back().id = call().id;
    };
    if (!there) {
        const Bytes row = some_row(key, dice, big);
        return tried(MutationKind::create, row, [&] { return replica->create(entity, row); });
    }
    if (dice.below(6) == 0) {
        return tried(MutationKind::remove, {}, [&] { return *replica->remove(entity, key.id); });
    }
    const Bytes patch = some_patch(key, dice);
    tried(MutationKind::update, patch, [&] { return replica->update(entity, key.id, patch); });
}

void Device::write(Dice& dice) {
    attempt([&] { make(dice, false); });
}

void Device::huge(Dice& dice) {
    attempt([&] { make(dice, true); });
}

void Device::transaction(Dice& dice) {
    struct Stop {};
    try {
        attempt([&] {
            replica->transaction([&] {
                for (std::uint64_t i = 2 + dice.below(3); i > 0; --i) make(dice, false);
                if (dice.below(6) == 0) throw Stop{};
            });
        });
    } catch (const Stop&) {
        collecting_ = nullptr;
    }
}

void Device::named(Dice& dice) {
    attempt([&] {
        const Bytes id = to_bytes(as_bytes(some(dice, "n", kNotes)));
        note(decode_mutation(MutationKind::named, "bump", "", id));
        collecting_->back().id = replica->mutate("bump", id).id;
    });
}

void Device::retry(Dice& dice) {
    if (ledger.rejected.empty()) return;
    auto record = ledger.rejected.begin();
    std::advance(record, static_cast<std::ptrdiff_t>(dice.below(ledger.rejected.size())));
    const MutationId id = record->first;
    ledger.dismissals.insert(id);
    try {
        attempt([&] {
            note(record->second.meaning);
            collecting_->back().id = replica->retry_rejected(id).id;
        });
    } catch (const InvalidArgument&) {
        collecting_ = nullptr;
    } catch (const NotFound&) {
        collecting_ = nullptr;
        throw Violation("rejections", "a record is not found");
    }
}

void Device::discard(Dice& dice) {
    if (ledger.rejected.empty()) return;
    auto record = ledger.rejected.begin();
    std::advance(record, static_cast<std::ptrdiff_t>(dice.below(ledger.rejected.size())));
    ledger.dismissals.insert(record->first);
    attempt([&] { replica->discard_rejected(record->first); });
}

// --- What must hold
// -------------------------------------------------------------------------------

bool Device::changed() const {
    return is_open() && !disk.stopped() && db->version() != version_;
}

bool Device::settled() const {
    if (!is_open()) return false;
    const SyncState state = replica->sync_state();
    return state.pending == 0 && state.cursor == server_.model().head() &&
           state.epoch == server_.epoch() && !state.staging;
}

void Device::read_stored() {
    ReadTransaction tx = db->begin_read();
    Connection& connection = tx.connection();
    queue_.clear();
    rejected_.clear();
    rows_.clear();
    const auto scope = find_scope(connection, kScopeName);
    base_epoch_ = scope->epoch;
    base_cursor_ = scope->cursor;
    {
        StatementUse row(
            connection.prepare("SELECT sequence, id, entity, key,"
                               " coalesce(ticket, id) FROM queue ORDER BY sequence"));
        while (row->step()) {
            queue_.push_back({Sequence{row->unsigned_integer(0)},
                              MutationId{row->unsigned_integer(1)}, std::string(row->text(2)),
                              std::string(row->text(3)), MutationId{row->unsigned_integer(4)}});
        }
    }
    {
        StatementUse row(connection.prepare("SELECT id FROM rejected"));
        while (row->step()) rejected_.insert(MutationId{row->unsigned_integer(0)});
    }
    for (const EntitySchema& entity : test::kEntities) {
        static const std::string sql[] = {
            "SELECT id, cursor, pending, data, base FROM \"" + table_name("note") +
                "\" WHERE generation = (SELECT generation FROM scope)",
            "SELECT id, cursor, pending, data, base FROM \"" + table_name("folder") +
                "\" WHERE generation = (SELECT generation FROM scope)"};
        StatementUse row(connection.prepare(sql[entity.name == "folder" ? 1 : 0]));
        while (row->step()) {
            StoredRow stored;
            stored.cursor = Cursor{row->unsigned_integer(1)};
            stored.pending = row->integer(2) > 0;
            stored.in_view = !row->is_null(3);
            if (stored.in_view) stored.view = std::string(as_text(row->blob(3)));
            stored.has_base = stored.pending ? !row->is_null(4) : stored.in_view;
            if (stored.has_base) {
                stored.base = stored.pending ? std::string(as_text(row->blob(4))) : stored.view;
            }
            rows_[{std::string(entity.name), std::string(row->text(0))}] = std::move(stored);
        }
    }
}

void Device::check() {
    version_ = db->version();
    read_stored();
    state_ = replica->sync_state();
    if (went_back) relearn();
    check_queue();
    check_progress();
    check_rows();
    replaced_ = false;
}

// After a power failure without syncs, or on a copy: what is stored is what counts. What was made
// and is nowhere any more has been lost by the power failure.
void Device::relearn() {
    went_back = false;
    seen_epoch_ = {};
    seen_cursor_.reset();
    std::vector<Made> queued;
    std::set<MutationId> seen;
    for (const StoredEntry& entry : queue_) {
        const auto known = ledger.all.find(entry.id);
        if (known == ledger.all.end()) break;  // it may be of a write that failed
        queued.push_back(stored_meaning(known->second));
        seen.insert(entry.id);
        ledger.applied.erase(entry.id);
    }
    for (const Made& made : ledger.queued) {
        const bool gone = seen.count(made.id) == 0 && rejected_.count(made.id) == 0;
        if (gone) ledger.lost_power.insert(made.id);
    }
    for (const auto& [id, made] : ledger.rejected) {
        if (seen.count(id) == 0 && rejected_.count(id) == 0) ledger.lost_power.insert(id);
    }
    std::map<MutationId, Made> records;
    for (const MutationId id : rejected_) {
        const auto known = ledger.all.find(id);
        if (known == ledger.all.end()) throw Violation("rejections", "an unknown one is recorded");
        records[id] = known->second;
        ledger.dismissed.erase(id);
    }
    ledger.queued = std::move(queued);
    ledger.rejected = std::move(records);
}

// After a death the file may hold fewer of the patches that were joined, or one more.
Made Device::stored_meaning(Made made) {
    if (made.meaning.kind != MutationKind::update) return made;
    ReadTransaction tx = db->begin_read();
    StatementUse row(tx.connection().prepare(
        "SELECT payload, made_at FROM queue WHERE coalesce(ticket, id) = ?1"));
    if (!row->bind(1, made.id.value).step()) return made;
    const Key& key = made.meaning.key;
    made.meaning = decode_mutation(MutationKind::update, key.entity, key.id, row->blob(0));
    made.time = WallTime(std::chrono::microseconds(row->integer(1)));
    ledger.all[made.id] = made;
    return made;
}

// Of a transaction that failed all is there, or nothing.
void Device::adopt(std::size_t first) {
    const std::size_t extra = queue_.size() - first;
    const auto is_there = [&](const std::vector<Made>& candidate) {
        if (candidate.size() != extra) return false;
        for (std::size_t i = 0; i < extra; ++i) {
            const Meaning& meaning = candidate[i].meaning;
            const StoredEntry& entry = queue_[first + i];
            const bool named = meaning.kind == MutationKind::named;
            if (!named && Key{entry.entity, entry.key} != meaning.key) return false;
            if (named != (entry.entity == "bump")) return false;
        }
        return true;
    };
    auto found = std::find_if(ledger.uncertain.begin(), ledger.uncertain.end(), is_there);
    if (!replaced_ || found == ledger.uncertain.end()) {
        throw Violation("queue", "holds mutations that nobody made, or a part of a transaction");
    }
    for (std::size_t i = 0; i < extra; ++i) {
        Made made = std::move((*found)[i]);
        made.id = queue_[first + i].id;
        made.sent = queue_[first + i].sent;
        ledger.queued.push_back(stored_meaning(std::move(made)));
        ledger.all[ledger.queued.back().id] = ledger.queued.back();
    }
    ledger.uncertain.clear();
}

void Device::check_queue() {
    for (const MutationId id : rejected_) {
        const bool known = ledger.rejected.count(id) != 0;
        const bool leaves = std::any_of(ledger.queued.begin(), ledger.queued.end(),
                                        [&](const Made& made) { return made.id == id; });
        if (!known && !leaves) throw Violation("rejections", "one is recorded twice, or unknown");
    }
    std::vector<Made> queued;
    std::size_t at = 0;
    for (Made& made : ledger.queued) {
        if (at < queue_.size() && queue_[at].id == made.id) {
            if (replaced_ && queue_[at].sent != made.sent) made = stored_meaning(std::move(made));
            made.sent = ledger.all[made.id].sent = queue_[at].sent;
            ++at;
            queued.push_back(std::move(made));
        } else if (rejected_.count(made.id) != 0) {
            ledger.rejected[made.id] = std::move(made);
        } else {
            check_left(made);
            ledger.applied.insert(made.id);
        }
    }
    ledger.queued = std::move(queued);
    if (at < queue_.size()) adopt(at);
    if (replaced_) ledger.uncertain.clear();
    check_records();
}

void Device::check_records() {
    Sequence before;
    for (const StoredEntry& entry : queue_) {
        if (entry.sequence <= before) throw Violation("queue", "the sequences do not ascend");
        before = entry.sequence;
    }
    std::vector<MutationId> gone;
    for (const auto& [id, made] : ledger.rejected) {
        if (rejected_.count(id) != 0) continue;
        if (ledger.dismissals.count(id) == 0) {
            throw Violation("rejections", "a record is gone that nobody dismissed");
        }
        gone.push_back(id);
    }
    for (const MutationId id : gone) {
        ledger.rejected.erase(id);
        ledger.dismissed.insert(id);
    }
}

// What is sent is what was meant. A request that was late may be of a former life.
void Device::check_sent(const PushRequest& request) const {
    for (const Transaction& transaction : request.transactions) {
        if (!transaction.withdrawn.empty()) continue;
        for (const Mutation& mutation : transaction.mutations) {
            const auto made =
                std::find_if(ledger.queued.begin(), ledger.queued.end(),
                             [&](const Made& one) { return one.sent == mutation.id; });
            if (made == ledger.queued.end()) continue;
            const Meaning sent =
                decode_mutation(mutation.kind, mutation.entity, mutation.key, mutation.payload);
            const bool folder = sent.key.entity == "folder";
            Value meant = folder ? Value(FolderValue{"some"}) : Value(NoteValue{.title = "some"});
            Value is = meant;
            if (sent.kind == MutationKind::create) {
                is = sent.row;
                meant = made->meaning.row;
            }
            apply_changes(is, sent.changes, mutation.time);
            apply_changes(meant, made->meaning.changes, made->time);
            if (encode(sent.key, is) != encode(sent.key, meant)) {
                throw Violation("sent", to_string(sent.key) + " otherwise than it was meant");
            }
        }
    }
}

void Device::check_left(const Made& made) {
    const std::string what = "mutation " + std::to_string(made.id.value) + " of " +
                             to_string(made.meaning.key) + " left the queue of device " +
                             std::to_string(number_);
    if (!base_cursor_) throw Violation("lost", what + " without a base");
    const auto& fates = server_.history(base_epoch_).fates;
    const auto fate = fates.find(made.sent);
    if (fate == fates.end()) {
        throw Violation("lost", what + " and was never applied");
    }
    if (fate->second.rejected) throw Violation("lost", what + ", rejected and not recorded");
    if (fate->second.at > *base_cursor_)
        throw Violation("flicker", what + " before its effect came");
}

void Device::check_progress() {
    if (state_.resyncs > 0)
        throw Violation("diverged", "the hashes differed on device " + std::to_string(number_));
    if (!base_cursor_) return;
    if (!server_.has_history(base_epoch_)) throw Violation("epoch", "was never the server's");
    if (base_epoch_ == seen_epoch_ && seen_cursor_ && *base_cursor_ < *seen_cursor_) {
        throw Violation("went back", "device " + std::to_string(number_) + " from cursor " +
                                         std::to_string(seen_cursor_->value) + " to " +
                                         std::to_string(base_cursor_->value));
    }
    seen_epoch_ = base_epoch_;
    seen_cursor_ = base_cursor_;
}

// The view of the rows that pending mutations concern.
std::map<Key, Device::Predicted> Device::predicted() const {
    std::map<Key, Predicted> result;
    for (const Made& made : ledger.queued) {
        const Meaning& meaning = made.meaning;
        auto found = result.find(meaning.key);
        if (found == result.end()) {
            std::optional<Value> base;
            const auto row = rows_.find(meaning.key);
            if (row != rows_.end() && row->second.has_base) {
                base = decode_row(meaning.key.entity, as_bytes(row->second.base));
            }
            found = result.emplace(meaning.key, Predicted{std::move(base), false}).first;
        }
        std::optional<Value>& view = found->second.view;
        switch (meaning.kind) {
            case MutationKind::create:
                if (!view) view = meaning.row;
                break;
            case MutationKind::remove:
                view.reset();
                break;
            case MutationKind::update:
                if (view) apply_changes(*view, meaning.changes, made.time);
                break;
            case MutationKind::named:
                if (!view) break;
                apply_changes(*view, {{test::note::kVisits, FieldChange::Op::add, "", 10}},
                              made.time);
                found->second.any_time = true;
        }
    }
    return result;
}

void Device::check_rows() {
    static const Rows none;
    const bool based = seen_cursor_.has_value() && seen_epoch_;
    const Rows* base = &none;
    if (based) {
        const History& history = server_.history(seen_epoch_);
        const auto found = history.states.find(*seen_cursor_);
        if (found == history.states.end()) throw Violation("cursor", "the server never was there");
        base = found->second.get();
    }
    const auto fail = [&](const char* kind, const Key& key, const std::string& how) {
        throw Violation(kind, to_string(key) + " on device " + std::to_string(number_) + " " + how);
    };
    std::size_t with_base = 0;
    const auto views = predicted();
    for (const auto& [key, row] : rows_) {
        const auto wanted = base->find(key);
        if (row.has_base) {
            ++with_base;
            if (wanted == base->end()) fail("base", key, "is not at the server");
            if (wanted->second->bytes != row.base) fail("base", key, "differs from the server's");
            if (wanted->second->cursor != row.cursor) fail("base", key, "bears another cursor");
        }
        const auto view = views.find(key);
        if (view == views.end()) {
            if (row.pending) fail("pending", key, "is pending without a mutation");
            continue;
        }
        if (view->second.view.has_value() != row.in_view)
            fail("view", key, "should (not) be there");
        if (!row.in_view) continue;
        const Value seen = decode_row(key.entity, as_bytes(row.view));
        Value should = *view->second.view;
        if (view->second.any_time) {
            std::get<NoteValue>(should).updated_at = std::get<NoteValue>(seen).updated_at;
        }
        if (encode(key, should) != row.view) {
            fail("view", key,
                 ("is not base with what is pending: " + describe_value(seen) + " instead of " +
                  describe_value(should)));
        }
    }
    if (with_base != base->size()) {
        throw Violation("base", "rows are missing on device " + std::to_string(number_));
    }
    for (const auto& [key, view] : views) {
        if (view.view && rows_.count(key) == 0) fail("view", key, "is missing");
    }
}

void Device::check_end() const {
    const auto& fates = server_.model().history().fates;
    for (const auto& [id, made] : ledger.all) {
        if (ledger.rejected.count(id) != 0 || ledger.dismissed.count(id) != 0 ||
            ledger.applied.count(id) != 0 || ledger.lost_power.count(id) != 0) {
            continue;
        }
        const auto fate = fates.find(made.sent);
        const bool applied = fate != fates.end() && fate->second.applied;
        if (!applied) {
            throw Violation("lost", "mutation " + std::to_string(id.value) + " of " +
                                        to_string(made.meaning.key) + " has come to nothing");
        }
    }
}

std::string Device::describe() const {
    std::string text = "device " + std::to_string(number_);
    if (!is_open()) return text + " closed";
    const SyncState state = replica->sync_state();
    text += " cursor " + (state.cursor ? std::to_string(state.cursor->value) : "none");
    text += " queue [";
    for (const Made& made : ledger.queued) {
        text += " " + std::to_string(made.id.value % 10000) + ":" + to_string(made.meaning.key);
    }
    text += " ] confirmed " + std::to_string(state.confirmed.value);
    text += " rejected " + std::to_string(state.rejected);
    text += " " + std::string(to_string(loop->status().phase));
    if (loop->status().last_error) text += " (" + loop->status().last_error->text + ")";
    return text;
}

}  // namespace syncline::sim
