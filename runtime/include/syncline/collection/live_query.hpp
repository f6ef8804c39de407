#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "syncline/collection/live_rows.hpp"

namespace syncline {

/// The rows that meet a condition, in order, kept current from each change: the query is never run
/// again over the collection. Made by `Collection::live` and `Query::live`.
///
/// Reading it inside an effect or computed re-runs that when the rows or their order change. It
/// shows committed rows only, also inside a transaction. A copy is another handle to the same rows;
/// they are maintained as long as a handle exists, which must not outlive the client.
///
/// Thread-safety: any thread.
template <class E>
class LiveQuery {
public:
    using View = typename E::View;

    explicit LiveQuery(std::shared_ptr<LiveRows> live) : live_(std::move(live)) {}

    /// Cost: O(rows held); the rows themselves are shared.
    std::vector<View> rows() const {
        std::vector<View> views;
        for (Row& row : live_->rows()) views.emplace_back(std::move(row));
        return views;
    }

    std::optional<View> first() const {
        if (std::optional<Row> row = live_->first()) return View(std::move(*row));
        return std::nullopt;
    }

    /// An effect that reads only this does not re-run when a row changes but their number does not.
    std::size_t size() const { return live_->size(); }
    bool empty() const { return size() == 0; }

private:
    std::shared_ptr<LiveRows> live_;
};

}  // namespace syncline
