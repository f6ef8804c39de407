#include "internal.hpp"
#include "syncline/reactive/detail/computed_node.hpp"

namespace syncline::detail {
namespace {

// Deeper than this, destructions wait for the outermost one, so that a chain of closures that own
// each other does not end on the stack.
constexpr std::uint32_t kDestroyDepth = 32;

void detach(Context& ctx, GraphCore& graph, ComputedNode& node) noexcept {
    node.add(kStopped);
    ++ctx.disturbances;
    for (Link* link = node.subscribers.load(); link != nullptr;) {
        Link* const next = link->next_subscriber;
        link->source.store(nullptr);
        link = next;
    }
    node.subscribers.store(nullptr);
    forget_in_runs(ctx, node, nullptr);
    if (!node.has(kRunning)) {
        release_links(ctx, graph, node);
        node.remove(kLive);
    }
    if (node.has(kCached)) {
        graph.version.store(graph.version.load() + 1);
        graph.era = graph.version.load();
    }
    if (node.has(kNamed | kHooked)) forget_notes(graph, node);
}

void free_node(Context& ctx, ComputedNode& node) noexcept {
    GraphCore& graph = graph_of(node);
    step_in(ctx, graph);
    // Those of one that was destroyed by its own closure.
    if (node.dependencies != &end_link) release_links(ctx, graph, node);
    const bool large = node.has(kLarge);
    void* const memory = node.has(kOwned) ? static_cast<void*>(&ownership(node)) : &node;
    large ? ::operator delete(memory) : BlockPool::free(memory);
    uncount_node(graph);
    step_out(ctx);
}

void destroy_now(Context& ctx, ComputedNode& node) noexcept {
    ++ctx.destroy_depth;
    if (node.extra != nullptr) {
        std::exception_ptr error;
        dispose_owned(ctx, node, error);
        if (error) report_unhandled(error);
        delete std::exchange(node.extra, nullptr);
    }
    node.act(node, Action::destroy);
    free_node(ctx, node);
    --ctx.destroy_depth;
}

void run_what_cleanups_wrote(Context& ctx) noexcept {
    try {
        Session session(ctx, main_graph);
        session.leave();
    } catch (...) {
        report_unhandled(std::current_exception());
    }
}

}  // namespace

void destroy_computed(ComputedNode& node) noexcept {
    Context& ctx = context();
    GraphCore& graph = graph_of(node);
    if (is_in_another_graph(ctx, node)) {
        destroy_later(ctx, node);
        return;
    }
    try {
        Session session(ctx, graph);
        detach(ctx, graph, node);
        // A closure on the stack may be this one's, or of one that waits for this one.
        if (ctx.computed_depth != 0 || ctx.destroy_depth >= kDestroyDepth) {
            state_of(ctx).doomed_computeds.push_back(&node);
            ctx.work |= kNotify;
            session.leave();
            return;
        }
        session.leave();
    } catch (...) {
        report_unhandled(std::current_exception());
    }
    destroy_now(ctx, node);
    if (ctx.destroy_depth != 0 || ctx.depth != 0) return;
    destroy_doomed_computeds(ctx);
    if ((ctx.work & ctx.work_now) != 0) run_what_cleanups_wrote(ctx);
}

void destroy_doomed_computeds(Context& ctx) noexcept {
    auto& doomed = state_of(ctx).doomed_computeds;
    if (ctx.destroy_depth != 0) return;
    while (!doomed.empty()) {
        ComputedNode* const node = doomed.back();
        doomed.pop_back();
        destroy_now(ctx, *node);
    }
}

void destroy_later(Context& ctx, ObserverNode& node) noexcept {
    state_of(ctx).left_for_later.push_back(&node);
    ctx.work |= kNotify;
}

void destroy_what_was_left(Context& ctx) noexcept {
    auto& left = state_of(ctx).left_for_later;
    while (!left.empty()) {
        ObserverNode& node = *left.back();
        left.pop_back();
        if (node.has(kComputed)) {
            destroy_computed(static_cast<ComputedNode&>(node));
        } else {
            release_handle(node);
        }
    }
}

}  // namespace syncline::detail
