#include "entity_sources.hpp"

#include <algorithm>
#include <utility>

#include "field_values.hpp"
#include "write_scope.hpp"

namespace syncline {

namespace {

// Below this, looking for rows that nobody observes any more is not worth a commit's time.
constexpr std::size_t kSweepStepsMin = 64;

bool same_row(RowView a, RowView b) {
    return std::ranges::equal(a.bytes(), b.bytes());
}

bool changes_rows(const EntityChanges& changes) {
    if (changes.all || changes.rows.empty()) return true;
    return std::ranges::any_of(changes.rows, [](const ViewChange& change) {
        return !same_row(change.before, change.after);
    });
}

}  // namespace

bool RowSources::observed() const {
    return row.observed() || exists.observed() || pending.observed() ||
           std::ranges::any_of(field, [](const Source& source) { return source.observed(); });
}

EntitySources::EntitySources(const Replica& replica, const EntitySchema& entity)
    : replica_(replica), entity_(entity), count_(replica, entity) {}

void EntitySources::track_row(std::string_view id) {
    const auto sources = row(id);
    track(replica_, {sources, &sources->row});
}

void EntitySources::track_field(std::string_view id, FieldId field) {
    const auto sources = row(id);
    const auto index = entity_.table->find(field) - entity_.table->fields.data();
    track(replica_, {sources, &sources->field[static_cast<std::size_t>(index)]});
}

void EntitySources::track_exists(std::string_view id) {
    const auto sources = row(id);
    track(replica_, {sources, &sources->exists});
}

void EntitySources::track_pending(std::string_view id) {
    const auto sources = row(id);
    track(replica_, {sources, &sources->pending});
}

void EntitySources::track_any_row() {
    track(replica_, shared(any_row_));
}

void EntitySources::track_count() {
    track(replica_, shared(count_source_));
}

std::shared_ptr<LiveRows> EntitySources::live(LiveSpec spec) {
    auto rows = std::make_shared<MaintainedRows>(
        replica_, entity_, std::move(spec), [self = shared_from_this()] { self->forget_live(); });
    const std::lock_guard lock(mutex_);
    live_.push_back(rows);
    ++watched_;
    return rows;
}

void EntitySources::apply(std::uint64_t version, const EntityChanges& changes, Notices& notices) {
    if (count_.apply(version, changes)) notices.add(shared(count_source_));
    if (changes_rows(changes)) notices.add(shared(any_row_));
    if (!wants_rows()) return;
    apply_to_rows(changes, notices);
    for (const auto& live : live_queries()) live->apply(version, changes, notices);
}

std::shared_ptr<RowSources> EntitySources::row(std::string_view id) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = rows_.find(id); known != rows_.end()) {
            known->second->used = true;
            return known->second;
        }
    }
    sweep();
    ++steps_since_sweep_;
    // Made and destroyed without the lock: a source belongs to the graph, which has its own.
    auto sources = std::make_shared<RowSources>(entity_.table->fields.size());
    const std::lock_guard lock(mutex_);
    const auto [entry, added] = rows_.try_emplace(std::string(id), sources);
    if (added) ++watched_;
    entry->second->used = true;
    return entry->second;
}

void EntitySources::apply_to_rows(const EntityChanges& changes, Notices& notices) {
    ++steps_since_sweep_;
    const std::lock_guard lock(mutex_);
    if (changes.all) {
        for (const auto& [id, sources] : rows_) add_all(sources, notices);
        return;
    }
    for (const ViewChange& change : changes.rows) {
        const auto entry = rows_.find(change.id);
        if (entry != rows_.end()) apply_to_row(change, entry->second, notices);
    }
}

void EntitySources::add_all(const std::shared_ptr<RowSources>& sources, Notices& notices) {
    notices.add({sources, &sources->row});
    notices.add({sources, &sources->exists});
    notices.add({sources, &sources->pending});
    for (Source& field : sources->field) notices.add({sources, &field});
}

void EntitySources::apply_to_row(const ViewChange& change,
                                 const std::shared_ptr<RowSources>& sources,
                                 Notices& notices) const {
    if (change.pending_before != change.pending_after) notices.add({sources, &sources->pending});
    if (same_row(change.before, change.after)) return;
    notices.add({sources, &sources->row});
    const bool existence = static_cast<bool>(change.before) != static_cast<bool>(change.after);
    if (existence) notices.add({sources, &sources->exists});
    const auto fields = entity_.table->fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        // A reader of a row that is not there waits for any value, the default included.
        if (existence || !same_field(fields[i], change.before, change.after)) {
            notices.add({sources, &sources->field[i]});
        }
    }
}

void EntitySources::sweep() {
    if (steps_since_sweep_ < std::max(kSweepStepsMin, watched_.load())) return;
    steps_since_sweep_ = 0;
    std::vector<NamedSources> candidates = unused_rows();
    // Asking takes the graph's lock, so it is done without ours.
    std::erase_if(candidates, [](const auto& named) { return named.second->observed(); });
    forget(candidates);
}

// Those that nobody holds, and so nobody is about to observe. Who held one and let it go has
// subscribed before, under the graph's lock, so that asking for observers later finds him.
std::vector<EntitySources::NamedSources> EntitySources::unused_rows() {
    std::vector<NamedSources> unused;
    const std::lock_guard lock(mutex_);
    for (const auto& [id, sources] : rows_) {
        if (sources.use_count() > 1) continue;
        sources->used = false;
        unused.emplace_back(id, sources);
    }
    return unused;
}

// Leaves out those that somebody has come for meanwhile. The caller destroys them, without the
// lock.
void EntitySources::forget(const std::vector<NamedSources>& rows) {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, sources] : rows) {
        const auto entry = rows_.find(id);
        if (sources->used || entry == rows_.end() || entry->second != sources) continue;
        rows_.erase(entry);
        --watched_;
    }
}

std::vector<std::shared_ptr<MaintainedRows>> EntitySources::live_queries() {
    std::vector<std::shared_ptr<MaintainedRows>> queries;
    const std::lock_guard lock(mutex_);
    for (const auto& weak : live_) {
        if (auto query = weak.lock()) queries.push_back(std::move(query));
    }
    return queries;
}

void EntitySources::forget_live() {
    const std::lock_guard lock(mutex_);
    std::erase_if(live_, [](const auto& weak) { return weak.expired(); });
    --watched_;
}

std::shared_ptr<Source> EntitySources::shared(Source& source) {
    return {shared_from_this(), &source};
}

}  // namespace syncline
