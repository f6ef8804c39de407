#include <algorithm>
#include <cstdio>
#include <mutex>

#include "internal.hpp"
#include "syncline/reactive/errors.hpp"

namespace syncline::detail {
namespace {

constexpr std::uint32_t kRunsMax = 100;  // of one effect in one flush
constexpr std::uint32_t kFlushBits = 24;

// `wait_until_not_running`: few wait, rarely, so all share one. Counts the runs waited for.
std::atomic<std::uint32_t> awaited_runs{0};

bool came_out_of_order(std::uint32_t earlier, std::uint32_t later) noexcept {
    return static_cast<std::int32_t>(later - earlier) < 0;
}

struct YoungerFirst {
    template <class Entry>
    bool operator()(const Entry& a, const Entry& b) const noexcept {
        return came_out_of_order(a.first, b.first);
    }
};

constexpr std::uint32_t kCountMask = (1U << (32 - kFlushBits)) - 1;

bool runs_too_often(const ObserverNode& effect) noexcept {
    return (effect.version & kCountMask) > kRunsMax;
}

std::exception_ptr never_settles(GraphCore& graph, const ThreadState& state,
                                 const ObserverNode& effect) {
    std::string names = name_of(graph, effect);
    int listed = 0;
    state.pending.for_each([&](const ObserverNode& other) {
        if (&other != &effect && ++listed <= 8) names += ", " + name_of(graph, other);
    });
    return std::make_exception_ptr(
        CycleError("effects invalidate themselves or each other without end (" +
                   std::to_string(kRunsMax) + " runs in one write): " + names));
}

void tell_waiting(ObserverNode& effect) noexcept {
    effect.remove(kAwaited);
    awaited_runs.fetch_add(1, std::memory_order_release);
    awaited_runs.notify_all();
}

void run_body(Context& ctx, Frame& frame, ObserverNode& effect, std::exception_ptr& error) {
    const Surroundings surroundings(ctx, &frame, &effect);
    ctx.graph_bits = effect.flags.load() >> kGraphShift << kGraphShift;
    ctx.running = &frame;
    try {
        effect.act(effect, Action::run);
    } catch (...) {
        error = std::current_exception();
    }
    ctx.running = frame.outer;
}

// The lock is held on entry and exit; in between it is not, unless the thread is in a batch.
std::exception_ptr run_effect(Context& ctx, GraphCore& graph, ObserverNode& effect) {
    std::exception_ptr error;
    Frame frame;
    frame.outer = ctx.running;
    begin_run(frame, effect);
    step_out(ctx);
    if (effect.extra != nullptr) dispose_owned(ctx, effect, error);
    std::exception_ptr body_error;
    run_body(ctx, frame, effect, body_error);
    step_in(ctx, graph);
    if (frame.expected != &end_link) end_run(ctx, graph, frame);
    effect.flags.store((effect.flags.load() & ~kRunning) | kHasRun);
    const std::uint32_t flags = effect.flags.load();
    if ((flags & (kStopped | kAwaited | kDirty | kPending)) != 0) {
        if ((flags & kAwaited) != 0) tell_waiting(effect);
        if ((flags & kStopped) != 0) {
            finish_stopped(ctx, effect, error);
        } else if ((flags & kPaused) == 0 && (flags & (kDirty | kPending)) != 0) {
            enqueue(ctx, effect);
        }
    }
    return body_error ? body_error : error;
}

void switch_graph(Context& ctx, GraphCore& graph) {
    if (ctx.held == &graph) return;
    unlock(ctx);
    enter(ctx, graph);
}

// Gives the reference of the queue to the schedule.
void post(Context& ctx, GraphCore& graph, ObserverNode& effect, std::exception_ptr& error) {
    effect.add(kQueued);
    Schedule& schedule = *effect.extra->schedule;
    step_out(ctx);
    try {
        schedule.post(EffectRef(&effect));
    } catch (...) {
        if (!error) error = std::current_exception();
    }
    step_in(ctx, graph);
}

bool must_run(Context& ctx, GraphCore& graph, ObserverNode& effect, std::exception_ptr& error) {
    if (effect.has(kDirty)) return true;
    if (!check_effect(ctx, graph, effect)) {
        if (effect.has(kStopped)) finish_stopped(ctx, effect, error);
        return false;
    }
    if (!effect.has(kStopped)) return true;
    finish_stopped(ctx, effect, error);
    return false;
}

// One effect from the queue; the lock of some graph is held on entry and exit.
void run_pending(Context& ctx, ObserverNode& effect, std::exception_ptr& first_error) {
    GraphCore& graph = graph_of(effect);
    switch_graph(ctx, graph);
    const std::uint32_t flags = effect.flags.load();
    effect.flags.store(flags & ~(kQueued | kRunHere));
    if ((flags & (kStopped | kPaused)) == 0) {
        if (effect.extra != nullptr && effect.extra->schedule != nullptr &&
            (flags & kRunHere) == 0) {
            post(ctx, graph, effect, first_error);
            return;
        }
        if (must_run(ctx, graph, effect, first_error)) {
            std::exception_ptr error;
            if (runs_too_often(effect)) {
                effect.remove(kDirty | kPending);
                effect.version = 0;
                error = never_settles(graph, state_of(ctx), effect);
            } else {
                error = run_effect(ctx, graph, effect);
            }
            if (error) {
                step_out(ctx);
                try {
                    std::rethrow_exception(error);
                } catch (...) {
                    take_error(effect, first_error);
                }
                step_in(ctx, graph);
            }
        }
    }
    release_node(effect);
}

std::exception_ptr first_run(Context& ctx, GraphCore& graph, ObserverNode& effect,
                             EffectStart* start) {
    const Deferral deferral(ctx);
    if (start != nullptr) {
        if (!start->name.empty()) set_node_name(graph, effect, std::move(start->name));
        if (start->schedule != nullptr) {
            extra_of(effect).schedule = std::move(start->schedule);
            std::exception_ptr error;
            ++effect.effect.references;
            post(ctx, graph, effect, error);
            return error;
        }
    }
    return run_effect(ctx, graph, effect);
}

void default_unhandled(const std::exception_ptr& error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "syncline: unhandled error in an effect: %s\n", e.what());
    } catch (...) {
        std::fprintf(stderr, "syncline: unhandled error in an effect\n");
    }
}

