#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "syncline/collection/live_rows.hpp"
#include "syncline/protocol/row.hpp"
#include "syncline/protocol/schema.hpp"
#include "syncline/store/query.hpp"

namespace syncline {

/// The rows of one live query in their order, kept up by single changes.
///
/// With a limit it holds the rows shown and a reserve of those that come next, so that it must be
/// filled again from the store only after many shown rows have gone.
///
/// Thread-safety: none.
class LiveWindow {
public:
    /// Both must outlive the window.
    LiveWindow(const EntitySchema& entity, const LiveSpec& spec);

    /// The row `id`, which belongs to the query, is now `row`. Returns whether the rows shown are
    /// others now. Cost: O(log rows).
    bool put(std::string_view id, const Row& row);
    /// The row `id` does not belong to the query, or exists no more. Returns as `put`.
    bool drop(std::string_view id);

    /// Whether no more rows fit, so that those which come later in the order need not be put.
    bool full() const { return !complete_; }
    /// Whether rows are missing that only the store can give.
    bool short_of_rows() const { return limit_ && !complete_ && shown_.size() < *limit_; }

    std::vector<Row> rows() const;
    std::size_t size() const { return shown_.size(); }
    std::optional<Row> first() const;

private:
    struct Place {
        std::optional<QueryValue> value;
        std::string id;
    };
    struct Before {
        bool descending;
        bool by_id;
        bool operator()(const Place& a, const Place& b) const;
    };
    using Rows = std::map<Place, Row, Before>;
    struct Position {
        Rows::iterator at;
        bool shown;
    };

    Place place_of(std::string_view id, const Row& row) const;
    bool is_at(Position position, const Place& place) const;
    bool replace(Position position, const Row& row);
    bool insert(Place place, const Row& row);
    void insert_reserve(Place place, const Row& row);
    bool erase(Position position);
    void hand_on_last();
    void take_from_reserve();
    void trim_reserve();
    void add(Rows& rows, Place place, const Row& row);

    const EntitySchema& entity_;
    const FieldSchema* order_;  // nullptr: by id
    const std::optional<std::uint64_t> limit_;
    const std::size_t reserve_max_;
    Rows shown_;
    Rows reserve_;  // all of them come after those shown
    bool complete_ = true;
    std::unordered_map<std::string_view, Position> positions_;  // keys lie in the maps' nodes
};

/// Whether a row belongs to the query `spec`, limit aside.
bool matches(const EntitySchema& entity, const LiveSpec& spec, const Row& row);

}  // namespace syncline
