#include "syncline/reactive/inspect.hpp"

#include <unordered_map>

#include "internal.hpp"

namespace syncline {
namespace detail {
namespace {

/// The nodes that are connected with some, in the order in which they are found, and their names.
class Connected {
public:
    Connected(GraphCore& graph, const std::vector<SourceNode*>& roots) : graph_(graph) {
        for (SourceNode* root : roots) add(root);
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            for_each_dependency(*nodes[i], [this](SourceNode* source) { add(source); });
            for_each_observer(*nodes[i], [this](SourceNode* observer) { add(observer); });
        }
    }

    template <class F>
    static void for_each_dependency(SourceNode& node, F f) {
        if (!node.has(kComputed | kEffect)) return;
        // The links of an effect that runs now belong to its thread.
        if (node.has(kEffect) && node.has(kRunning)) return;
        auto& observer = static_cast<ObserverNode&>(node);
        if (!links_are_valid(graph_of(node), observer)) return;
        for (Link* link = observer.dependencies; link != &end_link; link = link->next) {
            if (SourceNode* const source = link->source.load()) f(source);
        }
    }

    template <class F>
    static void for_each_observer(SourceNode& node, F f) {
        if (node.has(kEffect | kScope)) return;
        for (Link* link = node.subscribers.load(); link != nullptr; link = link->next_subscriber) {
            f(link->observer);
        }
    }

    std::string label(const SourceNode& node) {
        std::string name = name_of(graph_, node);
        if (name.front() != '\'') return name + " " + std::to_string(numbers_[&node]);
        return kind(node) + " " + name;
    }
    std::size_t number(const SourceNode& node) { return numbers_[&node]; }

    static std::string kind(const SourceNode& node) {
        if (node.has(kEffect)) return "effect";
        return node.has(kComputed) ? "computed" : "signal";
    }

    std::vector<SourceNode*> nodes;

private:
    void add(SourceNode* node) {
        if (node == nullptr || node->has(kScope)) return;
        if (numbers_.emplace(node, nodes.size() + 1).second) nodes.push_back(node);
    }

    GraphCore& graph_;
    std::unordered_map<const SourceNode*, std::size_t> numbers_;
};

std::string state_of_node(const SourceNode& node) {
    std::string state;
    const auto add = [&](std::uint32_t flag, const char* word) {
        if (node.has(flag)) state += std::string(state.empty() ? "" : ", ") + word;
    };
    add(kDirty, "dirty");
    add(kPending, "pending");
    add(kRunning, "running");
    add(kError, "error");
    add(kPaused, "paused");
    add(kStopped, "stopped");
    if (node.has(kComputed) && !node.has(kLive))
        state += state.empty() ? "unobserved" : ", unobserved";
    return state.empty() ? "" : " [" + state + "]";
}

std::string as_text(Connected& connected) {
    std::string text;
    for (SourceNode* node : connected.nodes) {
        text += connected.label(*node) + state_of_node(*node) + "\n";
        Connected::for_each_dependency(*node, [&](SourceNode* source) {
            text += "  reads " + connected.label(*source) + "\n";
        });
    }
    return text;
}

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result;
}

std::string as_graphviz(Connected& connected) {
    std::string text = "digraph reactive {\n  rankdir=LR;\n";
    for (SourceNode* node : connected.nodes) {
        const char* const shape = node->has(kEffect)     ? "box"
                                  : node->has(kComputed) ? "ellipse"
                                                         : "cds";
        text += "  n" + std::to_string(connected.number(*node)) + " [shape=" + shape +
                ", label=\"" + escaped(connected.label(*node) + state_of_node(*node)) + "\"];\n";
    }
    for (SourceNode* node : connected.nodes) {
        Connected::for_each_dependency(*node, [&](SourceNode* source) {
            text += "  n" + std::to_string(connected.number(*source)) + " -> n" +
                    std::to_string(connected.number(*node)) + ";\n";
        });
    }
    return text + "}\n";
}

}  // namespace

std::string dump(const std::vector<SourceNode*>& roots, DumpFormat format) {
    Context& ctx = context();
    GraphCore* graph = &main_graph;
    for (const SourceNode* root : roots) {
        if (root != nullptr) graph = &graph_of(*root);
    }
    Session session(ctx, *graph);
    Connected connected(*graph, roots);
    std::string text = format == DumpFormat::text ? as_text(connected) : as_graphviz(connected);
    session.leave();
    return text;
}

}  // namespace detail

void explain_runs(bool on) {
    detail::Context& ctx = detail::context();
    detail::GraphCore& graph = detail::graph_in_use();
    detail::Session session(ctx, graph);
    graph.tracing = on;
    session.leave();
}

std::string why_did_this_run() {
    detail::Context& ctx = detail::context();
    if (ctx.running == nullptr) return {};
    detail::ObserverNode& node = *ctx.running->observer;
    detail::GraphCore& graph = detail::graph_of(node);
    detail::Session session(ctx, graph);
    std::string cause = detail::cause_of(graph, node);
    session.leave();
    return cause;
}

}  // namespace syncline
