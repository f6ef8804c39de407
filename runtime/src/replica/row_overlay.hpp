#pragma once

#include <optional>
#include <string_view>

#include "syncline/store/row_table.hpp"
#include "syncline/store/stored_row.hpp"

namespace syncline::detail {

/// Synchronized rows that lie in memory while mutations are replayed, over those of the tables.
class RowOverlay {
public:
    virtual ~RowOverlay() = default;

    virtual std::optional<StoredRow> find(const RowTable& table, std::string_view id) = 0;
    virtual void write(const RowTable& table, std::string_view id, const StoredRow& after) = 0;
    /// Notes that the named mutation being replayed changes a row; false if that was known.
    virtual bool touch(const RowTable& table, std::string_view id) = 0;
    /// Brings the tables to the state that the mutation being replayed sees, for a query.
    virtual void write_through() = 0;
};

}  // namespace syncline::detail
