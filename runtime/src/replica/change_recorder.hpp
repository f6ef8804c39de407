#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "publisher.hpp"
#include "syncline/protocol/schema.hpp"
#include "syncline/replica/changes.hpp"
#include "syncline/store/stored_row.hpp"

namespace syncline::detail {

/// Collects what one write transaction does to the view. Rows are kept only where the listener
/// wants them; how many rows there are more or less is always known.
///
/// Thread-safety: none.
class ChangeRecorder {
public:
    /// Beyond so many rows of one entity, a change says `all`.
    static constexpr std::size_t kRowsMax = 50'000;

    ChangeRecorder(const Schema& schema, const Publisher& publisher);

    /// A row was written: none before or after means that it was, or is, not stored.
    void note(const EntitySchema& entity, std::string_view id, const StoredRow* before,
              const StoredRow* after);
    /// A row that was not stored was created; `data` is its view.
    void note_created(const EntitySchema& entity, std::string_view id, ByteView data, bool pending);

    /// Any row of any entity may have changed.
    void note_all();

    /// What `rollback` goes back to.
    using Mark = std::vector<std::int64_t>;
    Mark mark() const;
    /// Writes since `mark` were undone. The rows of then are looked at again by `finish`.
    void rollback(const Mark& mark);

    /// The changes made, with `find` to read a row as it is now. The transaction is still open.
    using Find = std::function<std::optional<StoredRow>(const EntitySchema&, std::string_view)>;
    ChangeSet finish(const Find& find);

    /// The same again after the commit: what has come to be watched meanwhile is told as `all`. One
    /// who watched before he read either is found here, or has read this commit.
    void note_late_watchers(ChangeSet& changes) const;

private:
    struct Watched {
        bool touched = false;
        bool wanted = false;
        bool all = false;
        std::int64_t count_delta = 0;
        std::vector<ViewChange> rows;
        std::unordered_map<std::string, std::size_t> places;  // of an id in `rows`
    };

    Watched& touch(const EntitySchema& entity);
    ViewChange* place_for(Watched& watched, std::string_view id, bool& is_new);
    void read_again(const Find& find);

    const Schema& schema_;
    const Publisher& publisher_;
    std::vector<Watched> watched_;  // by place in the schema
    bool read_again_ = false;
};

}  // namespace syncline::detail
