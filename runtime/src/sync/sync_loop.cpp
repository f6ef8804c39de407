#include "syncline/sync/sync_loop.hpp"

#include <algorithm>
#include <utility>

#include "sync_loop_impl.hpp"

namespace syncline {
namespace {

SyncResult failed(SyncPhase phase, std::string code, std::string text) {
    SyncResult result;
    result.phase = phase;
    result.error = {std::move(code), std::move(text)};
    return result;
}

// What comes round by itself must not come round all the time.
constexpr std::chrono::milliseconds kShortestInterval{100};

SyncOptions checked(SyncOptions options) {
    for (auto* interval : {&options.push_interval, &options.pull_interval, &options.slow_retry}) {
        *interval = std::max(bounded_wait(*interval), kShortestInterval);
    }
    return options;
}

}  // namespace

SyncLoop::Impl::Impl(SyncLoop& loop, Replica& store, Transport& carrier, Executor& executor,
                     const Clock& time, Random bits, SyncOptions wanted, SyncHooks told)
    : owner(loop),
      replica(store),
      transport(carrier),
      clock(time),
      random(bits),
      options(checked(wanted)),
      hooks(std::move(told)),
      schema(fingerprint(replica.schema())),
      gate(TaskGate::open(executor)),
      token(hooks.token),
      live(transport, gate, clock, Random(random.next()),
           Backoff(options.backoff_first, options.backoff_longest),
           {[this](const Bytes& frame) { take_frame(frame); },
            [this](const TransportResponse& response) { live_closed(response); }}),
      backoff(options.backoff_first, options.backoff_longest),
      push_backoff(options.backoff_first, options.backoff_longest),
      resync_backoff(options.backoff_first, options.backoff_longest) {}

void SyncLoop::Impl::start() {
    if (started) return;
    started = true;
    pull_due = clock.now();
    step();
}

void SyncLoop::Impl::stop() {
    if (!started && waiters.empty()) return;
    started = false;
    forget_exchange();
    finish_waiters({"stopped", "Sync was stopped before it was done; call start() or sync()"},
                   SyncPhase::stopped);
    step();
}

void SyncLoop::Impl::pause() {
    if (paused) return;
    paused = true;
    forget_exchange();
    finish_waiters({"paused", "Sync was paused before it was done; call resume()"},
                   SyncPhase::paused);
    step();
}

void SyncLoop::Impl::resume() {
    paused = false;
    pull_due = clock.now();
    forgive();
    step();
}

// What the server made of it is unknown then; what was sent is sent again.
void SyncLoop::Impl::forget_exchange() {
    exchange.reset();
    live.close();
    online = false;
}

// Lets everything that waits after a failure be tried at once.
void SyncLoop::Impl::forgive() {
    hold = {};
    push_hold = {};
    backoff.reset();
    push_backoff.reset();
    live.hurry();
}

void SyncLoop::Impl::sync(std::chrono::milliseconds timeout,
                          std::function<void(const SyncResult&)> done) {
    wait_for(timeout, true, std::move(done));
}

void SyncLoop::Impl::flush(std::chrono::milliseconds timeout,
                           std::function<void(const SyncResult&)> done) {
    wait_for(timeout, false, std::move(done));
}

void SyncLoop::Impl::wait_for(std::chrono::milliseconds timeout, bool pulls,
                              std::function<void(const SyncResult&)> done) {
    if (paused) {
        return done(failed(SyncPhase::paused, "paused", "Sync is paused; call resume() first"));
    }
    try {
        state = replica.sync_state();
    } catch (const std::exception& fault) {
        return done(failed(status.phase, "local_failed", fault.what()));
    }
    forgive();
    token.try_again();
    if (pulls) ask_pull();
    const std::uint64_t pull = pulls ? pull_wanted : 0;
    waiters.add({std::move(done), clock.now() + bounded_wait(timeout), pull, state.unsent, counts});
    step();
}

void SyncLoop::Impl::wake() {
    // Whatever is under way or waited for ends in a step; that looks at the queue again.
    const bool busy = exchange || paused || token.needed() || clock.now() < hold.until;
    if (!started || busy) return;
    step();
}

void SyncLoop::Impl::network_available() {
    if (!started || paused) return;
    forgive();
    ask_pull();
    step();
}

void SyncLoop::Impl::set_token(std::string fresh) {
    token.set(std::move(fresh));
    forgive();
    step();
}

SyncLoop::SyncLoop(Replica& replica, Transport& transport, Executor& executor, const Clock& clock,
                   Random random, SyncOptions options, SyncHooks hooks)
    : impl_(std::make_unique<Impl>(*this, replica, transport, executor, clock, random, options,
                                   std::move(hooks))) {}

SyncLoop::~SyncLoop() {
    impl_->gate->close();
}

void SyncLoop::post(std::function<void(SyncLoop&)> call) {
    impl_->gate->post([this, call = std::move(call)] { call(*this); });
}

bool SyncLoop::running_here() const {
    return impl_->gate->running_here();
}
void SyncLoop::start() {
    impl_->start();
}
void SyncLoop::stop() {
    impl_->stop();
}
void SyncLoop::pause() {
    impl_->pause();
}
void SyncLoop::resume() {
    impl_->resume();
}
void SyncLoop::sync(std::chrono::milliseconds timeout,
                    std::function<void(const SyncResult&)> done) {
    impl_->sync(timeout, std::move(done));
}
void SyncLoop::flush(std::chrono::milliseconds timeout,
                     std::function<void(const SyncResult&)> done) {
    impl_->flush(timeout, std::move(done));
}
void SyncLoop::wake() {
    impl_->wake();
}
void SyncLoop::network_available() {
    impl_->network_available();
}
void SyncLoop::set_token(std::string token) {
    impl_->set_token(std::move(token));
}
void SyncLoop::step() {
    impl_->step();
}
const SyncStatus& SyncLoop::status() const {
    return impl_->status;
}

}  // namespace syncline
