#include <algorithm>

#include "answers.hpp"
#include "page_judge.hpp"
#include "rebase.hpp"
#include "replay.hpp"
#include "staging.hpp"
#include "syncline/base/error.hpp"
#include "syncline/store/row_indexes.hpp"
#include "syncline/store/staged_rows.hpp"
#include "syncline/store/store_format.hpp"
#include "work.hpp"

namespace syncline {
namespace {

using detail::Departures;
using detail::Rebase;
using detail::Verdict;
using detail::Work;

// Notes that all outcomes up to what the page includes are known. Another history knows nothing of
// the outcomes of the former one: what it does not include will be sent again.
void note_outcomes(Work& work, const Page& page) {
    ScopeState& state = work.state;
    const bool same_history = page.epoch == state.confirmed_epoch;
    state.confirmed = same_history ? std::max(state.confirmed, page.applied) : page.applied;
    state.confirmed_epoch = page.epoch;
    state.applied = page.applied;
    state.applied_id = page.applied_id;
    const Sequence first{state.confirmed.value + 1};
    work.counts.unsent = work.queue.count(work.connection, first, work.counts.last);
}

// Fewer reads than counting anew: what becomes confirmed is at most a batch.
void confirm_to(Work& work, const Page& page) {
    ScopeState& state = work.state;
    if (page.epoch != state.confirmed_epoch) return note_outcomes(work, page);
    if (page.applied > state.confirmed) {
        const Sequence first{state.confirmed.value + 1};
        work.counts.unsent -= work.queue.count(work.connection, first, page.applied);
        state.confirmed = page.applied;
    }
    state.applied = page.applied;
    state.applied_id = page.applied_id;
}

// The one place where the cursor moves. With the first one, whatever brought it, all indexes are
// there; the last page of a snapshot has had them made before (`make_indexes`).
void move_cursor(Work& work, const Page& page) {
    if (!work.state.cursor) {
        while (make_row_index(work.connection, work.replica.schema)) ++work.writes;
        work.replica.lacks_indexes = false;
    }
    work.state.epoch = page.epoch;
    work.state.cursor = page.to;
    if (page.snapshot) work.state.wants_snapshot = false;
}

// A whole snapshot that does not add up to its own hashes, twice, tells of a server whose rows have
// changed behind its back: no snapshot will mend that. What it has is taken then, and from there on
// the difference must stay the one it is, whatever changes: hashes are sums.
PageOutcome check_hashes(Work& work, const Page& page, const BaseHashes& hashes) {
    if (page.hashes.empty()) return PageOutcome::applied;
    ScopeState& state = work.state;
    HashDifference difference = hashes.difference(page.hashes);
    const bool as_before = difference == state.snapshot_difference;
    if (difference.empty() || (as_before && (page.snapshot || state.server_differs))) {
        state.server_differs = !difference.empty();
        state.snapshot_difference = std::move(difference);
        return PageOutcome::applied;
    }
    state.server_differs = false;
    if (page.snapshot) state.snapshot_difference = std::move(difference);
    state.wants_snapshot = true;
    ++state.resyncs;
    return PageOutcome::diverged;
}

void change_staged(Work& work, const Page& page, Rebase& rebase) {
    const StagingState& staging = work.state.staging;
    if (!staging.active) return;
    // A complete page from before the head that the staged ones told of is not their last one; it
    // stands for itself, and their pull goes on.
    if (!staging.snapshot && page.to < staging.head) return;
    for_each_staged(work.connection, work.state.key,
                    [&](const RowChange& change) { rebase.change(change); });
    drop_staging(work);
}

Replica::PageResult apply_changes(Work& work, const Page& page) {
    Rebase rebase(work);
    confirm_to(work, page);
    rebase.departures().leave_to(page.applied, page.to, page.rejections);
    change_staged(work, page, rebase);
    for (const RowChange& change : page.rows) rebase.change(change);
    rebase.finish();
    move_cursor(work, page);
    Replica::PageResult result;
    result.outcome = check_hashes(work, page, rebase.hashes());
    result.rejected = rebase.departures().take_rejected();
    return result;
}

// What is pending is replayed onto the new generation; the rows of the old one, which hold the
// payloads of some creates, are deleted later.
void change_generation(Work& work) {
    const std::uint64_t old = work.state.generation;
    work.state.generation = work.state.staging.generation;
    work.state.staging = StagingState{};
    work.queue.forget_touched(work.connection);
    // Predictions read the view, whose rows are found through the stored state.
    save_scope(work.connection, work.state);
    replay_all(work, old);
    abandon_generation(work.connection, old);
    work.replica.has_abandoned = true;
    work.changes.note_all();
}

Replica::PageResult apply_snapshot(Work& work, const Page& page) {
    prepare_staging(work, page);
    if (work.state.shows_staging()) {
        // The base has all but this page's rows already.
        work.state.staging = StagingState{};
        return apply_changes(work, page);
    }
    stage_page(work, page);
    Departures departures(work);
    confirm_to(work, page);
    departures.leave_to(page.applied, page.to, page.rejections);
    departures.erase();
    change_generation(work);
    move_cursor(work, page);
    const BaseHashes hashes(work.connection, work.state.generation);
    Replica::PageResult result;
    result.outcome = check_hashes(work, page, hashes);
    result.rejected = departures.take_rejected();
    return result;
}

PageOutcome want_snapshot(Work& work) {
    drop_staging(work);
    work.state.wants_snapshot = true;
    return PageOutcome::epoch_changed;
}

void check_no_transaction(const Replica::Impl& replica) {
    if (replica.current_work() == nullptr) return;
    throw InvalidState("a page cannot be applied inside a transaction");
}

PageOutcome stage(Work& work, const Page& page) {
    stage_page(work, page);
    return PageOutcome::staged;
}

Replica::PageResult take(Replica::Impl& replica, const Page& page) {
    Work work(replica);
    work.remote = true;
    if (replica.lacks_indexes) work.limit_cache();
    const Replica::PageResult result = detail::take_page(work, page);
    work.commit();
    return result;
}

// Keeps the rows of a first sync's last page, to be followed by its indexes and then by what is
// left of the page: so each is in a transaction of its own, and others can write in between. Its
// place in the snapshot stays before them: killed in between, the same page comes again.
bool take_last_rows(Replica::Impl& replica, const Page& page) {
    if (!page.snapshot || page.more) return false;
    Work work(replica);
    work.remote = true;
    work.limit_cache();
    const bool goes_on = work.state.staging.active && work.state.staging.snapshot;
    if (!goes_on || judge(work, page) != Verdict::complete) return false;
    detail::stage_rows(work, page);
    work.commit();
    return true;
}

}  // namespace

Replica::PageResult detail::take_page(Work& work, const Page& page) {
    switch (judge(work, page)) {
        case Verdict::ignore:
            return {PageOutcome::ignored, {}};
        case Verdict::gap:
            return {PageOutcome::gap, {}};
        case Verdict::forked:
            return {PageOutcome::forked, {}};
        case Verdict::other_history:
            return {want_snapshot(work), {}};
        case Verdict::stage:
            return {stage(work, page), {}};
        case Verdict::complete:
            break;
    }
    return page.snapshot ? apply_snapshot(work, page) : apply_changes(work, page);
}

Replica::PageResult Replica::apply_page(const Page& page) {
    check_no_transaction(*impl_);
    detail::verify_page(*impl_, page);
    PageResult result;
    if (impl_->lacks_indexes && take_last_rows(*impl_, page)) {
        impl_->make_indexes();
        Page rest = page;
        rest.rows.clear();
        result = take(*impl_, rest);
    } else {
        result = take(*impl_, page);
    }
    impl_->sweep();
    return result;
}

Replica::AnswerResult Replica::apply_answer(const PushResponse& response) {
    check_no_transaction(*impl_);
    AnswerResult result;
    if (response.page) {
        try {
            detail::verify_page(*impl_, *response.page);
        } catch (const ProtocolError& fault) {
            result.page_fault = fault.what();
        }
    }
    impl_->write([&](Work& work) {
        work.remote = true;
        const std::uint64_t unsent = work.counts.unsent;
        result.rejected = detail::take_outcomes(work, response);
        // What the answer says does not count, only what is stored: an outcome that was not taken
        // would be asked for again and again.
        const bool taken = work.counts.unsent < unsent || work.counts.unsent == 0;
        result.processed =
            taken ? response.processed : std::min(response.processed, work.state.confirmed);
        const ScopeState& state = work.state;
        result.other_history =
            state.cursor && !state.wants_snapshot && response.epoch != state.epoch;
        if (!response.page || result.page_fault || result.other_history) return;
        result.page = detail::take_page(work, *response.page);
    });
    impl_->sweep();
    return result;
}

void Replica::request_snapshot() {
    impl_->write([](Work& work) { want_snapshot(work); });
    impl_->sweep();
}

}  // namespace syncline
