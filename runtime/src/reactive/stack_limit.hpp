#pragma once

namespace syncline::detail {

/// The lowest address of the calling thread's stack, or null where the system does not tell.
const char* end_of_stack() noexcept;

}  // namespace syncline::detail
