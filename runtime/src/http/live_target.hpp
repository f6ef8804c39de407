#pragma once

#include <string>

#include "syncline/protocol/transport.hpp"

namespace syncline::http {

/// Path and query of `GET /v1/live` for `request`.
std::string live_target(const LiveRequest& request);

}  // namespace syncline::http
