#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "syncline/protocol/row.hpp"
#include "syncline/protocol/schema.hpp"

namespace syncline {

/// One row of the view, before and after a commit.
struct ViewChange {
    std::string id;
    Row before;  ///< false in a condition: there was none
    Row after;   ///< false in a condition: there is none
    bool pending_before = false;
    bool pending_after = false;
};

/// What one commit did to the rows of one entity.
struct EntityChanges {
    const EntitySchema* entity = nullptr;
    std::int64_t count_delta = 0;  ///< not meaningful if `all`
    bool all = false;              ///< too many, or a resync: any row may have changed
    std::vector<ViewChange> rows;  ///< each row once; empty if `all`
};

/// What one commit did to the view, and to nothing but the view's bystanders (queue, cursor).
struct ChangeSet {
    std::uint64_t version = 0;  ///< of the commit; ascends from one change set to the next
    bool remote = false;        ///< a pulled page or a push's outcome, not a local write
    std::vector<EntityChanges> entities;
};

/// Hears of every commit, in commit order, after it is durable.
class ChangeListener {
public:
    virtual ~ChangeListener() = default;

    /// Whether single rows of `entity` are watched, so that they are worth recording. Called while
    /// a write transaction is open, so it must not read or write the replica. Rows of an entity
    /// that became watched while a transaction was open are reported as `all`.
    virtual bool wants_rows(const EntitySchema& entity) const = 0;

    /// Called with no transaction open, by the thread that committed or by one that committed
    /// after it; calls are made one at a time. Must not throw.
    virtual void on_changes(const ChangeSet& changes) = 0;
};

}  // namespace syncline