std::mutex unhandled_mutex;

std::shared_ptr<std::function<void(std::exception_ptr)>>& unhandled_handler() {
    static auto& handler = *new std::shared_ptr<std::function<void(std::exception_ptr)>>;
    return handler;
}

}  // namespace

void PendingEffects::push(ObserverNode& effect) {
    const Entry entry(effect.effect.sequence, &effect);
    if (next_ == line_.size()) {
        line_.clear();
        next_ = 0;
    }
    if (line_.empty() || !came_out_of_order(line_.back().first, entry.first)) {
        line_.push_back(entry);
    } else {
        heap_.push_back(entry);
        std::push_heap(heap_.begin(), heap_.end(), YoungerFirst{});
    }
}

ObserverNode* PendingEffects::pop() noexcept {
    const bool line = next_ < line_.size();
    if (!heap_.empty() && (!line || came_out_of_order(line_[next_].first, heap_.front().first))) {
        std::pop_heap(heap_.begin(), heap_.end(), YoungerFirst{});
        ObserverNode* const effect = heap_.back().second;
        heap_.pop_back();
        return effect;
    }
    return line ? line_[next_++].second : nullptr;
}

// How often this flush has invalidated `effect`; what other threads write does not count. The
// numbers of flushes wrap around; then a count may go on by chance, which is harmless.
void count_invalidation(Context& ctx, ObserverNode& effect) noexcept {
    const std::uint32_t flush = state_of(ctx).flush_number << (32 - kFlushBits);
    const bool same = (effect.version & ~kCountMask) == flush;
    if (!same) effect.version = flush;
    if ((effect.version & kCountMask) < kCountMask) ++effect.version;
}

