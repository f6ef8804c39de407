#pragma once

#include <cstdint>
#include <utility>

#include "syncline/reactive/detail/graph.hpp"

namespace syncline {

/// A graph of its own, with its own lock: two threads on two graphs do not meet. Without one,
/// everything is in the main graph, which is right for most programs.
///
/// Nodes belong to the graph that was in use when they were made, and keep it alive. A computed,
/// effect, batch or snapshot of one graph must not use nodes of another: that throws
/// `InvalidState`, so that no thread ever holds two graphs' locks. Effects may write to another
/// graph, and make nodes of it, but do not own these. Handles (`Computed`, `Effect`, `EffectScope`)
/// may end anywhere; a `Signal` or `Source` that ends in a batch or computed of another graph ends
/// the program.
///
/// Thread-safety: any thread.
class ReactiveGraph {
public:
    /// Throws: `InvalidState` if there are 255 already, and in a batch, snapshot or computed.
    ReactiveGraph();
    ~ReactiveGraph();
    ReactiveGraph(const ReactiveGraph&) = delete;
    ReactiveGraph& operator=(const ReactiveGraph&) = delete;

    /// Nodes made and batches opened in `f` by this thread are of this graph.
    template <class F>
    decltype(auto) run(F&& f) {
        const Use use(*this);
        return std::forward<F>(f)();
    }

    /// The same, to the end of a block.
    class Use {
    public:
        explicit Use(ReactiveGraph& graph) noexcept;
        ~Use();
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;

    private:
        std::uint32_t outer_;
    };

private:
    std::uint32_t number_;
};

}  // namespace syncline
