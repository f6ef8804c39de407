#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "live_window.hpp"
#include "notices.hpp"
#include "syncline/collection/live_rows.hpp"
#include "syncline/replica/changes.hpp"
#include "syncline/replica/replica.hpp"

namespace syncline {

/// The rows of a live query: read from the store when first asked for, then kept up from commits.
/// They are read again when a commit does not say which rows it changed, or when a limit has more
/// room than rows are at hand; always by the reader, never by the committing thread.
///
/// Thread-safety: any thread; guarded by `mutex_`, under which nothing else is called.
class MaintainedRows final : public LiveRows, public std::enable_shared_from_this<MaintainedRows> {
public:
    MaintainedRows(const Replica& replica, const EntitySchema& entity, LiveSpec spec,
                   std::function<void()> on_destroyed);
    ~MaintainedRows() override;

    std::vector<Row> rows() const override;
    std::size_t size() const override;
    std::optional<Row> first() const override;

    /// Takes in a commit, in the order of commits. Adds to `notices` what it changed for readers.
    void apply(std::uint64_t version, const EntityChanges& changes, Notices& notices);

private:
    struct RowState {
        std::string id;
        Row row;  ///< false: not in the query
    };
    struct Commit {
        std::uint64_t version = 0;
        bool all = false;
        std::vector<RowState> rows;
    };
    struct Loaded {
        std::unique_ptr<LiveWindow> window;
        std::uint64_t version = 0;
    };
    class Loading;

    template <class Read>
    auto read(const Read& read) const;
    Loaded load() const;
    void install(Loaded& loaded) const;
    Commit evaluate(std::uint64_t version, const EntityChanges& changes) const;
    static bool apply_rows(LiveWindow& window, const Commit& commit);
    std::shared_ptr<Source> shared(Source& source) const;

    const Replica& replica_;
    const EntitySchema& entity_;
    const LiveSpec spec_;
    const std::function<void()> on_destroyed_;
    mutable Source rows_source_;
    mutable Source size_source_;

    mutable std::mutex mutex_;
    mutable std::unique_ptr<LiveWindow> window_;  // null: to be read from the store
    mutable std::uint64_t version_ = 0;           // commits up to this are in `window_`
    mutable std::uint64_t noticed_ = 0;           // version of the last commit taken in
    mutable std::size_t loading_ = 0;
    mutable std::vector<Commit> log_;  // commits taken in while somebody is loading
};

}  // namespace syncline
