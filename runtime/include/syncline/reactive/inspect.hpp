#pragma once

#include <string>
#include <vector>

#include "syncline/reactive/computed.hpp"
#include "syncline/reactive/effect.hpp"
#include "syncline/reactive/scope.hpp"
#include "syncline/reactive/signal.hpp"
#include "syncline/reactive/source.hpp"

namespace syncline {

namespace detail {

struct NodeAccess {
    static SourceNode* node(const Source& source) { return &source.node_; }
    template <class T, class Equal>
    static SourceNode* node(const Signal<T, Equal>& signal) {
        return &signal.node();
    }
    template <class T>
    static SourceNode* node(const Computed<T>& computed) {
        return computed.node_;
    }
    static SourceNode* node(const Effect& effect) { return effect.node_; }
};

enum class DumpFormat { text, graphviz };
std::string dump(const std::vector<SourceNode*>& roots, DumpFormat format);

}  // namespace detail

/// All that is connected with `nodes` (signals, sources, computeds, effects of one graph): a line
/// for each node with its kind, name and state, and indented below it what it depends on. Unnamed
/// nodes are numbered. Cost: in proportion to what is connected, under the graph's lock.
template <class... Nodes>
std::string dump_text(const Nodes&... nodes) {
    return detail::dump({detail::NodeAccess::node(nodes)...}, detail::DumpFormat::text);
}

/// The same for Graphviz (`dot -Tsvg`): arrows lead from a source to what depends on it.
template <class... Nodes>
std::string dump_graphviz(const Nodes&... nodes) {
    return detail::dump({detail::NodeAccess::node(nodes)...}, detail::DumpFormat::graphviz);
}

/// Starts or ends recording why observers of the graph in use run. Off, it costs nothing; on, each
/// invalidation allocates.
void explain_runs(bool on);

/// Why the effect or computed that calls it runs, e.g. "'total' changed <- 'price' changed": the
/// source that invalidated it first, and through which computeds. Empty outside of an observer,
/// "first run", or "unknown" if `explain_runs` was off at the time.
std::string why_did_this_run();

}  // namespace syncline
