#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "syncline/base/bytes.hpp"
#include "syncline/base/ids.hpp"
#include "syncline/server/authority.hpp"

namespace syncline::server {

/// Where the next page of a pull goes on; what `Page::continuation` holds.
struct Continuation {
    Epoch epoch;
    bool snapshot = false;
    Cursor base;                   ///< the client's cursor; 0 for a snapshot
    Cursor start_head;             ///< head when the first page was made
    RowPosition after;             ///< last row that was looked at
    std::uint64_t rows_total = 0;  ///< estimate made with the first page
};

/// Bound to `scope` by a checksum.
Bytes encode(const Continuation& continuation, std::string_view scope);

/// Nothing: `bytes` are not what `encode` made for this scope.
std::optional<Continuation> decode_continuation(ByteView bytes, std::string_view scope);

}  // namespace syncline::server
