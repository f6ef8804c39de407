#pragma once

#include "work.hpp"

namespace syncline::detail {

/// Begins a pull of many pages with `page`, unless it belongs to the one that is under way.
void prepare_staging(Work& work, const Page& page);

/// Keeps the rows of a page until the pull it belongs to is complete: changes in a table of staged
/// rows, a snapshot's rows in a generation of their own, where they will be the base; those of a
/// first snapshot that is to be shown in the base itself.
void stage_page(Work& work, const Page& page);

/// The same, of a page of the pull that is under way, without noting that it came.
void stage_rows(Work& work, const Page& page);

/// Forgets what is staged.
void drop_staging(Work& work);

}  // namespace syncline::detail
