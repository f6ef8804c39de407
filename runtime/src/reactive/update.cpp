#include <exception>

#include "internal.hpp"
#include "syncline/reactive/errors.hpp"

namespace syncline::detail {
namespace {

// Deeper than this, known dependencies are brought up to date before a closure runs, so that a
// long chain whose every node is dirty does not end on the stack.
constexpr std::uint32_t kDirectDepth = 32;

// The exception of a run becomes the node's value.
void keep_error(ComputedNode& node) {
    extra_of(node).error = std::current_exception();
    node.add(kError);
}

void forget_error(ComputedNode& node) noexcept {
    node.remove(kError);
    node.extra->error = nullptr;
}

void refuse_for_lack_of_stack(GraphCore& graph, ComputedNode& node) noexcept {
    try {
        throw CycleError("computed " + name_of(graph, node) +
                         " needs more nested evaluations than the stack has room for: read long "
                         "chains once from their beginning, or give the thread more stack");
    } catch (...) {
        keep_error(node);
    }
    node.remove(kPending);
}

void tell_pending_observers(const ComputedNode& node) noexcept {
    for (Link* link = node.subscribers.load(); link != nullptr; link = link->next_subscriber) {
        ObserverNode& observer = *link->observer;
        const std::uint32_t flags = observer.flags.load();
        if ((flags & (kPending | kDirty)) == kPending) observer.flags.store(flags | kDirty);
    }
}

bool is_stale(const GraphCore& graph, const ObserverNode& node) noexcept {
    const std::uint32_t flags = node.flags.load();
    if ((flags & (kDirty | kPending)) != 0) return true;
    if ((flags & kLive) != 0) return false;
    return static_cast<const ComputedNode&>(node).valid_at.load() != graph.version.load();
}

// Runs the closures of computeds, one after the other in one frame. The lock is held.
//
// Whoever is in the middle of a walk through the graph learns by `Context::disturbances` that
// there was one, since that may have evaluated a node that the walk has left half-way.
class Evaluation {
public:
    Evaluation(Context& ctx, GraphCore& graph, bool deep) noexcept
        : ctx_(ctx),
          graph_(graph),
          deep_(deep),
          outer_frame_(ctx.frame),
          outer_owner_(ctx.owner),
          outer_bits_(ctx.graph_bits) {
        frame_.outer = ctx.running;
        ctx.frame = ctx.running = &frame_;
        ctx.graph_bits = graph.number << kGraphShift;
        ++ctx.computed_depth;
        ++ctx.disturbances;
    }
    ~Evaluation() {
        --ctx_.computed_depth;
        ctx_.graph_bits = outer_bits_;
        ctx_.owner = outer_owner_;
        ctx_.frame = outer_frame_;
        ctx_.running = frame_.outer;
    }
    Evaluation(const Evaluation&) = delete;
    Evaluation& operator=(const Evaluation&) = delete;

    void evaluate(ComputedNode& node, std::uint32_t flags) {
        ctx_.owner = &node;
        if (node.extra != nullptr || deep_) [[unlikely]] {
            if (!prepare(node)) return;
            flags = node.flags.load();
        }
        node.flags.store((flags & ~(kDirty | kPending)) | kRunning);
        frame_.observer = &node;
        frame_.cursor = &node.dependencies;
        frame_.special = (flags & kLive) != 0 ? 0 : Frame::kNotLive;
        bool changed = run_closure(node);
        if (*frame_.cursor != &end_link) [[unlikely]]
            end_run(ctx_, graph_, frame_);
        flags = node.flags.load();
        node.flags.store((flags & ~kRunning) | kHasRun);
        if ((flags & kLive) == 0) node.valid_at.store(graph_.version.load());
        if (changed) tell(node);
    }

protected:
    Context& context() const noexcept { return ctx_; }
    GraphCore& graph() const noexcept { return graph_; }
    bool deep() const noexcept { return deep_; }

private:
    // Whether the closure may run.
    SYNCLINE_REACTIVE_COLD bool prepare(ComputedNode& node) {
        if (node.extra != nullptr) dispose_last_run(node);
        if (!deep_ || !stack_is_short(ctx_)) return true;
        refuse_for_lack_of_stack(graph_, node);
        if (!node.has(kLive)) node.valid_at.store(graph_.version.load());
        tell(node);
        return false;
    }

    void tell(ComputedNode& node) noexcept {
        bump_version(graph_, node);
        tell_pending_observers(node);
    }

    // What the run before made and left to clean up goes first.
    void dispose_last_run(ComputedNode& node) noexcept {
        std::exception_ptr error;
        frame_.observer = &node;
        frame_.cursor = &node.dependencies;
        ctx_.frame = nullptr;
        dispose_owned(ctx_, node, error);
        ctx_.frame = &frame_;
        if (error) report_unhandled(error);
    }

