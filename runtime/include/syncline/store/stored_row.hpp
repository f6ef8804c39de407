#pragma once

#include <cstdint>
#include <optional>

#include "syncline/base/bytes.hpp"
#include "syncline/base/ids.hpp"

namespace syncline {

/// A row as it is kept: the view, and beneath it the base while mutations are pending.
struct StoredRow {
    Cursor cursor;              ///< version of the base; 0: no base
    std::uint32_t pending = 0;  ///< queued mutations that concern this row
    Sequence create;            ///< queued create whose payload is `data`; 0: none
    std::optional<Bytes> data;  ///< the view; none: the row is not in it
    std::optional<Bytes> base;  ///< only while `pending`; else the base is `data`

    const std::optional<Bytes>& base_row() const { return pending > 0 ? base : data; }
};

}  // namespace syncline
