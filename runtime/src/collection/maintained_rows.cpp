#include "maintained_rows.hpp"

#include <algorithm>
#include <utility>

#include "write_scope.hpp"

namespace syncline {

namespace {

bool is_indexed(const FieldSchema& field) {
    return field.key || field.indexed || field.unique;
}

}  // namespace

/// Has commits logged for as long as it exists. Both ends take the lock.
class MaintainedRows::Loading {
public:
    explicit Loading(const MaintainedRows& rows) : rows_(rows) {
        const std::lock_guard lock(rows_.mutex_);
        ++rows_.loading_;
        noticed_ = rows_.noticed_;
    }
    ~Loading() {
        const std::lock_guard lock(rows_.mutex_);
        if (--rows_.loading_ == 0) rows_.log_.clear();
    }
    Loading(const Loading&) = delete;
    Loading& operator=(const Loading&) = delete;

    /// Whether the log holds every commit that a state of `version` lacks.
    bool covers(std::uint64_t version) const { return version >= noticed_; }

private:
    const MaintainedRows& rows_;
    std::uint64_t noticed_ = 0;
};

MaintainedRows::MaintainedRows(const Replica& replica, const EntitySchema& entity, LiveSpec spec,
                               std::function<void()> on_destroyed)
    : replica_(replica),
      entity_(entity),
      spec_(std::move(spec)),
      on_destroyed_(std::move(on_destroyed)) {}

MaintainedRows::~MaintainedRows() {
    on_destroyed_();
}

void MaintainedRows::apply(std::uint64_t version, const EntityChanges& changes, Notices& notices) {
    // The filter is the application's, so it runs before the lock is taken.
    Commit commit = evaluate(version, changes);
    bool rows_changed = false;
    bool size_changed = false;
    {
        const std::lock_guard lock(mutex_);
        noticed_ = version;
        if (window_ == nullptr || commit.all) {
            rows_changed = size_changed = true;
            if (version > version_) window_.reset();
        } else if (version > version_) {
            const std::size_t size = window_->size();
            rows_changed = apply_rows(*window_, commit);
            size_changed = window_->size() != size;
            if (window_->short_of_rows()) window_.reset();
        }
        if (loading_ != 0) log_.push_back(std::move(commit));
    }
    if (rows_changed) notices.add(shared(rows_source_));
    if (size_changed) notices.add(shared(size_source_));
}

template <class Read>
auto MaintainedRows::read(const Read& read) const {
    if (WriteScope::with_own_state(replica_) != nullptr) return read(*load().window);
    for (;;) {
        {
            const std::lock_guard lock(mutex_);
            if (window_ != nullptr) return read(std::as_const(*window_));
        }
        const Loading loading(*this);
        Loaded loaded = load();
        if (!loading.covers(loaded.version)) return read(*loaded.window);
        const std::lock_guard lock(mutex_);
        install(loaded);
        if (window_ != nullptr) return read(std::as_const(*window_));
    }
}

std::vector<Row> MaintainedRows::rows() const {
    track(replica_, shared(rows_source_));
    return read([](const LiveWindow& window) { return window.rows(); });
}

std::size_t MaintainedRows::size() const {
    track(replica_, shared(size_source_));
    return read([](const LiveWindow& window) { return window.size(); });
}

std::optional<Row> MaintainedRows::first() const {
    track(replica_, shared(rows_source_));
    return read([](const LiveWindow& window) { return window.first(); });
}

MaintainedRows::Loaded MaintainedRows::load() const {
    Loaded loaded{std::make_unique<LiveWindow>(entity_, spec_)};
    LiveWindow& window = *loaded.window;
    StoreQuery query;
    query.where = spec_.where;
    const bool store_order = !spec_.order_by || is_indexed(*entity_.table->find(*spec_.order_by));
    if (store_order) {
        query.order_by = spec_.order_by;
        query.descending = spec_.descending;
    }
    loaded.version = replica_.select(entity_, query, [&](Row row) {
        if (spec_.filter && !spec_.filter(row)) return true;
        window.put(row.string(entity_.key), row);
        return !(store_order && window.full());
    });
    return loaded;
}

// Under the lock. Leaves the window null if the log does not tell enough, or rows have run short.
void MaintainedRows::install(Loaded& loaded) const {
    if (window_ != nullptr) return;
    for (const Commit& commit : log_) {
        if (commit.version <= loaded.version) continue;
        if (commit.all) return;
        apply_rows(*loaded.window, commit);
    }
    if (loaded.window->short_of_rows()) return;
    window_ = std::move(loaded.window);
    version_ = std::max(loaded.version, noticed_);
}

MaintainedRows::Commit MaintainedRows::evaluate(std::uint64_t version,
                                                const EntityChanges& changes) const {
    Commit commit{version, changes.all, {}};
    commit.rows.reserve(changes.rows.size());
    for (const ViewChange& change : changes.rows) {
        const bool in = change.after && matches(entity_, spec_, change.after);
        commit.rows.push_back({change.id, in ? change.after : Row()});
    }
    return commit;
}

bool MaintainedRows::apply_rows(LiveWindow& window, const Commit& commit) {
    bool changed = false;
    for (const RowState& state : commit.rows) {
        changed |= state.row ? window.put(state.id, state.row) : window.drop(state.id);
    }
    return changed;
}

std::shared_ptr<Source> MaintainedRows::shared(Source& source) const {
    return {shared_from_this(), &source};
}

}  // namespace syncline
