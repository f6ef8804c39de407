// What the loop makes of an answer, a refusal or a live frame. All end in a step.

#include <algorithm>
#include <utility>

#include "sync_loop_impl.hpp"
#include "syncline/base/error.hpp"
#include "syncline/protocol/messages.hpp"

namespace syncline {
namespace {

// A server may ask for patience, but not for ever: it may have meant another time zone.
constexpr std::chrono::hours kRetryAfterMax{1};

// A resync this long after the last one has nothing to do with it.
constexpr std::chrono::minutes kResyncQuiet{10};

// Answers in a row that do not fit what was asked, before all rows are fetched anew.
constexpr unsigned kMisfitsMax = 3;

constexpr const char* kForked = "another database uses the same client id";

void expect_scope(const Page& page, const std::string& scope) {
    if (page.scope == scope) return;
    throw ProtocolError("a page of scope '" + std::string(page.scope) + "' came for scope '" +
                        scope + "'");
}

}  // namespace

// --- Answers ----------------------------------------------------------------------------------

void SyncLoop::Impl::answered(std::uint64_t number, const TransportResponse& response) {
    if (!exchange || exchange->number != number) return;  // given up before
    const Exchange ended = *std::exchange(exchange, std::nullopt);
    guarded([&] { take(ended, response); });
    step();
}

void SyncLoop::Impl::guarded(const std::function<void()>& body) {
    try {
        body();
    } catch (const ProtocolError& fault) {
        fail(invalid_answer(fault.what()));
    } catch (const std::exception& fault) {
        fail(local_failure(fault.what()));
    }
}

void SyncLoop::Impl::take(const Exchange& ended, const TransportResponse& response) {
    if (const auto failure = failure_in(response)) return refused(ended, *failure);
    token.accepted();
    if (ended.action == SyncAction::push) {
        push_pace.succeeded();
        take_push(ended, decode_push_response(response.body));
    } else {
        take_answered_page(ended, response.body);
    }
}

void SyncLoop::Impl::take_answered_page(const Exchange& ended, const Bytes& body) {
    const SteadyTime came = clock.now();
    const Page page = decode_page(body);
    take_page(ended, page);
    if (page.more) page_size.took(body.size(), came - ended.began, clock.now() - came);
}

void SyncLoop::Impl::take_push(const Exchange& ended, const PushResponse& answer) {
    const Replica::AnswerResult taken = replica.apply_answer(answer);
    note_rejected(taken.rejected);
    if (taken.other_history) {
        // What became of the mutations is told by the snapshot, or they are sent again.
        replica.request_snapshot();
        return resync(invalid_answer("the server's history is another one than before"));
    }
    const std::size_t processed = note_processed(ended, taken.processed);
    if (taken.page_fault) throw ProtocolError(*taken.page_fault);
    if (taken.page) {
        page_taken(ended, *answer.page, *taken.page);
    } else {
        ask_pull();  // the effects of what was pushed come by pull alone
        succeeded();
    }
    if (processed > 0) {
        suspect = {};
    } else {
        refused_push(invalid_answer("the server processed none of the mutations"),
                     SyncPhase::waiting_backoff);
    }
}

// Returns how many of the mutations are decided.
std::size_t SyncLoop::Impl::note_processed(const Exchange& ended, Sequence decided) {
    const auto processed = static_cast<std::size_t>(
        std::count_if(ended.sequences.begin(), ended.sequences.end(),
                      [&](Sequence sequence) { return sequence <= decided; }));
    counts.pushed += processed;
    waiters.processed(processed);
    if (processed == 0) return 0;
    push_hold = {};
    push_backoff.reset();
    push_error.reset();
    if (processed == ended.sequences.size()) limits.processed(ended.size.transactions);
    return processed;
}

void SyncLoop::Impl::take_page(const Exchange& ended, const Page& page) {
    expect_scope(page, replica.scope());
    page_taken(ended, page, replica.apply_page(page));
}

void SyncLoop::Impl::page_taken(const Exchange& ended, const Page& page,
                                const Replica::PageResult& result) {
    note_rejected(result.rejected);
    switch (result.outcome) {
        case PageOutcome::applied:
            counts.pulled += page.rows.size();
            return reached_head(ended, page);
        case PageOutcome::staged:
            counts.pulled += page.rows.size();
            if (as_text(page.continuation) == as_text(ended.continuation)) {
                return misfit("the next page is the same as the last");
            }
            return succeeded();
        case PageOutcome::ignored:
            // The live stream may have been faster.
            if (!page.more && page.to <= replica.sync_state().cursor) {
                return reached_head(ended, page);
            }
            return misfit("the page is not of the pull under way");
        case PageOutcome::gap:
            return misfit("the page starts beyond the cursor");
        case PageOutcome::epoch_changed:
            return resync(invalid_answer("the server's history is another one than before"));
        case PageOutcome::diverged:
            return resync(divergence());
        case PageOutcome::forked:
            return part(invalid_answer(kForked));
    }
}

void SyncLoop::Impl::reached_head(const Exchange& ended, const Page& page) {
    misfits = 0;
    limits.announce(page.limits);
    pull_served = std::max(pull_served, ended.serves);
    pull_due = clock.now() + options.pull_interval;
    succeeded();
    note_synced();
}

void SyncLoop::Impl::succeeded() {
    online = true;
    error.reset();
    hold = {};
    backoff.reset();
}

// --- Refusals ---------------------------------------------------------------------------------

void SyncLoop::Impl::refused(const Exchange& ended, const Failure& failure) {
    using Kind = Failure::Kind;
    const bool push = ended.action == SyncAction::push;
    if (failure.error.code == "timed_out") note_time_out(ended);
    if (failure.kind == Kind::unauthorized) return refused_token(failure, ended.token);
    if (failure.reached) token.accepted();
    switch (failure.kind) {
        case Kind::resync:
            replica.request_snapshot();
            return resync(failure);
        case Kind::forked:
            return part(failure);
        case Kind::too_large:
            if (push && !ended.withdrawn && limits.refused(ended.size, failure.limits)) {
                return;  // smaller, at once
            }
            if (push) return refused_push(failure, SyncPhase::waiting_backoff);
            return fail(failure);
        case Kind::request:
            if (push) return refused_request(ended, failure);
            return refused_pull(ended, failure);
        case Kind::forbidden:
            if (push) return refused_push(failure, SyncPhase::forbidden);
            return hold_all(failure, SyncPhase::forbidden, options.slow_retry);
        case Kind::schema_unknown:
            if (push) return refused_push(failure, SyncPhase::upgrade_needed);
            return hold_all(failure, SyncPhase::upgrade_needed, options.slow_retry);
        case Kind::lost:
        case Kind::busy:
        case Kind::unauthorized:
            return fail(failure);
    }
}

// Only a syncline server's word counts here, not a proxy's.
void SyncLoop::Impl::refused_request(const Exchange& ended, const Failure& failure) {
    limits.isolate(ended.size);
    if (ended.withdrawn) {
        suspect = {};  // it is not the transaction: no push passes
    } else if (ended.size.transactions == 1 && failure.reached) {
        if (suspect.first.id != ended.first.id) suspect = {ended.first, 0, {}};
        ++suspect.refusals;
        suspect.text = failure.error.text;
    }
    refused_push(failure, SyncPhase::waiting_backoff);
}

void SyncLoop::Impl::note_time_out(const Exchange& ended) {
    if (ended.action == SyncAction::push) return push_pace.timed_out(ended.size.bytes);
    page_size.timed_out();
}

// Only pushes wait then: what others wrote still arrives.
void SyncLoop::Impl::refused_push(const Failure& failure, SyncPhase phase) {
    const bool slow = phase != SyncPhase::waiting_backoff;
    const auto delay = slow ? options.slow_retry : push_backoff.next(random);
    push_hold = {retry_time(failure, delay), phase};
    push_error = failure.error;
    if (failure.reached) online = true;
    report(failure, phase);
}

// The place where a pull was to go on may be what is wrong with it.
void SyncLoop::Impl::refused_pull(const Exchange& ended, const Failure& failure) {
    const bool goes_on = !ended.continuation.empty();
    if (goes_on && ++misfits >= kMisfitsMax) {
        misfits = 0;
        replica.request_snapshot();
    }
    fail(failure);
}

void SyncLoop::Impl::refused_token(const Failure& failure, const std::string& used) {
    token.refused(used);
    if (failure.reached) online = true;
    if (token.needed()) report(failure, SyncPhase::auth_needed);
}

// The first resync begins at once; should one follow soon upon another, something is wrong, and
// they come ever more slowly.
void SyncLoop::Impl::resync(const Failure& failure) {
    const SteadyTime now = clock.now();
    const bool again = last_resync && now - *last_resync < kResyncQuiet;
    last_resync = now;
    if (again) {
        return hold_all(failure, SyncPhase::waiting_backoff, resync_backoff.next(random));
    }
    resync_backoff.reset();
    online = true;
    if (hooks.on_error) events.push_back([this, told = failure.error] { hooks.on_error(told); });
}

// Another database has our client id. What it has in common with this one is sent again under the
// new id, and known again by the server. Whatever is still on its way here speaks of the old
// numbers.
void SyncLoop::Impl::part(const Failure& failure) {
    exchange.reset();
    replica.take_new_identity();
    live.close();  // it speaks of the former one
    resync(failure);
}

void SyncLoop::Impl::misfit(const std::string& text) {
    if (++misfits >= kMisfitsMax) {
        misfits = 0;
        replica.request_snapshot();
    }
    fail(invalid_answer(text));
}

void SyncLoop::Impl::fail(const Failure& failure) {
    hold_all(failure, SyncPhase::waiting_backoff, backoff.next(random));
}

void SyncLoop::Impl::hold_all(const Failure& failure, SyncPhase phase,
                              std::chrono::milliseconds delay) {
    hold = {retry_time(failure, delay), phase};
    online = failure.reached;
    report(failure, phase);
}

// The jitter comes on top of what the server asks for, so that not all come back at that moment.
SteadyTime SyncLoop::Impl::retry_time(const Failure& failure,
                                      std::chrono::milliseconds delay) const {
    const auto asked = failure.retry_after.value_or(std::chrono::milliseconds(0));
    return clock.now() + delay + std::min<std::chrono::milliseconds>(asked, kRetryAfterMax);
}

void SyncLoop::Impl::report(const Failure& failure, SyncPhase phase) {
    error = failure.error;
    finish_waiters(failure.error, phase);
    if (hooks.on_error) events.push_back([this, told = failure.error] { hooks.on_error(told); });
}

// --- The live stream --------------------------------------------------------------------------

void SyncLoop::Impl::take_frame(const Bytes& frame) {
    try {
        const Page page = decode_page(frame);
        expect_scope(page, replica.scope());
        if (page.more) {
            hint(page);
        } else {
            take_live_page(page);
        }
    } catch (const ProtocolError&) {
        live.fail();
        ask_pull();
    } catch (const std::exception& fault) {
        fail(local_failure(fault.what()));
    }
    step();
}

void SyncLoop::Impl::take_live_page(const Page& page) {
    Replica::PageResult result = replica.apply_page(page);
    note_rejected(result.rejected);
    switch (result.outcome) {
        case PageOutcome::applied:
            counts.pulled += page.rows.size();
            limits.announce(page.limits);
            return note_synced();
        case PageOutcome::staged:
        case PageOutcome::ignored:
            return hint(page);
        case PageOutcome::gap:
            return ask_pull();
        case PageOutcome::epoch_changed:
            return resync(invalid_answer("the server's history is another one than before"));
        case PageOutcome::diverged:
            return resync(divergence());
        case PageOutcome::forked:
            return part(invalid_answer(kForked));
    }
}

// Something is there that we may not have; a pull that is under way may be too early for it.
void SyncLoop::Impl::hint(const Page& page) {
    const SyncState now = replica.sync_state();
    if (page.epoch != now.epoch) return ask_pull();
    if (page.to <= now.cursor.value_or(Cursor{})) return;
    if (page.to <= hinted.to && hinted.request > pull_served) return;
    hinted = {++pull_requests, page.to};
}

void SyncLoop::Impl::live_closed(const TransportResponse& response) {
    const auto failure = failure_in(response);
    if (failure && failure->kind == Failure::Kind::unauthorized) {
        refused_token(*failure, live_token);
    }
    // A pull heals what was missed and shows whether the server is there; as late as the next
    // stream, since a server that went down cut all its clients at one moment.
    if (const auto next = live.next_attempt()) pull_due = std::min(pull_due, *next);
    step();
}

// --- What is told -----------------------------------------------------------------------------

void SyncLoop::Impl::note_rejected(const std::vector<RejectedMutation>& rejected) {
    counts.rejected += rejected.size();
    if (!hooks.on_rejected) return;
    for (const RejectedMutation& mutation : rejected) {
        events.push_back([this, mutation] { hooks.on_rejected(mutation); });
    }
}

void SyncLoop::Impl::note_synced() {
    SyncResult result;
    result.ok = true;
    result.phase = SyncPhase::idle;
    result.cursor = replica.sync_state().cursor.value_or(Cursor{});
    result.pushed = counts.pushed - counts_told.pushed;
    result.pulled = counts.pulled - counts_told.pulled;
    result.rejected = counts.rejected - counts_told.rejected;
    counts_told = counts;
    if (hooks.on_synced) events.push_back([this, result] { hooks.on_synced(result); });
}

}  // namespace syncline
