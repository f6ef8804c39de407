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

// Never throws: what the closure throws is kept.
bool run_closure(ComputedNode& node) noexcept {
    try {
        const bool changed = node.act(node, Action::run);
        if (!node.has(kError)) return changed;
        node.remove(kError);
        node.extra->error = nullptr;
    } catch (...) {
        keep_error(node);
    }
    return true;
}

void tell_pending_observers(ComputedNode& node) noexcept {
    for (Link* link = node.subscribers.load(); link != nullptr; link = link->next_subscriber) {
        ObserverNode& observer = *link->observer;
        const std::uint32_t flags = observer.flags.load();
        if ((flags & (kPending | kDirty)) == kPending) observer.flags.store(flags | kDirty);
    }
}

// What the run before made and left to clean up goes first.
void dispose_last_run(Context& ctx, ComputedNode& node) noexcept {
    std::exception_ptr error;
    ++ctx.computed_depth;
    dispose_owned(ctx, node, error);
    --ctx.computed_depth;
    if (error) report_unhandled(error);
}

bool run_in_frame(Context& ctx, GraphCore& graph, ComputedNode& node) {
    Frame frame;
    begin_run(ctx, frame, node);
    Frame* const outer_frame = ctx.frame;
    ObserverNode* const outer_owner = ctx.owner;
    ctx.frame = ctx.running = &frame;
    ctx.owner = &node;
    ++ctx.computed_depth;
    const bool changed = run_closure(node);
    --ctx.computed_depth;
    ctx.owner = outer_owner;
    ctx.frame = outer_frame;
    ctx.running = frame.outer;
    if (frame.expected != &end_link) end_run(ctx, graph, frame);
    node.flags.store((node.flags.load() & ~kRunning) | kHasRun);
    return changed;
}

bool refuse_for_lack_of_stack(GraphCore& graph, ComputedNode& node) noexcept {
    try {
        throw CycleError("computed " + name_of(graph, node) +
                         " needs more nested evaluations than the stack has room for: read long "
                         "chains once from their beginning, or give the thread more stack");
    } catch (...) {
        keep_error(node);
    }
    node.remove(kPending);
    return true;
}

void evaluate(Context& ctx, GraphCore& graph, ComputedNode& node) {
    if (node.extra != nullptr) dispose_last_run(ctx, node);
    const bool changed = ctx.computed_depth >= kDirectDepth && stack_is_short(ctx)
                             ? refuse_for_lack_of_stack(graph, node)
                             : run_in_frame(ctx, graph, node);
    if (!node.has(kLive)) node.valid_at.store(graph.version.load());
    if (!changed) return;
    bump_version(graph, node);
    tell_pending_observers(node);
}

bool is_stale(const GraphCore& graph, const ObserverNode& node) noexcept {
    const std::uint32_t flags = node.flags.load();
    if ((flags & (kDirty | kPending)) != 0) return true;
    if ((flags & kLive) != 0) return false;
    return static_cast<const ComputedNode&>(node).valid_at.load() != graph.version.load();
}

// Walks the dependencies of a node and below, evaluates what is stale, in the order in which it
// was read, and stops at a node as soon as that must run. Ends with a computed current, and with
// the flags of an effect telling whether it must run.
class Check {
public:
    Check(Context& ctx, GraphCore& graph)
        : ctx_(ctx),
          graph_(graph),
          stack_(pools_of(graph).check_stack),
          base_(stack_.size()),
          run_dirty_at_once_(ctx.computed_depth < kDirectDepth),
          outer_bits_(std::exchange(ctx.graph_bits, graph.number << kGraphShift)) {}
    ~Check() { ctx_.graph_bits = outer_bits_; }
    Check(const Check&) = delete;
    Check& operator=(const Check&) = delete;

    void bring_up_to_date(ObserverNode& root) {
        enter(root);
        for (;;) {
            ComputedNode* stale = next_stale_dependency();
            while (stale != nullptr) {
                stack_.push_back({node_, link_, node_->flags.load() & kMark});
                enter(*stale);
                stale = next_stale_dependency();
            }
            finish();
            if (stack_.size() == base_) return;
            resume(stack_.back());
            stack_.pop_back();
        }
    }

private:
    void enter(ObserverNode& node) {
        node_ = &node;
        const std::uint32_t flags = node.flags.load();
        if ((flags & kLive) == 0 && static_cast<ComputedNode&>(node).valid_at.load() < graph_.era) {
            // The cache may refer to sources that are no more; only a run tells.
            release_links(ctx_, graph_, node);
            node.add(kDirty);
        }
        link_ = node.dependencies;
    }

    // In between, a closure may have read this node itself: then it ran, and its links are others.
    void resume(const CheckStep& step) noexcept {
        node_ = step.node;
        const std::uint32_t flags = node_->flags.load();
        const bool ran = (flags & kMark) != step.mark || !is_stale(graph_, *node_);
        link_ = ran ? &end_link : step.link;
    }

    // From `link_` on; the link it stops at is looked at again, since its source may have changed.
    ComputedNode* next_stale_dependency() {
        const std::uint32_t flags = node_->flags.load();
        if ((flags & kDirty) != 0 && run_dirty_at_once_) return nullptr;
        return (flags & kLive) != 0 ? next_stale_live() : next_stale_cached();
    }

