// Each mutation that a device made is in one place.

#include <algorithm>

#include "sim/device.hpp"

namespace syncline::sim {
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

namespace {

// What patches to it show as they are.
Value blank_row(const EntitySchema& entity) {
    Value row = decode_row(entity, {});
    for (const FieldSchema& field : entity.table->fields) {
        const bool extreme = field.merge == MergePolicy::max || field.merge == MergePolicy::min;
        if (extreme) row.at(field.id) = {};
    }
    return row;
}

// Puts all into `row` that `changes` take from a set.
void put_erased(Value& row, std::vector<FieldChange> changes) {
    std::erase_if(changes, [](const auto& c) { return c.op != FieldChange::Op::erase; });
    for (FieldChange& change : changes) change.op = FieldChange::Op::insert;
    apply_changes(row, changes, {});
}

// Whether two creates, updates or removes of one row do the same.
bool is_same(const EntitySchema& entity, const Meaning& a, WallTime time_a, const Meaning& b,
             WallTime time_b) {
    if (a.kind != b.kind) return false;
    if (a.kind == MutationKind::create) return encode(a.row) == encode(b.row);
    const auto do_the_same = [&](Value one) {
        Value other = one;
        apply_changes(one, a.changes, time_a);
        apply_changes(other, b.changes, time_b);
        return encode(one) == encode(other);
    };
    Value full = blank_row(entity);
    put_erased(full, a.changes);
    put_erased(full, b.changes);
    return do_the_same(blank_row(entity)) && do_the_same(std::move(full));
}

}  // namespace

// After a death the file may hold fewer of the patches that were joined, or one more.
Made Device::stored_meaning(Made made) {
    if (made.meaning.kind != MutationKind::update) return made;
    ReadTransaction tx = db->begin_read();
    StatementUse row(tx.connection().prepare(
        "SELECT payload, made_at FROM queue WHERE coalesce(ticket, id) = ?1"));
    if (!row->bind(1, made.id.value).step()) return made;
    const Key& key = made.meaning.key;
    made.meaning = decode_mutation(scene(), MutationKind::update, key.entity, key.id, row->blob(0));
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
            if (entry.kind != meaning.kind) return false;
            if (named && entry.entity != meaning.mutator) return false;
            // Of several that failed it is the one with these values.
            if (meaning.kind != MutationKind::create || extra > 1) continue;
            const auto row = rows_.find(meaning.key);
            if (row == rows_.end() || row->second.view != encode(meaning.row)) {
                return false;
            }
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
            const Meaning sent = decode_mutation(scene(), mutation.kind, mutation.entity,
                                                 mutation.key, mutation.payload);
            if (sent.kind == MutationKind::named) continue;
            const EntitySchema& entity = scene().entity(sent.key.entity);
            if (!is_same(entity, sent, mutation.time, made->meaning, made->time)) {
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

}  // namespace syncline::sim
