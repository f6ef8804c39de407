#include <algorithm>

#include "effect_run.hpp"
#include "syncline/reactive/errors.hpp"

// The effects of a thread that wait, and the loop that runs them when a lock is left.

namespace syncline::detail {
namespace {

constexpr std::uint32_t kRunsMax = 100;  // of one effect in one flush
constexpr std::uint32_t kFlushBits = 24;
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

// For one who had entered once.
inline void relock(Context& ctx, GraphCore& graph) {
    graph.lock.enter_quietly(*ctx.slot);
    ctx.held = &graph;
    ctx.depth = 1;
}

// Gives `error` to the handler that is nearest to `effect`, or to `first`.
void report(Context& ctx, GraphCore& graph, ObserverNode& effect, const std::exception_ptr& error,
            std::exception_ptr& first) {
    step_out(ctx);
    try {
        std::rethrow_exception(error);
    } catch (...) {
        take_error(effect, first);
    }
    step_in(ctx, graph);
}

// What a flush does with effects that are not plain. The lock of some graph is held on entry and
// exit of each.
class Flush {
public:
    explicit Flush(Context& ctx) noexcept : ctx_(ctx), surroundings_(ctx, nullptr, nullptr) {
        use_graph(*ctx.held);
    }

    const std::exception_ptr& first_error() const noexcept { return first_error_; }

    // Whether the effect is to run now. If not, it has left the queue.
    SYNCLINE_REACTIVE_COLD bool prepare(ObserverNode& effect, std::size_t trail_end) {
        GraphCore& graph = *ctx_.held;
        const std::uint32_t flags = effect.flags.load();
        if ((flags & (kStopped | kPaused | kRunHere)) != 0 || effect.extra != nullptr) {
            if (!may_run_here(graph, effect, flags)) return false;
        }
        if ((flags & kDirty) == 0 && !look(ctx_, *this, effect, trail_end)) return false;
        if (runs_too_often(effect)) {
            const std::exception_ptr error = never_settles(graph, state_of(ctx_), effect);
            forgo_run(ctx_, graph, effect);
            effect.remove(kQueued);
            effect.version = 0;
            end_badly(effect, error);
            return false;
        }
        return effect.extra == nullptr || dispose_last_run(graph, effect);
    }

    // Brings what a pending effect depends on up to date. Whether the effect is to run now.
    static bool look(Context& ctx, Flush& rest, ObserverNode& effect, std::size_t trail_end) {
        GraphCore& graph = *ctx.held;
        graph.lock.begin_changes();
        const std::uint32_t flags = check_effect(ctx, graph, effect, trail_end);
        if ((flags & (kDirty | kStopped)) == kDirty) [[likely]]
            return true;
        effect.flags.store(flags & ~(kRunning | kPending | kQueued));
        if ((flags & kStopped) != 0) rest.end_badly(effect, nullptr);
        return false;
    }

    // After a run in which it was stopped, or that threw `error`.
    SYNCLINE_REACTIVE_COLD void end_badly(ObserverNode& effect, std::exception_ptr error) {
        GraphCore& graph = *ctx_.held;
        graph.lock.begin_changes();
        ++effect.effect.references;
        const bool stopped = effect.has(kStopped);  // later it may be, by one who finishes that
        if (error) report(ctx_, graph, effect, error, first_error_);
        if (stopped) finish_stopped(ctx_, effect, first_error_);
        release_node(effect);
    }

    SYNCLINE_REACTIVE_COLD void switch_graph(GraphCore& graph) {
        unlock(ctx_);
        enter(ctx_, graph);
        use_graph(graph);
    }

    SYNCLINE_REACTIVE_COLD void notify() {
        GraphCore& graph = *ctx_.held;
        unlock(ctx_);
        run_after_work(ctx_);
        enter(ctx_, graph);
    }

private:
    // What the run before made and left to clean up goes first. Whether it did not stop the effect.
    bool dispose_last_run(GraphCore& graph, ObserverNode& effect) {
        effect.flags.store((effect.flags.load() & ~(kDirty | kPending)) | kRunning);
        unlock(ctx_);
        std::exception_ptr error;
        dispose_owned(ctx_, effect, error);
        if (error && !first_error_) first_error_ = error;
        relock(ctx_, graph);
        if (!effect.has(kStopped)) return true;
        effect.remove(kRunning | kQueued);
        if (effect.has(kAwaited)) tell_waiting(effect);
        end_badly(effect, nullptr);
        return false;
    }

    // One that its schedule did not bring here goes there.
    bool may_run_here(GraphCore& graph, ObserverNode& effect, std::uint32_t flags) {
        graph.lock.begin_changes();
        effect.flags.store(flags & ~kRunHere);
        if ((flags & (kStopped | kPaused)) == 0) {
            const bool scheduled = effect.extra != nullptr && effect.extra->schedule != nullptr;
            if (!scheduled || (flags & kRunHere) != 0) return true;
            post(ctx_, graph, effect, first_error_);
            return false;
        }
        effect.remove(kQueued);
        free_if_unused(effect);
        return false;
    }

    void use_graph(const GraphCore& graph) noexcept {
        ctx_.graph_bits = graph.number << kGraphShift;
    }