    ComputedNode* next_stale_live() noexcept {
        for (Link* link = link_; link != &end_link; link = link->next()) {
            SourceNode* const source = link->source.load();
            if (source == nullptr) continue;
            const std::uint32_t flags = source->flags.load();
            if ((flags & (kDirty | kPending | kRunning)) == 0) continue;
            if ((flags & kRunning) != 0) return meet_running();
            link_ = link;
            return static_cast<ComputedNode*>(source);
        }
        link_ = &end_link;
        return nullptr;
    }

    ComputedNode* next_stale_cached() {
        for (Link* link = link_; link != &end_link; link = link->next()) {
            SourceNode* const source = link->source.load();
            if (source != nullptr && source->has(kComputed)) {
                if (source->has(kRunning)) return meet_running();
                auto& computed = static_cast<ComputedNode&>(*source);
                if (is_stale(graph_, computed)) {
                    link_ = link;
                    return &computed;
                }
            }
            if (source != nullptr && source->version == link->seen_version) continue;
            node_->add(kDirty);
            if (run_dirty_at_once_) return nullptr;
        }
        return nullptr;
    }

    // A cycle, or a dependency that is no more: the closure will tell.
    ComputedNode* meet_running() noexcept {
        node_->add(kDirty);
        link_ = &end_link;
        return nullptr;
    }

    void finish() {
        const std::uint32_t flags = node_->flags.load();
        if ((flags & kComputed) == 0) return;
        auto& computed = static_cast<ComputedNode&>(*node_);
        if ((flags & kDirty) == 0) {
            computed.remove(kPending);
            if ((flags & kLive) == 0) computed.valid_at.store(graph_.version.load());
        } else if ((flags & kStopped) == 0) {
            evaluate(ctx_, graph_, computed);
        }
    }

    Context& ctx_;
    GraphCore& graph_;
    std::vector<CheckStep>& stack_;
    const std::size_t base_;
    const bool run_dirty_at_once_;
    const std::uint32_t outer_bits_;
    ObserverNode* node_ = nullptr;
    Link* link_ = nullptr;
};

// What a running effect of this thread has not read in this run, it will read anew.
bool is_unread_by_running(const Context& ctx, const Link& link) noexcept {
    for (const Frame* frame = ctx.running; frame != nullptr; frame = frame->outer) {
        if (frame->observer == link.observer) return link.mark() != frame->mark;
    }
    return false;
}

void mark_effect(Context& ctx, const Link& link, std::uint32_t flags, std::uint32_t bits) {
    ObserverNode& effect = *link.observer;
    if ((flags & kRunning) != 0 && is_unread_by_running(ctx, link)) return;
    effect.flags.store(flags | bits);
    if (ctx.deferring != 0) count_invalidation(ctx, effect);
    if (ctx.held->tracing) note_cause(*ctx.held, effect, *link.source.load());
    if ((flags & (kQueued | kRunning | kPaused)) == 0) enqueue(ctx, effect);
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

// Depth first, so that a chain is one loop. Direct observers must run, those below must look.
void mark(Context& ctx, GraphCore& graph, SourceNode& source, std::uint32_t effect_mark) {
    auto& stack = pools_of(graph).mark_stack;
    const std::size_t base = stack.size();
    const bool tracing = graph.tracing;
    bool top_waits = false;
    std::uint32_t bits = kDirty;
    Link* link = source.subscribers.load();
    for (;;) {
        while (link != nullptr) {
            ObserverNode& observer = *link->observer;
            Link* const next = link->next_subscriber;
            const std::uint32_t flags = observer.flags.load();
            if ((flags & kEffect) != 0) {
                mark_effect(ctx, *link, flags, bits == kDirty ? effect_mark : kPending);
            } else if ((flags & (kDirty | kPending)) == 0) {
                observer.flags.store(flags | bits);
                if (tracing) note_cause(graph, observer, *link->source.load());
                if (Link* const below = observer.subscribers.load()) {
                    if (next != nullptr) {
                        stack.push_back(next);
                        top_waits = top_waits || bits == kDirty;
                    }
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

bool check_effect(Context& ctx, GraphCore& graph, ObserverNode& effect) {
    // While it runs, a computed that stops it leaves its links alone.
    effect.add(kRunning);
    Check(ctx, graph).bring_up_to_date(effect);
    const bool must_run = effect.has(kDirty);
    effect.remove(kRunning | kPending);
    return must_run;
}

void refresh(Context& ctx, ComputedNode& node) {
    GraphCore& graph = *ctx.held;
    if (ctx.work != 0 && (ctx.work & kCommit) != 0) settle(ctx);
    if (node.has(kRunning)) throw_cycle(ctx, graph, node);
    if (is_stale(graph, node)) Check(ctx, graph).bring_up_to_date(node);
}

void refresh_for_read(Context& ctx, ComputedNode& node) {
    Frame* const frame = ctx.frame;
    refresh(ctx, node);
    if (frame != nullptr && !frame->live && frame->last->source.load() == &node) {
        frame->last->seen_version = node.version;
    }
    if (node.has(kError)) std::rethrow_exception(node.extra->error);
}

void Write::mark_observers() {
    mark(ctx_, *ctx_.held, source_, kDirty);
}

void Write::start_era() noexcept {
    GraphCore& graph = *ctx_.held;
    graph.version.store(graph.version.load() + 1);
    graph.era = graph.version.load();
}

}  // namespace syncline::detail
