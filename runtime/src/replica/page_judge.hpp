#pragma once

#include <cstdint>

#include "work.hpp"

namespace syncline::detail {

/// What a page is to a scope in its present state.
enum class Verdict : std::uint8_t {
    ignore,         ///< old, or not of the pull under way
    gap,            ///< starts beyond the cursor, or holds nothing
    other_history,  ///< another epoch, and no snapshot of it
    forked,         ///< includes mutations that this database has not made
    stage,          ///< belongs to a pull that is not complete with it
    complete,       ///< brings the base to `page.to`
};

/// Changes nothing. The rules:
///
/// - A snapshot is taken when one is wanted or there is no base, and not from before the cursor.
/// - Other pages are taken when they follow on the base: `from <= cursor <= to`, in its epoch.
///   While a snapshot is wanted they are not, so that it does not come too late.
/// - A fresh database is an empty base at cursor 0 of any epoch.
Verdict judge(Work& work, const Page& page);

/// Throws: `ProtocolError` if a row in `page` is not valid for this scope.
void verify_page(const Replica::Impl& replica, const Page& page);

}  // namespace syncline::detail