    Context& ctx_;
    const Surroundings surroundings_;
    std::exception_ptr first_error_;
};

inline bool is_plain(const ObserverNode& effect, std::uint32_t flags) noexcept {
    return (flags & (kStopped | kPaused | kRunHere)) == 0 && effect.extra == nullptr &&
           !runs_too_often(effect);
}

// As `Flush::prepare`.
inline bool prepare(Context& ctx, Flush& rest, ObserverNode& effect, std::uint32_t flags,
                    std::size_t trail_end) {
    if (!is_plain(effect, flags)) [[unlikely]]
        return rest.prepare(effect, trail_end);
    return (flags & kDirty) != 0 || Flush::look(ctx, rest, effect, trail_end);
}

// Here the lock is entered once, so that it need not be counted. Between two effects that only
// wait to run nothing changes, and readers need not be told.
inline void run_effect(Context& ctx, Flush& rest, Frame& frame, ObserverNode& effect) {
    GraphCore& graph = *ctx.held;
    effect.flags.store((effect.flags.load() & ~(kDirty | kPending)) | kRunning);
    frame.observer = &effect;
    frame.cursor = &effect.dependencies;
    frame.special = 0;
    unlock(ctx);
    try {
        run_closure(ctx, frame, effect);
    } catch (...) {
        end_thrown(ctx, frame);
        relock(ctx, graph);
        finish_run(ctx, graph, frame, effect);
        rest.end_badly(effect, std::current_exception());
        return;
    }
    relock(ctx, graph);
    if (finish_run(ctx, graph, frame, effect)) [[unlikely]]
        rest.end_badly(effect, nullptr);
}

// Runs `first`, if any, which is not in the queue, then the queue of this thread until nothing
// waits. While an effect is queued, and until this is done with it, that keeps its memory.
void run_queue(Context& ctx, Flush& rest, ObserverNode* first) {
    Frame frame;
    frame.outer = ctx.running;
    PendingEffects& pending = state_of(ctx).pending;
    std::size_t trail_end = 0;
    ObserverNode* effect = first != nullptr ? first : pending.pop(trail_end);
    for (; effect != nullptr; effect = pending.pop(trail_end)) {
        const std::uint32_t flags = effect->flags.load();
        if ((flags >> kGraphShift) != ctx.held->number) [[unlikely]]
            rest.switch_graph(graph_of(*effect));
        if (prepare(ctx, rest, *effect, flags, trail_end)) run_effect(ctx, rest, frame, *effect);
        if ((ctx.work & kNotify) != 0) [[unlikely]]
            rest.notify();
    }
}

// Entered under the lock, returns without it. The first error that no handler took.
std::exception_ptr run_all(Context& ctx, ObserverNode* first) {
    const Deferral deferral(ctx);
    Flush rest(ctx);
    run_queue(ctx, rest, first);
    ctx.work &= ~std::uint32_t{kFlush};
    unlock(ctx);
    return rest.first_error();
}

void finish_flush(Context& ctx, const std::exception_ptr& error) {
    if ((ctx.work & kNotify) != 0) run_after_work(ctx);
    if (error) std::rethrow_exception(error);
}

}  // namespace

void PendingEffects::grow() {
    const std::size_t waiting = static_cast<std::size_t>(end_ - next_);
    const std::size_t room = static_cast<std::size_t>(limit_ - line_.get()) * 2 + 8;
    auto line = std::make_unique<Entry[]>(room);
    std::copy(next_, end_, line.get());
    line_ = std::move(line);
    next_ = line_.get();
    end_ = next_ + waiting;
    limit_ = next_ + room;
}

void PendingEffects::push_out_of_order(ObserverNode& effect) {
    heap_.push_back(&effect);
    std::push_heap(heap_.begin(), heap_.end(), is_younger);
}

ObserverNode* PendingEffects::pop_older(std::size_t& trail_end) noexcept {
    if (next_ != end_ && is_younger(heap_.front(), next_->effect)) {
        return pop_line(trail_end);
    }
    trail_end = 0;
    std::pop_heap(heap_.begin(), heap_.end(), is_younger);
    ObserverNode* const effect = heap_.back();
    heap_.pop_back();
    return effect;
}

// How often this flush has invalidated `effect`; what other threads write does not count. The
// numbers of flushes wrap around; then a count may go on by chance, which is harmless.
void count_invalidation(Context& ctx, ObserverNode& effect) noexcept {
    const std::uint32_t flush = state_of(ctx).flush_number << (32 - kFlushBits);
    const bool same = (effect.version & ~kCountMask) == flush;
    if (!same) effect.version = flush;
    if ((effect.version & kCountMask) < kCountMask) ++effect.version;
}

// Entered under the lock, returns without it. Throws the first error that no handler took.
void flush(Context& ctx, ObserverNode* first) {
    state_of(ctx).flush_number = ++ctx.held->flush_count;
    const std::exception_ptr error = run_all(ctx, first);
    if (error || (ctx.work & kNotify) != 0) [[unlikely]]
        finish_flush(ctx, error);
}

void leave_with_work(Context& ctx) {
    if ((ctx.work & kCommit) != 0) commit_log(ctx);
    if ((ctx.work & ctx.work_now & kFlush) != 0) {
        flush(ctx, nullptr);
        return;
    }
    unlock(ctx);
    if ((ctx.work & kNotify) != 0) run_after_work(ctx);
    // What hooks and the ends of values wrote:
    if ((ctx.work & ctx.work_now & kFlush) != 0) [[unlikely]]
        flush_thread(ctx, false);
}

// For one who drains a queue: `continued` when it is a further round of the same.
void flush_thread(Context& ctx, bool continued) {
    do {
        enter(ctx, main_graph);
        if (!continued) state_of(ctx).flush_number = ++main_graph.flush_count;
        continued = true;
        finish_flush(ctx, run_all(ctx, nullptr));
    } while ((ctx.work & ctx.work_now & kFlush) != 0);
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
    const Surroundings surroundings(ctx, nullptr, nullptr);
    ctx.work &= ~std::uint32_t{kNotify};
    drop_old_values(ctx);
    destroy_what_was_left(ctx);
    run_hooks(ctx);
}

}  // namespace syncline::detail
