#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
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
    std::uint64_t rows_total = 0;  ///< estimates made with the first page; 0: none
    std::uint64_t bytes_total = 0;

    // A snapshot by priority sends whole entities first, one after the other, each by id; then what
    // changed since `start_head`, as a pull does.
    EntityNumber entity = 0;  ///< that is being sent; 0: it goes on after `after`
    std::string key;          ///< its last row that was looked at; empty: none
    std::uint64_t order = 0;  ///< `Catalog::order` of the first page

    /// Of a snapshot: the hash of the rows of each entity sent so far; not of those that the schema
    /// lacks.
    std::map<EntityNumber, SetHash> sums;
    bool summed = false;  ///< `sums` has all of them: an older server's continuation has none
};

/// Bound to `scope` by a checksum.
Bytes encode(const Continuation& continuation, std::string_view scope);

/// Nothing: `bytes` are not what `encode` made for this scope.
std::optional<Continuation> decode_continuation(ByteView bytes, std::string_view scope);

}  // namespace syncline::server
