#include "effect_run.hpp"
#include "syncline/reactive/errors.hpp"

// The life of effects: their start, the end of a run, their schedules, who waits for them, their
// end.

namespace syncline::detail {
namespace {

// `wait_until_not_running`: few wait, rarely, so all share one. Counts the runs waited for.
std::atomic<std::uint32_t> awaited_runs{0};

std::exception_ptr first_run(Context& ctx, GraphCore& graph, ObserverNode& effect,
                             EffectStart* start) {
    const Deferral deferral(ctx);
    std::exception_ptr error;
    if ((ctx.work & kCommit) != 0) state_of(ctx).ran_in_batch = true;
    if (start != nullptr) {
        if (!start->name.empty()) set_node_name(graph, effect, std::move(start->name));
        if (start->schedule != nullptr) {
            extra_of(effect).schedule = std::move(start->schedule);
            post(ctx, graph, effect, error);
            return error;
        }
    }
    const Surroundings surroundings(ctx, nullptr, nullptr);
    ctx.graph_bits = graph.number << kGraphShift;
    Frame frame;
    frame.outer = ctx.running;
    begin_run(frame, effect);
    step_out(ctx);
    try {
        run_closure(ctx, frame, effect);
    } catch (...) {
        end_thrown(ctx, frame);
        error = std::current_exception();
    }
    step_in(ctx, graph);
    finish_run(ctx, graph, frame, effect);
    if (effect.has(kStopped)) finish_stopped(ctx, effect, error);
    return error;
}

}  // namespace

void tell_waiting(ObserverNode& effect) noexcept {
    effect.remove(kAwaited);
    awaited_runs.fetch_add(1, std::memory_order_release);
    awaited_runs.notify_all();
}

bool finish_told_run(Context& ctx, GraphCore& graph, ObserverNode& effect) {
    graph.lock.begin_changes();
    const std::uint32_t flags = effect.flags.load();
    if ((flags & kAwaited) != 0) tell_waiting(effect);
    const bool stale = (flags & (kDirty | kPending)) != 0;
    if (stale && (flags & (kStopped | kPaused)) == 0) enqueue(ctx, effect);
    return effect.has(kStopped);
}

void drop_unread(Context& ctx, GraphCore& graph, Frame& frame) {
    graph.lock.begin_changes();
    end_run(ctx, graph, frame);
}

void forgo_run(Context& ctx, GraphCore& graph, ObserverNode& effect) {
    graph.lock.begin_changes();
    std::uint32_t flags = effect.flags.load();
    do {
        effect.flags.store((flags & ~kDirty) | kPending);
        flags = check_effect(ctx, graph, effect, 0) & ~(kRunning | kPending);
    } while ((flags & (kDirty | kStopped)) == kDirty);
    effect.flags.store(flags & ~kDirty);
}

// Effect and schedule are kept meanwhile: either may end in there.
void post(Context& ctx, GraphCore& graph, ObserverNode& effect, std::exception_ptr& error) {
    effect.remove(kQueued);
    effect.add(kPosted);
    effect.effect.references += 2;
    const std::shared_ptr<Schedule> schedule = effect.extra->schedule;
    bool failed = false;
    step_out(ctx);
    try {
        const Surroundings surroundings(ctx, nullptr, nullptr);
        schedule->post(EffectRef(&effect));
    } catch (...) {
        failed = true;
        if (!error) error = std::current_exception();
    }
    step_in(ctx, graph);
    // The next change is posted again.
    if (failed && effect.has(kPosted)) {
        effect.remove(kPosted);
        if (!effect.has(kStopped)) forgo_run(ctx, graph, effect);
    }
    release_node(effect);
}

void release_node(ObserverNode& node) noexcept {
    --node.effect.references;
    free_if_unused(node);
}

void free_if_unused(ObserverNode& node) noexcept {
    if (node.effect.references != 0 || node.has(kQueued)) return;
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
    const bool owned = owner != nullptr && can_own(*owner, effect);
    if (owned) adopt(*owner, effect);
    if (ctx.deferring == 0) state_of(ctx).flush_number = ++graph.flush_count;
    const std::exception_ptr error = first_run(ctx, graph, effect, start);
    // The run may have ended the owner.
    if (owned && ownership(effect).owner != nullptr && owner->has(kPaused)) effect.add(kPaused);
    if (error || !(handle || owned)) {
        std::exception_ptr ignored;
        stop_tree(ctx, effect, ignored);
        release_node(effect);
        if (error) std::rethrow_exception(error);
        session.leave();
        return nullptr;
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
    if (is_in_another_graph(ctx, node) || ctx.destroy_depth >= kDestroyDepth) {
        destroy_later(ctx, node);
        return;
    }
    std::exception_ptr error;
    try {
        Session session(ctx, graph_of(node));
        ++ctx.destroy_depth;
        stop_tree(ctx, node, error);
        --ctx.destroy_depth;
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
    if (effect_->has(kPosted)) {
        effect_->remove(kPosted);
        effect_->add(kRunHere);
        detail::enqueue(ctx, *effect_);
    }
    session.leave();
}

void EffectRef::run() const {
    enqueue();
}

}  // namespace syncline::detail