void enqueue(Context& ctx, ObserverNode& effect) {
    state_of(ctx).pending.push(effect);
    effect.add(kQueued);
    ++effect.effect.references;
    ctx.work |= kFlush;
}

// Entered under the lock, returns without it. Throws the first error that no handler took.
void flush(Context& ctx, bool continued) {
    ThreadState& state = state_of(ctx);
    std::exception_ptr error;
    {
        const Deferral deferral(ctx);
        if (!continued) state.flush_number = ++ctx.held->flush_count;
        while (ObserverNode* const effect = state.pending.pop()) {
            run_pending(ctx, *effect, error);
            if ((ctx.work & kNotify) == 0) continue;
            GraphCore& graph = *ctx.held;
            unlock(ctx);
            run_after_work(ctx);
            enter(ctx, graph);
        }
        ctx.work &= ~std::uint32_t{kFlush};
        unlock(ctx);
    }
    if (!error) return;
    if ((ctx.work & kNotify) != 0) run_after_work(ctx);
    std::rethrow_exception(error);
}

void take_error(ObserverNode& node, std::exception_ptr& first) noexcept {
    Context& ctx = context();
    std::exception_ptr error = std::current_exception();
    std::function<void(std::exception_ptr)> handler;
    GraphCore& graph = graph_of(node);
    step_in(ctx, graph);
    for (const ObserverNode* owner = &node; owner != nullptr;) {
        if (owner->extra != nullptr && owner->extra->on_error) {
            handler = owner->extra->on_error;
            break;
        }
        owner = owner->has(kOwned) ? ownership(const_cast<ObserverNode&>(*owner)).owner : nullptr;
    }
    step_out(ctx);
    if (handler) {
        const Surroundings surroundings(ctx, nullptr, nullptr);
        try {
            handler(error);
            return;
        } catch (...) {
            error = std::current_exception();
        }
    }
    if (!first) first = error;
}

void report_unhandled(std::exception_ptr error) noexcept {
    std::shared_ptr<std::function<void(std::exception_ptr)>> handler;
    {
        const std::lock_guard lock(unhandled_mutex);
        handler = unhandled_handler();
    }
    if (handler != nullptr) {
        (*handler)(error);
    } else {
        default_unhandled(error);
    }
}

void release_node(ObserverNode& node) noexcept {
    if (--node.effect.references != 0) return;
    GraphCore& graph = graph_of(node);
    if (node.has(kNamed)) forget_notes(graph, node);
    const bool large = node.has(kLarge);
    void* const memory = node.has(kOwned) ? static_cast<void*>(&ownership(node)) : &node;
    large ? ::operator delete(memory) : BlockPool::free(memory);
    uncount_node(graph);
}

ObserverNode* start_effect(Context& ctx, ObserverNode& effect, EffectStart* start, bool handle) {
    GraphCore& graph = graph_of(effect);
    ObserverNode* const owner = ctx.owner;
    Session session(ctx, graph);
    effect.effect.sequence = graph.next_sequence++;
    effect.effect.references = 1;  // the handle's, else ours for the time being
    if (owner != nullptr && !owner->has(kStopped)) adopt(*owner, effect);
    if (ctx.deferring == 0) state_of(ctx).flush_number = ++graph.flush_count;
    const std::exception_ptr error = first_run(ctx, graph, effect, start);
    if (owner != nullptr && owner->has(kPaused)) effect.add(kPaused);
    if (error) {
        std::exception_ptr ignored;
        stop_tree(ctx, effect, ignored);
        release_node(effect);
        std::rethrow_exception(error);
    }
    if (!handle) release_node(effect);
    try {
        session.leave();
    } catch (...) {
        // Another effect threw. Without a handle to it, this one must not live on.
        if (handle) release_handle(effect);
        throw;
    }
    return &effect;
}

