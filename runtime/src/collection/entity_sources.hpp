#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "maintained_count.hpp"
#include "maintained_rows.hpp"
#include "notices.hpp"
#include "syncline/reactive/source.hpp"
#include "syncline/replica/changes.hpp"

namespace syncline {

/// Sources of one row. They are made when somebody reads the row and tracks that.
struct RowSources {
    explicit RowSources(std::size_t fields) : field(fields) {}

    bool observed() const;

    bool used = true;  ///< since the last look for unobserved ones; guarded by its entity's mutex
    Source row;        ///< any field
    Source exists;
    Source pending;
    std::vector<Source> field;  ///< in the order of the table's fields
};

/// All that can be observed about one entity.
///
/// Thread-safety: any thread; guarded by `mutex_`, under which nothing else is called: a computed
/// comes here with the graph locked, so nothing here may wait for the graph.
class EntitySources : public std::enable_shared_from_this<EntitySources> {
public:
    EntitySources(const Replica& replica, const EntitySchema& entity);

    const EntitySchema& entity() const { return entity_; }

    // --- Reading, by those that track ---------------------------------------------------------

    void track_row(std::string_view id);
    void track_field(std::string_view id, FieldId field);
    void track_exists(std::string_view id);
    void track_pending(std::string_view id);
    void track_any_row();
    void track_count();
    std::uint64_t count() { return count_.get(); }
    std::shared_ptr<LiveRows> live(LiveSpec spec);

    // --- Commits --------------------------------------------------------------------------------

    /// Whether single rows are watched. Does not block.
    bool wants_rows() const { return watched_.load() != 0; }

    /// Takes in a commit, in the order of commits. Adds what it changed to `notices`.
    void apply(std::uint64_t version, const EntityChanges& changes, Notices& notices);

    /// Forgets rows that nobody observes any more, once there may be many. Takes the graph's lock.
    /// Cost: constant, when shared out among the reads and commits between two times that it works.
    void sweep();

private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    using Rows =
        std::unordered_map<std::string, std::shared_ptr<RowSources>, Hash, std::equal_to<>>;

    std::shared_ptr<RowSources> row(std::string_view id);
    static void add_all(const std::shared_ptr<RowSources>& sources, Notices& notices);
    void apply_to_rows(const EntityChanges& changes, Notices& notices);
    void apply_to_row(const ViewChange& change, const std::shared_ptr<RowSources>& sources,
                      Notices& notices) const;
    using NamedSources = std::pair<std::string, std::shared_ptr<RowSources>>;
    std::vector<NamedSources> unused_rows();
    void forget(const std::vector<NamedSources>& rows);
    std::vector<std::shared_ptr<MaintainedRows>> live_queries();
    void forget_live();
    std::shared_ptr<Source> shared(Source& source);

    const Replica& replica_;
    const EntitySchema& entity_;
    Source any_row_;
    Source count_source_;
    MaintainedCount count_;
    std::atomic<std::size_t> steps_since_sweep_ = 0;
    std::atomic<std::size_t> watched_ = 0;  // rows with sources, and live queries

    std::mutex mutex_;
    Rows rows_;
    std::vector<std::weak_ptr<MaintainedRows>> live_;
};

}  // namespace syncline
