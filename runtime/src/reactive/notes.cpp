#include <algorithm>

#include "internal.hpp"
#include "syncline/reactive/detail/notes.hpp"

namespace syncline::detail {
namespace {

NodeNotes& notes_of(GraphCore& graph, SourceNode& node, std::uint32_t flag) {
    NodeNotes& notes = pools_of(graph).notes[&node];
    node.add(flag);
    return notes;
}

const char* kind_of(const SourceNode& node) noexcept {
    if (node.has(kEffect)) return "effect";
    if (node.has(kScope)) return "scope";
    return node.has(kComputed) ? "computed" : "signal";
}

// The hook to call now, if the state differs from what was last told.
std::shared_ptr<Callback> hook_due(GraphCore& graph, const SourceNode* source) {
    auto& table = pools_of(graph).notes;
    const auto found = table.find(source);
    if (found == table.end()) return nullptr;
    NodeNotes& notes = found->second;
    notes.in_line = false;
    const bool observed = source->subscribers.load() != nullptr;
    if (observed == notes.told_observed) return nullptr;
    notes.told_observed = observed;
    return observed ? notes.on_observed : notes.on_unobserved;
}

void call_hook(Context& ctx, Callback& hook) noexcept {
    const Surroundings surroundings(ctx, nullptr, nullptr);
    try {
        hook();
    } catch (...) {
        report_unhandled(std::current_exception());
    }
}

}  // namespace

void note_observed_changed(Context& ctx, GraphCore& graph, SourceNode& source) {
    NodeNotes& notes = pools_of(graph).notes[&source];
    if (std::exchange(notes.in_line, true)) return;
    state_of(ctx).hooks.emplace_back(graph.number, &source);
    ctx.work |= kNotify;
}

void run_hooks(Context& ctx) noexcept {
    auto& hooks = state_of(ctx).hooks;
    while (!hooks.empty()) {
        const auto [number, source] = hooks.back();
        hooks.pop_back();
        GraphCore* const graph = graphs[number];
        if (graph == nullptr) continue;
        step_in(ctx, *graph);
        const auto hook = hook_due(*graph, source);
        step_out(ctx);
        if (hook != nullptr && *hook) call_hook(ctx, *hook);
    }
}

void forget_notes(GraphCore& graph, SourceNode& source) noexcept {
    pools_of(graph).notes.erase(&source);
    source.remove(kNamed | kHooked);
}

std::string name_of(GraphCore& graph, const SourceNode& node) {
    const std::string kind = kind_of(node);
    if (node.has(kNamed)) {
        const auto& name = pools_of(graph).notes[&node].name;
        if (!name.empty()) return "'" + name + "'";
    }
    return "unnamed " + kind;
}

void set_node_name(GraphCore& graph, SourceNode& node, std::string name) {
    notes_of(graph, node, kNamed).name = std::move(name);
}

void set_name(SourceNode& node, std::string name) {
    Context& ctx = context();
    GraphCore& graph = graph_of(node);
    Session session(ctx, graph);
    set_node_name(graph, node, std::move(name));
    session.leave();
}

std::string name_of(SourceNode& node) {
    if (!node.has(kNamed)) return {};
    Context& ctx = context();
    GraphCore& graph = graph_of(node);
    Session session(ctx, graph);
    std::string name = pools_of(graph).notes[&node].name;
    session.leave();
    return name;
}

bool is_observed(SourceNode& node) {
    Context& ctx = context();
    Session session(ctx, graph_of(node));
    const bool observed = node.subscribers.load() != nullptr;
    session.leave();
    return observed;
}

void set_hooks(SourceNode& node, Callback* on_observed, Callback* on_unobserved) {
    Context& ctx = context();
    GraphCore& graph = graph_of(node);
    Session session(ctx, graph);
    NodeNotes& notes = notes_of(graph, node, kHooked);
    if (on_observed != nullptr) {
        notes.on_observed = std::make_shared<Callback>(std::move(*on_observed));
    }
    if (on_unobserved != nullptr) {
        notes.on_unobserved = std::make_shared<Callback>(std::move(*on_unobserved));
    }
    // Who sets a hook late learns what is the case.
    if (node.subscribers.load() != nullptr) {
        if (on_observed != nullptr) notes.told_observed = false;
        note_observed_changed(ctx, graph, node);
    }
    session.leave();
}

// Called on the way down, so that the cause of `cause` is known.
void note_cause(GraphCore& graph, SourceNode& node, const SourceNode& cause) {
    std::string text = name_of(graph, cause) + " changed";
    if (cause.has(kComputed)) {
        const auto found = pools_of(graph).notes.find(&cause);
        if (found != pools_of(graph).notes.end()) text += " <- " + found->second.cause;
    }
    notes_of(graph, node, kNamed).cause = std::move(text);
}

std::string cause_of(GraphCore& graph, const ObserverNode& node) {
    if (!node.has(kHasRun)) return "first run";
    const auto& notes = pools_of(graph).notes;
    const auto found = notes.find(&node);
    return found == notes.end() || found->second.cause.empty() ? "unknown" : found->second.cause;
}

}  // namespace syncline::detail