void stop_effect(ObserverNode& effect) {
    Context& ctx = context();
    Session session(ctx, graph_of(effect));
    std::exception_ptr error;
    stop_tree(ctx, effect, error);
    session.leave();
    if (error) std::rethrow_exception(error);
}

void release_handle(ObserverNode& node) noexcept {
    Context& ctx = context();
    std::exception_ptr error;
    try {
        Session session(ctx, graph_of(node));
        stop_tree(ctx, node, error);
        release_node(node);
        session.leave();
    } catch (...) {
        report_unhandled(std::current_exception());
    }
    if (error) report_unhandled(error);
}

bool is_stopped(ObserverNode& node) {
    // Only ever set, so that it needs no lock.
    return node.has(kStopped);
}

void wait_until_not_running(ObserverNode& effect) {
    Context& ctx = context();
    for (const Frame* frame = ctx.running; frame != nullptr; frame = frame->outer) {
        if (frame->observer == &effect) throw InvalidState("an effect cannot wait for its own end");
    }
    if (ctx.depth != 0) {
        throw InvalidState(
            "waiting for an effect inside of a batch, snapshot or computed would "
            "stop both for ever");
    }
    GraphCore& graph = graph_of(effect);
    for (;;) {
        Session session(ctx, graph);
        const bool running = effect.has(kRunning);
        if (running) effect.add(kAwaited);
        const std::uint32_t seen = awaited_runs.load(std::memory_order_acquire);
        session.leave();
        if (!running) return;
        awaited_runs.wait(seen);
    }
}

EffectRef::EffectRef(const EffectRef& other) : effect_(other.effect_) {
    if (effect_ == nullptr) return;
    Context& ctx = context();
    Session session(ctx, graph_of(*effect_));
    ++effect_->effect.references;
    session.leave();
}

EffectRef::~EffectRef() {
    if (effect_ == nullptr) return;
    Context& ctx = context();
    try {
        Session session(ctx, graph_of(*effect_));
        release_node(*effect_);
        session.leave();
    } catch (...) {
        report_unhandled(std::current_exception());
    }
}

void EffectRef::enqueue() const {
    if (effect_ == nullptr) return;
    Context& ctx = context();
    Session session(ctx, graph_of(*effect_));
    if (effect_->has(kQueued) && !effect_->has(kRunHere)) {
        effect_->add(kRunHere);
        detail::enqueue(ctx, *effect_);
    }
    session.leave();
}

void EffectRef::run() const {
    enqueue();
}

void leave_with_work(Context& ctx) {
    if ((ctx.work & kCommit) != 0) commit_log(ctx);
    if ((ctx.work & ctx.work_now & kFlush) != 0) {
        flush(ctx, false);
    } else {
        unlock(ctx);
    }
    if ((ctx.work & kNotify) != 0) run_after_work(ctx);
}

// For one who drains a queue: `continued` when it is a further round of the same.
void flush_thread(Context& ctx, bool continued) {
    enter(ctx, main_graph);
    flush(ctx, continued);
    if ((ctx.work & kNotify) != 0) run_after_work(ctx);
}

void leave_after_error(Context& ctx) noexcept {
    try {
        leave(ctx);
    } catch (...) {
        report_unhandled(std::current_exception());
    }
}

void run_after_work(Context& ctx) noexcept {
    const Deferral deferral(ctx);
    ctx.work &= ~std::uint32_t{kNotify};
    drop_old_values(ctx);
    destroy_doomed_computeds(ctx);
    run_hooks(ctx);
}

}  // namespace syncline::detail

namespace syncline {

void set_unhandled_error_handler(std::function<void(std::exception_ptr)> handler) {
    auto next = handler
                    ? std::make_shared<std::function<void(std::exception_ptr)>>(std::move(handler))
                    : nullptr;
    const std::lock_guard lock(detail::unhandled_mutex);
    detail::unhandled_handler().swap(next);
}

}  // namespace syncline
