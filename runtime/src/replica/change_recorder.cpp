#include "change_recorder.hpp"

#include <algorithm>

namespace syncline::detail {
namespace {

Row shared_row(const std::optional<Bytes>& data) {
    return data ? Row(*data) : Row();
}

bool same_bytes(const Row& one, const Row& other) {
    const ByteView a = one.bytes();
    const ByteView b = other.bytes();
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

bool is_nothing(const ViewChange& change) {
    return change.pending_before == change.pending_after && same_bytes(change.before, change.after);
}

}  // namespace

ChangeRecorder::ChangeRecorder(const Schema& schema, const Publisher& publisher)
    : schema_(schema), publisher_(publisher), watched_(schema.entities.size()) {}

ChangeRecorder::Watched& ChangeRecorder::touch(const EntitySchema& entity) {
    Watched& watched = watched_[static_cast<std::size_t>(&entity - schema_.entities.data())];
    if (!watched.touched) {
        watched.touched = true;
        watched.wanted = publisher_.wants_rows(entity);
    }
    return watched;
}

ViewChange* ChangeRecorder::place_for(Watched& watched, std::string_view id, bool& is_new) {
    if (!watched.wanted || watched.all) return nullptr;
    const auto [place, added] = watched.places.try_emplace(std::string(id), watched.rows.size());
    is_new = added;
    if (!added) return &watched.rows[place->second];
    if (watched.rows.size() == kRowsMax) {
        watched.all = true;
        watched.rows.clear();
        watched.places.clear();
        return nullptr;
    }
    watched.rows.emplace_back().id = id;
    return &watched.rows.back();
}

void ChangeRecorder::note(const EntitySchema& entity, std::string_view id, const StoredRow* before,
                          const StoredRow* after) {
    Watched& watched = touch(entity);
    const bool was_there = before != nullptr && before->data.has_value();
    const bool is_there = after != nullptr && after->data.has_value();
    watched.count_delta += static_cast<int>(is_there) - static_cast<int>(was_there);
    bool is_new = false;
    ViewChange* change = place_for(watched, id, is_new);
    if (change == nullptr) return;
    if (is_new && before != nullptr) {
        change->before = shared_row(before->data);
        change->pending_before = before->pending > 0;
    }
    change->after = after != nullptr ? shared_row(after->data) : Row();
    change->pending_after = after != nullptr && after->pending > 0;
}

void ChangeRecorder::note_created(const EntitySchema& entity, std::string_view id, ByteView data,
                                  bool pending) {
    Watched& watched = touch(entity);
    ++watched.count_delta;
    bool is_new = false;
    ViewChange* change = place_for(watched, id, is_new);
    if (change == nullptr) return;
    change->after = Row(to_bytes(data));
    change->pending_after = pending;
}

void ChangeRecorder::note_all() {
    for (const EntitySchema& entity : schema_.entities) {
        Watched& watched = touch(entity);
        watched.all = true;
        watched.rows.clear();
        watched.places.clear();
    }
}

ChangeRecorder::Mark ChangeRecorder::mark() const {
    Mark deltas;
    for (const Watched& watched : watched_) deltas.push_back(watched.count_delta);
    return deltas;
}

void ChangeRecorder::rollback(const Mark& mark) {
    for (std::size_t i = 0; i < watched_.size(); ++i) watched_[i].count_delta = mark[i];
    read_again_ = true;
}

void ChangeRecorder::read_again(const Find& find) {
    for (std::size_t i = 0; i < watched_.size(); ++i) {
        for (ViewChange& change : watched_[i].rows) {
            const auto row = find(schema_.entities[i], change.id);
            change.after = row ? shared_row(row->data) : Row();
            change.pending_after = row && row->pending > 0;
        }
    }
}

ChangeSet ChangeRecorder::finish(const Find& find) {
    if (read_again_) read_again(find);
    ChangeSet changes;
    for (std::size_t i = 0; i < watched_.size(); ++i) {
        Watched& watched = watched_[i];
        if (!watched.touched) continue;
        std::erase_if(watched.rows, is_nothing);
        const bool none = watched.wanted && !watched.all && watched.rows.empty();
        if (none && watched.count_delta == 0) continue;
        EntityChanges entity;
        entity.entity = &schema_.entities[i];
        entity.count_delta = watched.count_delta;
        entity.all = watched.all;
        entity.rows = std::move(watched.rows);
        changes.entities.push_back(std::move(entity));
    }
    return changes;
}

void ChangeRecorder::note_late_watchers(ChangeSet& changes) const {
    for (EntityChanges& entity : changes.entities) {
        const auto place = static_cast<std::size_t>(entity.entity - schema_.entities.data());
        if (watched_[place].wanted || entity.all) continue;
        entity.all = publisher_.wants_rows(*entity.entity);
    }
}

}  // namespace syncline::detail
