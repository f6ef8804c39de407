#pragma once

#include <optional>
#include <string_view>

#include "syncline/base/bytes.hpp"
#include "syncline/base/clock.hpp"
#include "syncline/protocol/row.hpp"

namespace syncline {

/// The synchronized rows that a named mutator reads and writes: on a client those of the view, when
/// its effect is predicted; at the server those of the transaction that the mutation is part of.
/// Generated code makes typed `Rows` of it.
///
/// Reads see the writes before them. The writers check what they are given, and throw an `Error`
/// if it cannot be done; a mutator that lets it pass predicts nothing, or rejects its mutation.
/// Lives only during the call of the mutator. Thread-safety: none.
class RowAccess {
public:
    virtual ~RowAccess() = default;

    /// When the mutation was made, by the clock of the device that made it; at the server not later
    /// than the server's own clock.
    virtual WallTime made_at() const = 0;

    virtual std::optional<Row> find(std::string_view entity, std::string_view id) = 0;

    /// Throws also if there is a row with the id that `row` bears.
    virtual void create(std::string_view entity, ByteView row) = 0;
    /// Throws also if there is no such row.
    virtual void update(std::string_view entity, std::string_view id, ByteView patch) = 0;
    /// False: there was none.
    virtual bool remove(std::string_view entity, std::string_view id) = 0;
};

}  // namespace syncline
