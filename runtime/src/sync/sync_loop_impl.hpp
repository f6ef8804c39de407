#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "answer.hpp"
#include "live_feed.hpp"
#include "pace.hpp"
#include "page_size.hpp"
#include "plan.hpp"
#include "push_limits.hpp"
#include "sync_waiters.hpp"
#include "syncline/sync/backoff.hpp"
#include "syncline/sync/sync_loop.hpp"
#include "syncline/sync/task_gate.hpp"
#include "token_keeper.hpp"

namespace syncline {

struct SyncLoop::Impl {
    Impl(SyncLoop& owner, Replica& replica, Transport& transport, Executor& executor,
         const Clock& clock, Random random, SyncOptions options, SyncHooks hooks);

    // --- sync_loop.cpp: what the owner asks for -----------------------------------------------
    void start();
    void stop();
    void pause();
    void resume();
    void sync(std::chrono::milliseconds timeout, std::function<void(const SyncResult&)> done);
    void flush(std::chrono::milliseconds timeout, std::function<void(const SyncResult&)> done);
    void wait_for(std::chrono::milliseconds timeout, bool pulls,
                  std::function<void(const SyncResult&)> done);
    void wake();
    void network_available();
    void set_token(std::string token);
    void forget_exchange();
    void forgive();

    // --- sync_step.cpp: what is next ----------------------------------------------------------
    void step();
    void advance();
    SyncSituation situation() const;
    bool pull_asked() const;
    void ask_pull();
    bool begin(SyncAction action);
    bool begin_push();
    std::optional<Withdrawal> given_up() const;
    Limits push_limits() const;
    bool begin_pull(bool snapshot);
    void send(SyncAction action, Bytes body);
    bool token_ready();
    bool live_wanted() const;
    void tend_live();
    void settle_waiters();
    void finish_waiters(const SyncError& error, SyncPhase phase);
    void set_timer();
    void publish();
    void tell_difference(SyncStatus& next);
    std::string waiting_for(const SyncStatus& status) const;
    void flush_events();

    // --- sync_answers.cpp: what came back -----------------------------------------------------
    struct Exchange {
        std::uint64_t number = 0;
        SyncAction action = SyncAction::none;
        SteadyTime began;
        SteadyTime deadline;
        std::uint64_t serves = 0;  // pull requests up to this number
        Bytes continuation;        // of a pull
        PushSize size;             // of a push
        bool withdrawn = false;    // a push of a transaction that is given up
        MutationTicket first;      // of a push
        std::string token;
        std::vector<Sequence> sequences;
    };
    void answered(std::uint64_t number, const TransportResponse& response);
    void take(const Exchange& ended, const TransportResponse& response);
    void take_push(const Exchange& ended, const PushResponse& answer);
    std::size_t note_processed(const Exchange& ended, Sequence decided);
    void take_answered_page(const Exchange& ended, const Bytes& body);
    void take_page(const Exchange& ended, const Page& page);
    void page_taken(const Exchange& ended, const Page& page, const Replica::PageResult& result);
    void reached_head(const Exchange& ended, const Page& page);
    void succeeded();
    void refused(const Exchange& ended, const Failure& failure);
    void note_time_out(const Exchange& ended);
    void refused_push(const Failure& failure, SyncPhase phase);
    void refused_request(const Exchange& ended, const Failure& failure);
    void refused_pull(const Exchange& ended, const Failure& failure);
    void refused_token(const Failure& failure, const std::string& used);
    void resync(const Failure& failure);
    void part(const Failure& failure);
    void misfit(const std::string& text);
    void take_frame(const Bytes& frame);
    void take_live_page(const Page& page);
    void hint(const Page& page);
    void live_closed(const TransportResponse& response);
    void note_rejected(const std::vector<RejectedMutation>& rejected);
    void note_synced();
    void fail(const Failure& failure);
    void hold_all(const Failure& failure, SyncPhase phase, std::chrono::milliseconds delay);
    void report(const Failure& failure, SyncPhase phase);
    SteadyTime retry_time(const Failure& failure, std::chrono::milliseconds delay) const;
    void guarded(const std::function<void()>& body);

    SyncLoop& owner;
    Replica& replica;
    Transport& transport;
    const Clock& clock;
    Random random;
    const SyncOptions options;
    const SyncHooks hooks;
    const std::uint64_t schema;
    const std::shared_ptr<TaskGate> gate;

    bool started = false;
    bool paused = false;
    bool online = false;
    SyncState state;  // as read last; what is decided is decided on a fresh one
    TokenKeeper token;
    LiveFeed live;
    std::string live_token;  // that the stream was opened with
    PushLimits limits;
    Pace push_pace;
    PageSize page_size;
    SyncWaiters waiters;
    SyncCounts counts;
    SyncCounts counts_told;  // up to the last `on_synced`

    std::optional<Exchange> exchange;
    std::uint64_t exchange_number = 0;

    // A pull is asked for by number, and served by one that began after: no request is forgotten
    // while another is under way, and none is repeated for ever.
    std::uint64_t pull_requests = 0;
    std::uint64_t pull_wanted = 0;
    std::uint64_t pull_served = 0;
    struct Hint {
        std::uint64_t request = 0;
        Cursor to;
    };
    Hint hinted;  // a pull is wanted as long as the cursor is below
    SteadyTime pull_due;

    Backoff backoff;
    Backoff push_backoff;
    Backoff resync_backoff;
    // A transaction that the server refuses as a request, alone and again and again. Forgotten, it
    // is found out anew.
    struct Suspect {
        MutationTicket first;  // as it is sent
        unsigned refusals = 0;
        std::string text;
    };
    Suspect suspect;
    SyncHold hold;
    SyncHold push_hold;
    std::optional<SyncError> error;
    std::optional<SyncError> push_error;
    std::optional<SteadyTime> last_resync;
    unsigned misfits = 0;  // in a row
    bool difference_told = false;

    TimerId timer = 0;
    std::optional<SteadyTime> timer_time;
    SyncStatus status;
    std::vector<std::function<void()>> events;  // calls of hooks, for the end of the step
};

}  // namespace syncline
