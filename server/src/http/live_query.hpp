#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "syncline/protocol/transport.hpp"

namespace syncline::server {

/// Reads the query string of `GET /v1/live`: scope, client, schema, epoch, cursor, confirmed. What
/// is not there is zero; names that are not known are ignored. A text says what is wrong.
std::variant<LiveRequest, std::string> parse_live_query(std::string_view query);

}  // namespace syncline::server
