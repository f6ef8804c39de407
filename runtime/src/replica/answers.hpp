#pragma once

#include <vector>

#include "work.hpp"

namespace syncline::detail {

/// As `Replica::apply_outcomes`, in a transaction of the caller's.
std::vector<RejectedMutation> take_outcomes(Work& work, const PushResponse& response);

/// As `Replica::apply_page`, of a page that was verified.
Replica::PageResult take_page(Work& work, const Page& page);

}  // namespace syncline::detail
