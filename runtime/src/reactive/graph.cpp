#include <mutex>
#include <string>

#include "internal.hpp"
#include "stack_limit.hpp"
#include "syncline/base/error.hpp"
#include "syncline/reactive/graph.hpp"

namespace syncline::detail {
namespace {

std::mutex thread_states_mutex;
ThreadState* free_thread_states = nullptr;

ThreadState* take_thread_state() {
    const std::lock_guard lock(thread_states_mutex);
    if (free_thread_states == nullptr) return new ThreadState;
    return std::exchange(free_thread_states, free_thread_states->next_free);
}

// Gives the state of a thread that ends to a later one. It must not be freed: a thread that takes
// a bias away may look at it at any time.
struct ThreadEnd {
    ~ThreadEnd() {
        Context& ctx = context();
        if (ctx.slot == nullptr) return;
        ThreadState& state = state_of(ctx);
        ctx.slot = nullptr;
        const std::lock_guard lock(thread_states_mutex);
        state.next_free = std::exchange(free_thread_states, &state);
    }
};

constexpr std::size_t kHeaderBytes = sizeof(Ownership);

}  // namespace

constinit GraphCore main_graph(0);
constinit GraphCore* graphs[kGraphCountMax] = {&main_graph};

void make_thread_state(Context& ctx) {
    thread_local ThreadEnd end;
    static_cast<void>(&end);
    ctx.slot = take_thread_state();
    ctx.stack_end = end_of_stack();
}

bool stack_is_short(Context& ctx) noexcept {
    const char here = 0;
    constexpr std::ptrdiff_t kReserve = 48 * 1024;
    return ctx.stack_end != nullptr && &here - ctx.stack_end < kReserve;
}

void throw_other_graph() {
    throw InvalidState(
        "two reactive graphs cannot be mixed: a computed, effect, batch or snapshot of one graph "
        "must not use nodes of another");
}

void throw_write_in_computed(const SourceNode& source) {
    Context& ctx = context();
    GraphCore& graph = graph_of(source);
    std::string who = "a computed";
    for (const Frame* frame = ctx.running; frame != nullptr; frame = frame->outer) {
        if (!frame->observer->has(kComputed)) continue;
        who = "computed " + name_of(graph, *frame->observer);
        break;
    }
    throw InvalidState(who + " writes to " + name_of(graph, source) +
                       ": a computed only computes; write from an effect or a batch");
}

void count_node(std::uint32_t graph_bits) {
    Context& ctx = context();
    GraphCore& graph = *graphs[graph_bits >> kGraphShift];
    step_in(ctx, graph);
    ++graph.node_count;
    step_out(ctx);
}

GraphPools::GraphPools() {
    for (std::size_t bytes = kNodeStep; bytes <= kNodeMax; bytes += kNodeStep) {
        nodes.push_back(std::make_unique<BlockPool>(chunks, bytes));
    }
}

void* GraphPools::allocate_node(std::size_t bytes) {
    return nodes[(bytes + kNodeStep - 1) / kNodeStep - 1]->allocate();
}

NodeMemory::NodeMemory(Context& ctx, std::size_t bytes, std::size_t alignment, bool owned)
    : ctx_(ctx), flag_bits_(ctx.graph_bits) {
    if (alignment > 8) bytes = (bytes + 15) / 16 * 16;
    if (owned) {
        bytes += kHeaderBytes;
        flag_bits_ |= kOwned;
    }
    const bool large = bytes > GraphPools::kNodeMax;
    if (large) flag_bits_ |= kLarge;
    GraphCore& graph = *graphs[ctx.graph_bits >> kGraphShift];
    step_in(ctx, graph);
    // Out of memory is no reason to leave the lock held.
    try {
        memory_ = large ? ::operator new(bytes) : pools_of(graph).allocate_node(bytes);
    } catch (...) {
        step_out(ctx);
        throw;
    }
    if (graph.number != 0) ++graph.node_count;
    step_out(ctx);
    if (owned) memory_ = ::new (memory_) Ownership{} + 1;
}

SYNCLINE_REACTIVE_COLD void NodeMemory::give_back() noexcept {
    GraphCore& graph = *graphs[flag_bits_ >> kGraphShift];
    void* const memory =
        (flag_bits_ & kOwned) != 0 ? static_cast<Ownership*>(memory_) - 1 : memory_;
    step_in(ctx_, graph);
    (flag_bits_ & kLarge) != 0 ? ::operator delete(memory) : BlockPool::free(memory);
    uncount_node(graph);
    step_out(ctx_);
}

ObserverExtra& extra_of(ObserverNode& node) {
    if (node.extra == nullptr) node.extra = new ObserverExtra;
    return *node.extra;
}

void uncount_node(GraphCore& graph) noexcept {
    if (graph.number != 0) --graph.node_count;
}

}  // namespace syncline::detail

namespace syncline {
namespace {

std::mutex graphs_mutex;

// A graph whose handle is gone lives as long as its nodes.
void reap_abandoned() {
    detail::Context& ctx = detail::context();
    for (std::uint32_t number = 1; number < detail::kGraphCountMax; ++number) {
        detail::GraphCore* const graph = detail::graphs[number];
        if (graph == nullptr) continue;
        detail::enter(ctx, *graph);
        const bool dead = graph->abandoned.load() && graph->node_count == 0;
        detail::leave(ctx);
        if (!dead) continue;
        detail::graphs[number] = nullptr;
        delete graph->pools;
        delete graph;
    }
}

}  // namespace

ReactiveGraph::ReactiveGraph() : number_(0) {
    if (detail::context().depth != 0) {
        throw InvalidState("a reactive graph cannot be made in a batch, snapshot or computed");
    }
    const std::lock_guard lock(graphs_mutex);
    reap_abandoned();
    for (std::uint32_t number = 1; number < detail::kGraphCountMax; ++number) {
        if (detail::graphs[number] != nullptr) continue;
        detail::graphs[number] = new detail::GraphCore(number);
        number_ = number;
        return;
    }
    throw InvalidState("there are 255 reactive graphs already; share one among several threads");
}

// In a batch, the next one to make or destroy a graph clears up: whoever holds a graph's lock must
// not wait for the mutex.
ReactiveGraph::~ReactiveGraph() {
    if (detail::context().depth != 0) {
        detail::graphs[number_]->abandoned.store(true);
        return;
    }
    const std::lock_guard lock(graphs_mutex);
    detail::graphs[number_]->abandoned.store(true);
    reap_abandoned();
}

ReactiveGraph::Use::Use(ReactiveGraph& graph) noexcept
    : outer_(std::exchange(detail::context().graph_bits, graph.number_ << detail::kGraphShift)) {}

ReactiveGraph::Use::~Use() {
    detail::context().graph_bits = outer_;
}

}  // namespace syncline
