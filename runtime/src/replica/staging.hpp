#pragma once

#include "work.hpp"

namespace syncline::detail {

/// Keeps the rows of a page until the pull it belongs to is complete: changes in a table of staged
/// rows, a snapshot's rows in a generation of their own, where they will be the base.
void stage_page(Work& work, const Page& page);

/// Forgets what is staged.
void drop_staging(Work& work);

}  // namespace syncline::detail
