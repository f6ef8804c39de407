#pragma once

#include <string_view>

namespace syncline::server {

/// Whether `text` is well-formed UTF-8 (no surrogates, nothing overlong) without a NUL.
bool is_utf8(std::string_view text);

}  // namespace syncline::server
