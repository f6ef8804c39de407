#include "internal.hpp"
#include "syncline/reactive/detail/computed_node.hpp"

namespace syncline::detail {
namespace {

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

// Runs what cleanups wrote, and destroys what waits.
void do_what_is_left(Context& ctx) noexcept {
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
    if (ctx.destroy_depth == 0 && ctx.depth == 0 && (ctx.work & ctx.work_now) != 0) {
        do_what_is_left(ctx);
    }
}

void destroy_later(Context& ctx, ObserverNode& node) noexcept {
    state_of(ctx).left_for_later.push_back(&node);
    ctx.work |= kNotify;
}

void destroy_what_was_left(Context& ctx) noexcept {
    ThreadState& state = state_of(ctx);
    if (state.doomed_computeds.empty() && state.left_for_later.empty()) return;
    if (ctx.destroy_depth != 0) {
        ctx.work |= kNotify;
        return;
    }
    ++ctx.destroy_depth;
    for (;;) {
        if (!state.doomed_computeds.empty()) {
            ComputedNode& node = *state.doomed_computeds.back();
            state.doomed_computeds.pop_back();
            destroy_now(ctx, node);
        } else if (!state.left_for_later.empty()) {
            ObserverNode& node = *state.left_for_later.back();
            state.left_for_later.pop_back();
            if (node.has(kComputed)) {
                destroy_computed(static_cast<ComputedNode&>(node));
            } else {
                release_handle(node);
            }
        } else {
            break;
        }
    }
    --ctx.destroy_depth;
}

}  // namespace syncline::detail
