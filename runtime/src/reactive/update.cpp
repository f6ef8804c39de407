#include <exception>

#include "internal.hpp"
#include "syncline/reactive/errors.hpp"

namespace syncline::detail {
namespace {

// Deeper than this, known dependencies are brought up to date before a closure runs, so that a
// long chain whose every node is dirty does not end on the stack.
constexpr std::uint32_t kDirectDepth = 32;

class Evaluation {
public:
    Evaluation(Context& ctx, ComputedNode& node)
        : ctx_(ctx), outer_frame_(ctx.frame), outer_owner_(ctx.owner), outer_bits_(ctx.graph_bits) {
        begin_run(ctx, frame_, node);
        ctx.frame = ctx.running = &frame_;
        ctx.owner = &node;
        ctx.graph_bits = node.flags.load() >> kGraphShift << kGraphShift;
        ++ctx.computed_depth;
        ++ctx.evaluation_depth;
    }
    ~Evaluation() {
        --ctx_.evaluation_depth;
        --ctx_.computed_depth;
        ctx_.graph_bits = outer_bits_;
        ctx_.owner = outer_owner_;
        ctx_.frame = outer_frame_;
        ctx_.running = frame_.outer;
    }
    Evaluation(const Evaluation&) = delete;
    Evaluation& operator=(const Evaluation&) = delete;

    Frame& frame() noexcept { return frame_; }

private:
    Context& ctx_;
    Frame frame_;
    Frame* outer_frame_;
    ObserverNode* outer_owner_;
    std::uint32_t outer_bits_;
};

// The exception of a run becomes the node's value.
void keep_error(ComputedNode& node) {
    extra_of(node).error = std::current_exception();
    node.add(kError);
}

bool run_closure(ComputedNode& node) {
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

void evaluate(Context& ctx, GraphCore& graph, ComputedNode& node) {
    if (node.extra != nullptr) dispose_last_run(ctx, node);
    bool changed = false;
    if (ctx.evaluation_depth >= kDirectDepth && stack_is_short(ctx)) {
        try {
            throw CycleError(
                "computed " + name_of(graph, node) +
                " needs more nested evaluations than the stack has room for: read "
                "long chains from their beginning once, or give the thread more stack");
        } catch (...) {
            keep_error(node);
        }
        node.remove(kPending);
        changed = true;
    } else {
        Evaluation evaluation(ctx, node);
        changed = run_closure(node);
        end_run(ctx, graph, evaluation.frame());
        node.remove(kRunning);
    }
    node.valid_at.store(graph.version.load());
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

// The caches from before an era may refer to sources that are no more; only a run tells.
bool lost_its_links(const GraphCore& graph, const ObserverNode& node) noexcept {
    return !node.has(kLive) && static_cast<const ComputedNode&>(node).valid_at.load() < graph.era;
}

// Walks the dependencies of `root` and below, evaluates what is stale, in the order in which it
// was read, and stops at a node as soon as it must run. For a computed, ends with `root` current;
// for an effect, with its flags telling whether it must run.
class Check {
public:
    Check(Context& ctx, GraphCore& graph)
        : ctx_(ctx), graph_(graph), stack_(pools_of(graph).check_stack), base_(stack_.size()) {}

    void bring_up_to_date(ObserverNode& root) {
        enter(root);
        for (;;) {
            if (ComputedNode* const stale = next_stale_dependency()) {
                stack_.push_back({node_, link_, node_->flags.load() & kMark});
                enter(*stale);
                continue;
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
        if (lost_its_links(graph_, node)) {
            release_links(ctx_, graph_, node);
            node.add(kDirty);
        }
        link_ = must_run_now() ? &end_link : node.dependencies;
    }

    // In between, a closure may have read this node itself: then it ran, and its links are others.
    void resume(const CheckStep& step) noexcept {
        node_ = step.node;
        const bool ran = (node_->flags.load() & kMark) != step.mark || !is_stale(graph_, *node_);
        link_ = ran ? &end_link : step.link;
    }

    bool must_run_now() const noexcept {
        return node_->has(kDirty) && ctx_.evaluation_depth < kDirectDepth;
    }

    // From `link_` on; the link it stops at is looked at again, since its source has a new version.
    ComputedNode* next_stale_dependency() {
        const bool live = node_->has(kLive);
        for (; link_ != &end_link && !must_run_now(); link_ = link_->next()) {
            SourceNode* const source = link_->source.load();
            if (source == nullptr) {
                if (!live) node_->add(kDirty);
                continue;
            }
            if (source->has(kComputed)) {
                auto& computed = static_cast<ComputedNode&>(*source);
                if (computed.has(kRunning)) {
                    // A cycle, or a dependency that is no more: the closure will tell.
                    node_->add(kDirty);
                    link_ = &end_link;
                    return nullptr;
                }
                if (is_stale(graph_, computed)) return &computed;
            }
            if (!live && source->version != link_->seen_version) node_->add(kDirty);
        }
        return nullptr;
    }

    void finish() {
        if (node_->has(kEffect)) return;
        auto& computed = static_cast<ComputedNode&>(*node_);
        if (computed.has(kStopped)) return;
        if (computed.has(kDirty)) {
            evaluate(ctx_, graph_, computed);
        } else {
            computed.remove(kPending);
            computed.valid_at.store(graph_.version.load());
        }
    }

    Context& ctx_;
    GraphCore& graph_;
    std::vector<CheckStep>& stack_;
    const std::size_t base_;
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
                if (graph.tracing) note_cause(graph, observer, *link->source.load());
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