    // Whether the value is another one. Never throws: what the closure throws is kept.
    static bool run_closure(ComputedNode& node) noexcept {
        try {
            const bool changed = node.act(node, Action::run);
            if (!node.has(kError)) [[likely]]
                return changed;
            forget_error(node);
        } catch (...) {
            keep_error(node);
        }
        return true;
    }

    Context& ctx_;
    GraphCore& graph_;
    const bool deep_;
    Frame* const outer_frame_;
    ObserverNode* const outer_owner_;
    const std::uint32_t outer_bits_;
    Frame frame_;
};

// Walks the dependencies of a node and below, evaluates what is stale, in the order in which it
// was read, and stops at a node as soon as that must run. Ends with a computed current, and with
// the flags of an effect telling whether it must run.
//
// A closure may read a node that this check has left half-way, or destroy it: see `disturbances`.
class Check : Evaluation {
public:
    Check(Context& ctx, GraphCore& graph) noexcept
        : Evaluation(ctx, graph, ctx.computed_depth >= kDirectDepth),
          trail_(state_of(ctx).pending.trail()),
          disturbances_(ctx.disturbances) {}

    void bring_up_to_date(ObserverNode& root, std::size_t trail_end = 0) {
        ObserverNode* node = &root;
        std::size_t depth = climb(node, trail_end);
        if (!must_run(node->flags.load())) {
            walk(*node, first_dependency(*node));
        } else {
            finish(*node, node->flags.load());
        }
        while (depth != 0) {
            --depth;
            node = depth == 0 ? &root : trail_.guess(trail_end - depth);
            const std::uint32_t flags = node->flags.load();
            // The trail has led to the first of its dependencies.
            if (must_run(flags) || node->dependencies->next == &end_link) {
                finish(*node, flags);
            } else {
                walk(*node, after_first(*node));
            }
        }
    }

private:
    bool must_run(std::uint32_t flags) const noexcept { return (flags & kDirty) != 0 && !deep(); }

    // Depth first below `root`, from its dependency `link` on.
    void walk(ObserverNode& root, Link* link) {
        std::vector<CheckStep>& stack = pools_of(graph()).check_stack;
        const std::size_t base = stack.size();
        ObserverNode* node = &root;
        const ObserverNode* finished = nullptr;
        for (;;) {
            std::uint32_t flags = node->flags.load();
            if ((flags & kDirty) == 0 || deep()) {
                ComputedNode* const stale = (flags & kLive) != 0
                                                ? next_stale_live(*node, link)
                                                : next_stale_cached(*node, link, finished);
                if (stale != nullptr) {
                    stack.push_back({node, link});
                    link = (flags & kLive) != 0 ? stale->dependencies : first_dependency(*stale);
                    node = stale;
                    continue;
                }
                flags = node->flags.load();
            }
            finish(*node, flags);
            if (stack.size() == base) return;
            finished = node;
            node = stack.back().node;
            link = stack.back().link;
            stack.pop_back();
            if (context().disturbances != disturbances_) [[unlikely]] {
                link = link_after_disturbance(*node, link);
            }
        }
    }

    Link* after_first(ObserverNode& node) {
        Link* const link = node.dependencies->next;
        if (context().disturbances == disturbances_) [[likely]]
            return link;
        return link_after_disturbance(node, link);
    }

    // Goes up from `node` as the loop above would, as long as the way is that of the trail, and
    // returns how far: the trail serves as the stack for that.
    std::size_t climb(ObserverNode*& node, std::size_t trail_end) const noexcept {
        std::size_t depth = 0;
        while (depth < trail_end) {
            ObserverNode* above = trail_.guess(trail_end - depth - 1);
            if (node->dependencies->source.load() != above) break;
            Trail::trust(above);
            const std::uint32_t flags = above->flags.load();
            if ((flags & (kDirty | kPending)) == 0 || (flags & kRunning) != 0) break;
            ++depth;
            node = above;
            if ((flags & kDirty) != 0) break;
        }
        return depth;
    }

    Link* first_dependency(ObserverNode& node) {
        if (!node.has(kLive) && static_cast<ComputedNode&>(node).valid_at.load() < graph().era) {
            // The cache may refer to sources that are no more; only a run tells.
            release_links(context(), graph(), node);
            node.add(kDirty);
        }
        return node.dependencies;
    }

