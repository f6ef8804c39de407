// What the loop does next: from the stored state and the clock to a request, a timer, a status.

#include <algorithm>
#include <utility>

#include "sync_loop_impl.hpp"
#include "syncline/protocol/messages.hpp"

namespace syncline {
namespace {

// How long after its own time-out an exchange is given up, should the transport not answer at all.
constexpr std::chrono::seconds kGrace{5};

// Times a round may find nothing to send after all before it is left to the next timer.
constexpr int kRoundsMax = 100;

// Times that a transaction is refused alone before the reason is looked for in it.
constexpr unsigned kRefusalsMax = 3;

}  // namespace

void SyncLoop::Impl::step() {
    if (exchange && clock.now() >= exchange->deadline) {
        note_time_out(*exchange);
        exchange.reset();
        Failure overdue;
        overdue.error = {"timed_out", "The transport did not answer at all"};
        fail(overdue);
    }
    guarded([this] { advance(); });
    guarded([this] { tend_live(); });
    settle_waiters();
    if (!started && waiters.empty()) exchange.reset();  // nobody wants its answer any more
    set_timer();
    publish();
    flush_events();
}

void SyncLoop::Impl::advance() {
    for (int round = 0; round < kRoundsMax; ++round) {
        state = replica.sync_state();
        if (state.unsent == 0) push_error.reset();
        const SyncAction action = plan_sync(situation()).action;
        if (action == SyncAction::none || begin(action)) return;
    }
    fail(local_failure("The queue has unsent mutations but gives none to send"));
}

SyncSituation SyncLoop::Impl::situation() const {
    SyncSituation at;
    at.state = state;
    at.now = clock.now();
    at.started = started;
    at.waited_for = !waiters.empty();
    at.paused = paused;
    at.token_needed = token.needed();
    at.online = online;
    at.pull_asked = pull_asked();
    at.pull_due = pull_due;
    at.push_interval = options.push_interval;
    at.hold = hold;
    at.push_hold = push_hold;
    if (exchange) at.exchange = exchange->action;
    if (exchange) at.exchange_deadline = exchange->deadline;
    return at;
}

bool SyncLoop::Impl::pull_asked() const {
    if (pull_wanted > pull_served) return true;
    return hinted.request > pull_served && state.cursor < hinted.to;
}

void SyncLoop::Impl::ask_pull() {
    pull_wanted = ++pull_requests;
}

// True: a request is on its way, or cannot be for now. False: look again.
bool SyncLoop::Impl::begin(SyncAction action) {
    if (!token_ready()) return true;
    if (action == SyncAction::push) return begin_push();
    return begin_pull(action == SyncAction::snapshot);
}

bool SyncLoop::Impl::token_ready() {
    try {
        token.get();
        return true;
    } catch (const std::exception& fault) {
        token.failed();
        Failure failure;
        failure.kind = Failure::Kind::unauthorized;
        failure.error = {"unauthorized", std::string("The token provider failed: ") + fault.what()};
        report(failure, SyncPhase::auth_needed);
        return false;
    }
}

Limits SyncLoop::Impl::push_limits() const {
    Limits now = limits.current();
    now.batch_bytes_max = std::min(now.batch_bytes_max, push_pace.bytes_max());
    return now;
}

bool SyncLoop::Impl::begin_push() {
    auto push = replica.next_push(push_limits(), given_up());
    if (!push) return false;
    push->request.schema = schema;
    push->request.pull = true;
    Exchange next;
    const Mutation& first = push->request.transactions.front().mutations.front();
    next.first = {first.sequence, first.id};
    next.withdrawn = !push->request.transactions.front().withdrawn.empty();
    next.size.transactions = push->request.transactions.size();
    for (const Transaction& transaction : push->request.transactions) {
        for (const Mutation& mutation : transaction.mutations) {
            next.sequences.push_back(mutation.sequence);
        }
    }
    Bytes body = encode(push->request);
    next.size.mutations = next.sequences.size();
    next.size.bytes = body.size();
    exchange = std::move(next);
    send(SyncAction::push, std::move(body));
    return true;
}

// A transaction that no push gets through with holds up all others. It is withdrawn: if that does
// not get through either, it is not to blame.
std::optional<Withdrawal> SyncLoop::Impl::given_up() const {
    if (suspect.refusals < kRefusalsMax) return std::nullopt;
    return Withdrawal{suspect.first, "invalid_request", suspect.text};
}

bool SyncLoop::Impl::begin_pull(bool snapshot) {
    PullRequest request;
    request.scope = replica.scope();
    request.client = state.client;
    request.schema = schema;
    request.epoch = state.epoch;
    request.cursor = state.cursor.value_or(Cursor{});
    request.snapshot = snapshot;
    request.continuation = state.continuation;
    request.confirmed = state.confirmed;
    request.bytes_max = page_size.wished();
    Exchange next;
    next.continuation = state.continuation;
    exchange = std::move(next);
    send(snapshot ? SyncAction::snapshot : SyncAction::pull, encode(request));
    return true;
}

void SyncLoop::Impl::send(SyncAction action, Bytes body) {
    const std::uint64_t number = ++exchange_number;
    exchange->number = number;
    exchange->action = action;
    exchange->began = clock.now();
    exchange->deadline = exchange->began + options.exchange_timeout + kGrace;
    exchange->serves = pull_requests;
    TransportRequest request;
    request.endpoint = action == SyncAction::push   ? Endpoint::push
                       : action == SyncAction::pull ? Endpoint::pull
                                                    : Endpoint::snapshot;
    request.body = std::move(body);
    request.token = exchange->token = token.get();
    request.timeout = options.exchange_timeout;
    // The handler may outlive the loop: it shares the gate, whose tasks do not.
    auto handler = [this, shared = gate, number](TransportResponse response) {
        shared->post(
            [this, number, response = std::move(response)] { answered(number, response); });
    };
    try {
        transport.send(std::move(request), std::move(handler));
    } catch (...) {
        exchange.reset();
        throw;
    }
}

bool SyncLoop::Impl::live_wanted() const {
    const bool held = clock.now() < hold.until && hold.phase != SyncPhase::waiting_backoff;
    const bool based = state.cursor && !state.staging_snapshot;
    return started && !paused && options.live && !token.needed() && !held && based;
}

void SyncLoop::Impl::tend_live() {
    if (!live_wanted()) return live.close();
    if (!online) return;  // the loop's own tries tell when it is worth while
    live.tend([this] {
        LiveRequest request;
        request.scope = replica.scope();
        request.client = state.client;
        request.schema = schema;
        request.epoch = state.epoch;
        request.cursor = *state.cursor;
        request.confirmed = state.confirmed;
        request.token = live_token = token.get();
        return request;
    });
}

void SyncLoop::Impl::settle_waiters() {
    if (waiters.empty()) return;
    if (state.unsent == 0) waiters.all_processed();
    SyncResult success;
    success.ok = true;
    success.phase = plan_sync(situation()).phase;
    success.cursor = state.cursor.value_or(Cursor{});
    auto finished = waiters.take(
        [this](const SyncWaiters::Waiter& waiter) {
            return waiter.unprocessed == 0 && waiter.pull <= pull_served;
        },
        success, counts);

    SyncResult late = success;
    late.ok = false;
    late.error = {"timed_out",
                  "Sync was not done in the time given; what waited goes on waiting: " +
                      (status.waiting_for.empty() ? "the server's answer" : status.waiting_for)};
    auto overdue = waiters.take(
        [now = clock.now()](const SyncWaiters::Waiter& waiter) { return waiter.deadline <= now; },
        late, counts);
    finished.insert(finished.end(), std::make_move_iterator(overdue.begin()),
                    std::make_move_iterator(overdue.end()));
    for (auto& [done, result] : finished) {
        events.push_back([done = std::move(done), result = std::move(result)] { done(result); });
    }
}

void SyncLoop::Impl::finish_waiters(const SyncError& reason, SyncPhase phase) {
    SyncResult result;
    result.phase = phase;
    result.error = reason;
    result.cursor = state.cursor.value_or(Cursor{});
    for (auto& [done, own] : waiters.take([](const auto&) { return true; }, result, counts)) {
        events.push_back([done = std::move(done), own = std::move(own)] { done(own); });
    }
}

void SyncLoop::Impl::set_timer() {
    std::optional<SteadyTime> next = plan_sync(situation()).next;
    const auto sooner = [&](std::optional<SteadyTime> time) {
        if (time) next = std::min(next.value_or(*time), *time);
    };
    sooner(waiters.next_deadline());
    if (live_wanted() && online) sooner(live.next_attempt());
    if (next == timer_time) return;
    if (timer != 0) gate->cancel(timer);
    timer = 0;
    timer_time = next;
    if (!next) return;
    timer = gate->post_at(*next, [this] {
        timer = 0;
        timer_time.reset();
        step();
    });
}

void SyncLoop::Impl::publish() {
    const SyncPlan plan = plan_sync(situation());
    SyncStatus next;
    next.phase = plan.phase;
    next.online = online;
    next.since = next.phase == status.phase ? status.since : clock.now();
    next.last_error = push_error ? push_error : error;
    if (!state.server_differs.empty()) tell_difference(next);
    if (state.server_differs.empty()) difference_told = false;
    next.progress = progress_of(state);
    next.cursor = state.cursor.value_or(Cursor{});
    next.pending = state.pending;
    next.rejected = state.rejected;
    next.resyncs = state.resyncs;
    if (!exchange && plan.phase != SyncPhase::idle) next.next_attempt = plan.next;
    next.waiting_for = waiting_for(next);
    if (next == status) return;
    status = std::move(next);
    if (!hooks.on_status) return;
    // Before all else that happened: who hears of it finds the new status.
    events.insert(events.begin(), [this, told = status] { hooks.on_status(told); });
}

// It stays, since nothing here mends it; but what goes wrong besides is of more use.
void SyncLoop::Impl::tell_difference(SyncStatus& next) {
    const SyncError told = server_difference(state.server_differs);
    if (!next.last_error) next.last_error = told;
    if (std::exchange(difference_told, true) || !hooks.on_error) return;
    events.push_back([this, told] { hooks.on_error(told); });
}

std::string SyncLoop::Impl::waiting_for(const SyncStatus& at) const {
    const std::string why = at.last_error ? at.last_error->text : std::string();
    switch (at.phase) {
        case SyncPhase::stopped:
            return "start() or sync()";
        case SyncPhase::paused:
            return "resume()";
        case SyncPhase::idle:
            return {};
        case SyncPhase::connecting:
            return "a first answer of the server";
        case SyncPhase::pushing:
        case SyncPhase::pulling:
        case SyncPhase::snapshotting:
            return "the server's answer";
        case SyncPhase::waiting_backoff:
            return "the next try, because of: " + why;
        case SyncPhase::auth_needed:
            return "another token (set_token), because of: " + why;
        case SyncPhase::upgrade_needed:
            return "the server to learn this version of the schema: " + why;
        case SyncPhase::forbidden:
            return "the right to use this scope: " + why;
    }
    return {};
}

// A hook may call the loop, whose step flushes what is left.
void SyncLoop::Impl::flush_events() {
    while (!events.empty()) {
        const auto now = std::exchange(events, {});
        for (const auto& event : now) event();
    }
}

}  // namespace syncline
