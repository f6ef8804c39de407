#pragma once

#include <optional>
#include <string>
#include <vector>

#include "syncline/base/clock.hpp"
#include "syncline/base/ids.hpp"
#include "syncline/protocol/messages.hpp"
#include "syncline/protocol/row.hpp"
#include "syncline/queue/mutation_queue.hpp"
#include "syncline/queue/rejected.hpp"
#include "syncline/queue/tracked_writes.hpp"

namespace syncline {

/// Why a row reads as it does: what the server confirmed, what waits on top of it, and what comes
/// of both. A value.
struct Explanation {
    /// One mutation in the queue that concerns the row.
    struct Step {
        Sequence sequence;
        MutationId ticket;
        MutationKind kind = MutationKind::create;
        WriteState state = WriteState::local;
        WallTime made_at;      ///< by the device's clock
        Sequence transaction;  ///< steps and mutations of other rows with this number go together
        std::string change;    ///< what it does, for people: `title = "Milk", visits += 1`
        std::string note;      ///< what is special about it, for people; empty: nothing
        /// What the row reads as with this and all before it; false in a condition: no such row.
        Row after;
        /// Not between a named mutation, whose prediction is seen as a whole, and the last step.
        bool after_known = true;
        std::string after_text;  ///< its fields, for people
    };

    std::string entity;
    std::string id;
    Row base;            ///< as the server confirmed it; false in a condition: there is none
    Cursor base_cursor;  ///< of the change that made it so
    std::vector<Step> pending;
    Row view;  ///< what is read; false in a condition: there is no such row
    std::vector<RejectedMutation> rejected;  ///< of this row, and still recorded
    bool local = false;                      ///< the entity is never synchronized
    std::string base_text;                   ///< the base's fields, for people
    std::string view_text;

    /// All of it in some lines, for people.
    std::string text() const;
};

}  // namespace syncline