    // The first stale one from `link` on, which moves to where to go on after that.
    static ComputedNode* next_stale_live(ObserverNode& node, Link*& link) noexcept {
        for (; link != &end_link; link = link->next) {
            SourceNode* const source = link->source.load();
            if (source == nullptr) continue;
            const std::uint32_t flags = source->flags.load();
            if ((flags & (kDirty | kPending | kRunning)) == 0) continue;
            if ((flags & kRunning) != 0) return meet_running(node, link);
            link = link->next;
            return static_cast<ComputedNode*>(source);
        }
        return nullptr;
    }

    // The one that was evaluated is looked at again: its version tells whether it changed.
    ComputedNode* next_stale_cached(ObserverNode& node, Link*& link,
                                    const ObserverNode* finished) const noexcept {
        for (; link != &end_link; link = link->next) {
            SourceNode* const source = link->source.load();
            if (source != nullptr && source->has(kComputed)) {
                if (source->has(kRunning)) return meet_running(node, link);
                auto& computed = static_cast<ComputedNode&>(*source);
                if (&computed != finished && is_stale(graph(), computed)) return &computed;
            }
            if (source != nullptr && source->version == link->seen_version) continue;
            node.add(kDirty);
            if (!deep()) return nullptr;
        }
        return nullptr;
    }

    // A cycle, or a dependency that is no more: the closure will tell.
    static ComputedNode* meet_running(ObserverNode& node, Link*& link) noexcept {
        node.add(kDirty);
        link = &end_link;
        return nullptr;
    }

    // One that ran in between, or is destroyed, has other links or none, and nothing to look for.
    Link* link_after_disturbance(ObserverNode& node, Link* link) {
        disturbances_ = context().disturbances;
        if (node.has(kStopped) || !is_stale(graph(), node)) return &end_link;
        return node.has(kLive) ? link : first_dependency(node);
    }

    // Effects are left as they are: the caller runs them.
    void finish(ObserverNode& observer, std::uint32_t flags) {
        if ((flags & kComputed) == 0) return;
        auto& node = static_cast<ComputedNode&>(observer);
        if ((flags & kDirty) == 0) {
            node.flags.store(flags & ~kPending);
            if ((flags & kLive) == 0) node.valid_at.store(graph().version.load());
        } else if ((flags & kStopped) == 0) {
            evaluate(node, flags);
        }
    }

