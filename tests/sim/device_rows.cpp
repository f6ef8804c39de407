// What a device has stored, and whether base and view are what they should be.

#include <algorithm>

#include "sim/device.hpp"
#include "support/test_schema.hpp"
#include "syncline/store/columns.hpp"
#include "syncline/store/scope_state.hpp"

namespace syncline::sim {
namespace {

// Made once for each entity, for speed.
const std::string& rows_sql(const EntitySchema& entity) {
    static std::map<std::string, std::string, std::less<>> made;
    const auto found = made.find(entity.name);
    if (found != made.end()) return found->second;
    const std::string name(entity.name);
    return made[name] = "SELECT id, cursor, pending, data, base FROM \"" + table_name(name) +
                        "\" WHERE generation = (SELECT generation FROM scope)";
}

}  // namespace

void Device::name_indexes() {
    index_names_.clear();
    for (const EntitySchema& entity : schema().entities) {
        for (const FieldSchema& field : entity.table->fields) {
            if (field.key || !(field.indexed || field.unique)) continue;
            index_names_.push_back("row_" + std::string(entity.name) + "_f" +
                                   std::to_string(field.id));
        }
    }
}

bool Device::changed() const {
    return is_open() && !disk.stopped() && db->version() != version_;
}

std::map<Key, std::string> Device::view() const {
    std::map<Key, std::string> result;
    for (const auto& [key, row] : rows_) {
        if (row.in_view) result[key] = row.view;
    }
    return result;
}

void Device::check_quiet() const {
    if (observers && !disk.stopped() && !changed()) observers->check_seen(view());
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
                               " coalesce(ticket, id), kind FROM queue ORDER BY sequence"));
        while (row->step()) {
            queue_.push_back({Sequence{row->unsigned_integer(0)},
                              MutationId{row->unsigned_integer(1)}, std::string(row->text(2)),
                              std::string(row->text(3)), MutationId{row->unsigned_integer(4)},
                              static_cast<MutationKind>(row->integer(5))});
        }
    }
    {
        StatementUse row(connection.prepare("SELECT id FROM rejected"));
        while (row->step()) rejected_.insert(MutationId{row->unsigned_integer(0)});
    }
    has_indexes_ = std::all_of(index_names_.begin(), index_names_.end(), [&](const auto& name) {
        StatementUse index(connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?1"));
        return index->bind(1, std::string_view(name)).step();
    });
    for (const EntitySchema& entity : schema().entities) {
        StatementUse row(connection.prepare(rows_sql(entity)));
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
    if (observers) observers->check_told(view());
    replaced_ = false;
}

// After a power failure without syncs, or on a copy: what is stored is what counts. What was made
void Device::check_progress() {
    if (state_.resyncs > 0)
        throw Violation("diverged", "the hashes differed on device " + std::to_string(number_));
    if (!base_cursor_) return;
    if (!has_indexes_) throw Violation("index", "one is missing after the first sync");
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
    const auto at = [&](const Key& key) -> Predicted& {
        const auto found = result.find(key);
        if (found != result.end()) return found->second;
        std::optional<Value> base;
        const auto row = rows_.find(key);
        if (row != rows_.end() && row->second.has_base) {
            base = decode_row(scene().entity(key.entity), as_bytes(row->second.base));
        }
        return result.emplace(key, Predicted{std::move(base), false}).first->second;
    };
    const auto visit = [&](Predicted& row, std::int64_t visits, WallTime time) {
        apply_changes(*row.view, {{test::note::kVisits, FieldChange::Op::add, visits}}, time);
        row.any_time = true;
    };
    for (const Made& made : ledger.queued) {
        const Meaning& meaning = made.meaning;
        Predicted& row = at(meaning.key);
        switch (meaning.kind) {
            case MutationKind::create:
                if (!row.view) row.view = meaning.row;
                break;
            case MutationKind::remove:
                row.view.reset();
                break;
            case MutationKind::update:
                if (row.view) apply_changes(*row.view, meaning.changes, made.time);
                break;
            case MutationKind::named:
                if (!row.view) break;
                if (meaning.mutator == "bump") visit(row, 10, made.time);
                if (meaning.mutator != "share" || meaning.key == meaning.second) break;
                if (Predicted& other = at(meaning.second); other.view) {
                    visit(row, 1, made.time);
                    visit(other, 1, made.time);
                }
        }
    }
    return result;
}

// Rows of a first sync that is shown as it arrives are of no one cursor, but of one history, and
// each as it was there at the cursor that it bears.
void Device::check_shown() const {
    if (!server_.has_history_if([this](const History& history) { return is_in(history); })) {
        throw Violation("shown", "rows of no history on device " + std::to_string(number_));
    }
}

bool Device::is_in(const History& history) const {
    return std::all_of(rows_.begin(), rows_.end(), [&](const auto& one) {
        const auto& [key, row] = one;
        if (!row.has_base) return true;
        // The history of a restored server begins at what it was put back to.
        const auto state = history.states.lower_bound(row.cursor);
        if (state == history.states.end()) return false;
        const auto there = state->second->find(key);
        return there != state->second->end() && there->second->cursor == row.cursor &&
               there->second->bytes == row.base;
    });
}

// An older application keeps fields that it does not know in its base alone.
Value Device::known_part(const Value& should, const Value& seen) const {
    Value part = should;
    const TableSchema& known = *schema().find(should.entity->name)->table;
    for (const FieldSchema& field : should.entity->table->fields) {
        if (known.find(field.id) == nullptr) part.at(field.id) = seen.at(field.id);
    }
    return part;
}

void Device::check_rows() {
    static const Rows none;
    const bool based = seen_cursor_.has_value() && seen_epoch_;
    const bool partly = shown && !based;
    if (partly) check_shown();
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
        if (row.has_base) ++with_base;
        if (row.has_base && !partly) {
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
        const Value seen = decode_row(scene().entity(key.entity), as_bytes(row.view));
        Value should = *view->second.view;
        if (old_app) should = known_part(should, seen);
        if (view->second.any_time) {
            should.at(test::note::kUpdatedAt) = seen.at(test::note::kUpdatedAt);
        }
        if (encode(should) != row.view) {
            fail("view", key, "is not base with what is pending: " + difference(seen, should));
        }
    }
    const auto known = std::count_if(base->begin(), base->end(), [&](const auto& row) {
        return schema().find(row.first.entity) != nullptr;
    });
    if (partly && with_base > 0) ++shown_states;
    if (!partly && with_base != static_cast<std::size_t>(known)) {
        throw Violation("base", "rows are missing on device " + std::to_string(number_));
    }
    for (const auto& [key, view] : views) {
        if (view.view && rows_.count(key) == 0) fail("view", key, "is missing");
    }
}

}  // namespace syncline::sim
