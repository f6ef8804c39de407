#include <algorithm>

#include "internal.hpp"

namespace syncline::detail {
namespace {

// The next node in the order parent, first child, ..., without a stack: depth costs nothing.
ObserverNode* next_in_tree(ObserverNode* node, const ObserverNode* root, bool descend) noexcept {
    if (descend && node->extra != nullptr && node->extra->first_child != nullptr) {
        return node->extra->first_child;
    }
    while (node != root) {
        Ownership& place = ownership(*node);
        if (place.next != nullptr) return place.next;
        node = place.owner;
    }
    return nullptr;
}

// Puts the tree below `root`, and `root` itself if wanted, into `doomed`. Nodes that run are told
// and finish themselves; so their trees are left to them.
void collect(ThreadState& state, ObserverNode& root, bool with_root) {
    ObserverNode* node = &root;
    bool descend = true;
    if (with_root) state.doomed.push_back(node);
    while ((node = next_in_tree(node, &root, descend)) != nullptr) {
        descend = !node->has(kRunning);
        state.doomed.push_back(node);
    }
}

void run_cleanups(Context& ctx, ObserverNode& node, std::exception_ptr& error) noexcept {
    if (node.extra == nullptr || node.extra->cleanups.empty()) return;
    const Surroundings surroundings(ctx, nullptr, nullptr);
    // Swapped out and back, so that the next run uses the same memory again.
    std::vector<Callback> cleanups;
    cleanups.swap(node.extra->cleanups);
    for (Callback& cleanup : cleanups) {
        try {
            cleanup();
        } catch (...) {
            take_error(node, error);
        }
    }
    cleanups.clear();
    if (node.extra->cleanups.empty()) node.extra->cleanups.swap(cleanups);
}

// Without the lock, on entry and exit.
void end_node(Context& ctx, GraphCore& graph, ObserverNode& node,
              std::exception_ptr& error) noexcept {
    run_cleanups(ctx, node, error);
    node.act(node, Action::destroy);
    step_in(ctx, graph);
    const std::unique_ptr<ObserverExtra> extra(std::exchange(node.extra, nullptr));
    if (node.has(kOwned)) ownership(node).owner = nullptr;
    release_node(node);
    step_out(ctx);
}

// Ends `doomed` from `base` on, the last one first. The lock is held on entry and exit, not while
// cleanups run, unless the thread is inside of a batch.
void end_doomed(Context& ctx, GraphCore& graph, std::size_t base,
                std::exception_ptr& error) noexcept {
    ThreadState& state = state_of(ctx);
    for (std::size_t i = base; i < state.doomed.size(); ++i) {
        ObserverNode& node = *state.doomed[i];
        // What its cleanups throw looks for a handler above: owners end after what they own.
        if (node.has(kOwned)) {
            if (node.has(kRunning)) keep_handler(node);
            ObserverNode* const owner = node.has(kRunning) ? nullptr : ownership(node).owner;
            ownership(node) = {owner, nullptr, nullptr, nullptr};
        }
        if (!node.has(kRunning)) release_links(ctx, graph, node);
        if (node.extra != nullptr && !node.has(kRunning)) {
            node.extra->first_child = node.extra->last_child = nullptr;
        }
    }
    // Those that run end themselves; whether they still do is not asked a second time.
    for (std::size_t i = base; i < state.doomed.size(); ++i) {
        ObserverNode*& node = state.doomed[i];
        const bool running = node->has(kRunning);
        node->add(kStopped);
        if (!running) continue;
        release_node(*node);
        node = nullptr;
    }
    step_out(ctx);
    while (state.doomed.size() > base) {
        ObserverNode* const node = state.doomed.back();
        state.doomed.pop_back();
        if (node != nullptr) end_node(ctx, graph, *node, error);
    }
    step_in(ctx, graph);
}

// One that owns nothing and has nothing to clean up.
void end_leaf(Context& ctx, GraphCore& graph, ObserverNode& node) noexcept {
    release_links(ctx, graph, node);
    node.add(kStopped);
    step_out(ctx);
    node.act(node, Action::destroy);
    step_in(ctx, graph);
    release_node(node);
}

}  // namespace

// One that was stopped while it runs still owns what its run makes, until the run ends.
bool has_ended(const ObserverNode& owner) noexcept {
    return owner.has(kStopped) && !owner.has(kRunning);
}

// Not across graphs: each has its lock.
bool can_own(const ObserverNode& owner, const ObserverNode& child) noexcept {
    return owner.graph_number() == child.graph_number() && !has_ended(owner);
}

void adopt(ObserverNode& owner, ObserverNode& child) {
    ObserverExtra& extra = extra_of(owner);
    ownership(child) = {&owner, extra.last_child, nullptr, nullptr};
    if (extra.last_child != nullptr) {
        ownership(*extra.last_child).next = &child;
    } else {
        extra.first_child = &child;
    }
    extra.last_child = &child;
    ++child.effect.references;
}

// The reference that the owner held stays with the caller.
void disown(ObserverNode& child) noexcept {
    Ownership& place = ownership(child);
    ObserverExtra& extra = *place.owner->extra;
    (place.previous != nullptr ? ownership(*place.previous).next : extra.first_child) = place.next;
    (place.next != nullptr ? ownership(*place.next).previous : extra.last_child) = place.previous;
    place = {};
}

void stop_tree(Context& ctx, ObserverNode& root, std::exception_ptr& error) noexcept {
    if (root.has(kStopped)) return;
    GraphCore& graph = graph_of(root);
    const Deferral deferral(ctx);
    const bool running = root.has(kRunning);
    if (running) keep_handler(root);
    if (root.has(kOwned) && ownership(root).owner != nullptr) {
        disown(root);
    } else {
        ++root.effect.references;
    }
    if (running) {
        root.add(kStopped);
        release_node(root);
        return;
    }
    if (root.extra == nullptr) {
        end_leaf(ctx, graph, root);
        return;
    }
    const std::size_t base = state_of(ctx).doomed.size();
    collect(state_of(ctx), root, true);
    end_doomed(ctx, graph, base, error);
}

void dispose_owned(Context& ctx, ObserverNode& owner, std::exception_ptr& error) noexcept {
    const Deferral deferral(ctx);
    GraphCore& graph = graph_of(owner);
    // Under the lock even to look: another thread may end one of them.
    step_in(ctx, graph);
    if (owner.extra->first_child != nullptr) {
        const std::size_t base = state_of(ctx).doomed.size();
        collect(state_of(ctx), owner, false);
        owner.extra->first_child = owner.extra->last_child = nullptr;
        end_doomed(ctx, graph, base, error);
    }
    step_out(ctx);
    run_cleanups(ctx, owner, error);
}

void finish_stopped(Context& ctx, ObserverNode& node, std::exception_ptr& error) noexcept {
    const Deferral deferral(ctx);
    release_links(ctx, graph_of(node), node);
    const std::size_t base = state_of(ctx).doomed.size();
    ++node.effect.references;
    collect(state_of(ctx), node, true);
    end_doomed(ctx, graph_of(node), base, error);
}

}  // namespace syncline::detail