    const Trail& trail_;
    std::uint64_t disturbances_;
};

// What a running effect of this thread has not read in this run, it will read anew.
bool is_unread_by_running(const Context& ctx, const Link& link) noexcept {
    for (const Frame* frame = ctx.running; frame != nullptr; frame = frame->outer) {
        if (frame->observer != link.observer) continue;
        for (Link** at = &frame->observer->dependencies; at != frame->cursor; at = &(*at)->next) {
            if (*at == &link) return false;
        }
        return true;
    }
    return false;
}

// An effect that runs, waits, is paused or traced, or was marked by an effect or within a batch.
void mark_effect_slow(Context& ctx, const Link& link, std::uint32_t flags, std::uint32_t mark) {
    ObserverNode& effect = *link.observer;
    const std::uint32_t bits = mark & ~kTold;
    if ((flags & (kDirty | bits)) != 0) return;
    if ((flags & kRunning) != 0 && is_unread_by_running(ctx, link)) return;
    effect.flags.store(flags | bits);
    if (ctx.held->tracing) note_cause(*ctx.held, effect, *link.source.load());
    if ((flags & (kDirty | kPending)) != 0) return;
    if (ctx.deferring != 0) count_invalidation(ctx, effect);
    if ((flags & (kQueued | kPosted | kRunning | kPaused)) != 0) return;
    enqueue(ctx, effect);
    if ((mark & kTold) == 0) return;
    effect.add(kTold);
    state_of(ctx).told.push_back(&effect);
}

// What makes an effect other than ordinary when it is told of a change.
constexpr std::uint32_t kSpecial =
    kDirty | kPending | kQueued | kPosted | kRunning | kPaused | kStopped;

bool marks_plainly(const Context& ctx, const GraphCore& graph) noexcept {
    return !graph.tracing && ctx.deferring == 0;
}

[[noreturn]] void throw_cycle(Context& ctx, GraphCore& graph, const ComputedNode& node) {
    std::string path = name_of(graph, node);
    for (const Frame* frame = ctx.running; frame != nullptr; frame = frame->outer) {
        path = name_of(graph, *frame->observer) + " -> " + path;
        if (frame->observer == &node) break;
    }
    throw CycleError("a computed needs its own value: " + path);
}

}  // namespace

void bump_version(GraphCore& graph, SourceNode& source) noexcept {
    if (++source.version == 0) {
        // Versions that unobserved computeds saw before could now look current again.
        graph.version.store(graph.version.load() + 1);
        graph.era = graph.version.load();
    }
}

// Whether there is only one observer, and that knows already that it must look.
inline bool is_marked(const Link& subscribers) noexcept {
    return subscribers.next_subscriber == nullptr && subscribers.observer->has(kDirty | kPending);
}

// Depth first, so that a chain is one loop. Direct observers must run, those below must look.
void mark(Context& ctx, GraphCore& graph, SourceNode& source, std::uint32_t effect_mark) {
    auto& stack = pools_of(graph).mark_stack;
    const std::size_t base = stack.size();
    const bool tracing = graph.tracing;
    const bool plain = marks_plainly(ctx, graph) && (effect_mark & kTold) == 0;
    const std::uint32_t mark_below = (effect_mark & ~kDirty) | kPending;
    PendingEffects& pending = state_of(ctx).pending;
    Trail& trail = pending.new_trail();
    bool top_waits = false;
    std::uint32_t bits = kDirty;
    Link* link = source.subscribers.load();
    for (;;) {
        while (link != nullptr) {
            ObserverNode& observer = *link->observer;
            Link* const next = link->next_subscriber;
            const std::uint32_t flags = observer.flags.load();
            if ((flags & kEffect) != 0) {
                const std::uint32_t effect_bits = bits == kDirty ? effect_mark : mark_below;
                if (plain && (flags & kSpecial) == 0) {
                    observer.flags.store(flags | effect_bits | kQueued);
                    pending.push(observer);
                    ctx.work |= kFlush;
                } else {
                    mark_effect_slow(ctx, *link, flags, effect_bits);
                }
            } else if ((flags & (kDirty | kPending)) == 0) {
                observer.flags.store(flags | bits);
                if (tracing) note_cause(graph, observer, *link->source.load());
                Link* const below = observer.subscribers.load();
                if (below != nullptr && !is_marked(*below)) {
                    if (next != nullptr) {
                        stack.push_back(next);
                        top_waits = top_waits || bits == kDirty;
                    }
                    trail.add(observer);
                    bits = kPending;
                    link = below;
                    continue;
                }
            } else if (bits == kDirty) {
                observer.flags.store(flags | kDirty);
            }
            link = next;
        }
        if (stack.size() == base) return;
        link = stack.back();
        stack.pop_back();
        if (top_waits && stack.size() == base) {
            bits = kDirty;
            top_waits = false;
        }
    }
}

std::uint32_t check_effect(Context& ctx, GraphCore& graph, ObserverNode& effect,
                           std::size_t trail_end) {
    // While it runs, a computed that stops it leaves its links alone.
    effect.add(kRunning);
    Check(ctx, graph).bring_up_to_date(effect, trail_end);
    return effect.flags.load();
}

void refresh_for_read(Context& ctx, ComputedNode& node) {
    GraphCore& graph = *ctx.held;
    if (node.graph_number() != graph.number) throw_other_graph();
    if ((ctx.work & kCommit) != 0) settle(ctx);
    const std::uint32_t flags = node.flags.load();
    if ((flags & kRunning) != 0) throw_cycle(ctx, graph, node);
    Frame* const frame = ctx.frame;
    if ((flags & (kDirty | kLive)) == (kDirty | kLive) && ctx.computed_depth < kDirectDepth) {
        Evaluation(ctx, graph, false).evaluate(node, flags);
    } else if (is_stale(graph, node)) {
        Check(ctx, graph).bring_up_to_date(node);
    }
    if (frame != nullptr && (frame->special & Frame::kNotLive) != 0) {
        Link* const last = frame->last();
        if (last != nullptr && last->source.load() == &node) last->seen_version = node.version;
    }
    if (node.has(kError)) [[unlikely]]
        std::rethrow_exception(node.extra->error);
}

// A signal with one effect is common enough to do without the walk and the queue.
void Write::tell_observers() {
    const Link& first = *source_.subscribers.load();
    ObserverNode& observer = *first.observer;
    const std::uint32_t flags = observer.flags.load();
    const bool alone = first.next_subscriber == nullptr && ctx_.depth == 1 && ctx_.work == 0;
    if (alone && (flags & (kEffect | kSpecial)) == kEffect && marks_plainly(ctx_, *ctx_.held)) {
        observer.flags.store(flags | kQueued | kDirty);
        open_ = false;
        flush(ctx_, &observer);
        return;
    }
    mark(ctx_, *ctx_.held, source_, kDirty);
    open_ = false;
    leave(ctx_);
}

void Write::start_era() noexcept {
    GraphCore& graph = *ctx_.held;
    graph.version.store(graph.version.load() + 1);
    graph.era = graph.version.load();
}

}  // namespace syncline::detail
