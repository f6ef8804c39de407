#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "syncline/reactive/detail/lock.hpp"
#include "syncline/reactive/detail/node.hpp"

namespace syncline::detail {

struct GraphPools;

/// One independent graph: nodes of different graphs share nothing but this table.
struct GraphCore {
    constexpr explicit GraphCore(std::uint32_t its_number) noexcept : number(its_number) {}
    GraphCore(const GraphCore&) = delete;
    GraphCore& operator=(const GraphCore&) = delete;

    alignas(64) GraphLock lock;
    Relaxed<std::uint64_t> version{1};  // grows by every change of any source
    // Guarded by the lock:
    std::uint64_t era = 0;        // caches of unobserved computeds from before are void
    GraphPools* pools = nullptr;  // made at first use
    std::uint32_t next_sequence = 0;
    std::uint32_t flush_count = 0;
    const std::uint32_t number;
    std::uint64_t node_count = 0;    // keeps a graph other than the main one alive
    Relaxed<bool> abandoned{false};  // its `ReactiveGraph` is gone
    bool tracing = false;            // `explain_runs`
};

extern GraphCore main_graph;
extern GraphCore* graphs[kGraphCountMax];

inline GraphCore& graph_of(const SourceNode& node) noexcept {
    return *graphs[node.graph_number()];
}

/// A closure that is running and reads. Behind `cursor` are the dependencies that this run has
/// confirmed; it points at the one that was read next in the run before.
struct Frame {
    // What the hot path has to do beside:
    static constexpr std::uint32_t kNotLive = 1;  // links keep the versions that were seen
    static constexpr std::uint32_t kIndexed = 2;  // confirmed links are in the read cache too

    ObserverNode* observer = nullptr;
    Link** cursor = nullptr;
    std::uint32_t special = 0;
    std::uint64_t run = 0;  // if indexed: the number of this run in its thread
    Frame* outer = nullptr;

    /// The last dependency that was confirmed, or null.
    Link* last() const noexcept {
        if (cursor == &observer->dependencies) return nullptr;
        return reinterpret_cast<Link*>(reinterpret_cast<char*>(cursor) - offsetof(Link, next));
    }
    void confirm(Link& link) noexcept { cursor = &link.next; }
};

struct ReadCacheEntry {
    Link* link;
    std::uint64_t run;
};
inline constexpr unsigned kReadCacheSize = 64;

/// What waits for the moment when the outermost session is left.
enum Work : std::uint32_t {
    kFlush = 1U,   // effects in this thread's queue
    kCommit = 2U,  // writes of a batch
    kNotify = 4U,  // hooks to call and garbage to destroy, without the lock
};

/// What one thread is doing. Constant-initialized, so that using it costs no check.
struct Context {
    Frame* frame = nullptr;     // innermost tracking closure, null in `untracked`
    GraphCore* held = nullptr;  // the graph whose lock this thread holds
    std::uint32_t depth = 0;    // how many sessions of `held` are open
    std::uint32_t computed_depth = 0;
    std::uint32_t work = 0;         // bits of `Work`
    std::uint32_t work_now = ~0U;   // those of them that need not wait for an outer loop
    std::uint32_t deferring = 0;    // outer loops that will run the queue
    std::uint32_t graph_bits = 0;   // graph of new nodes, shifted
    LockSlot* slot = nullptr;       // a `ThreadState`, made at the first session
    ObserverNode* owner = nullptr;  // of effects and cleanups made now
    Frame* running = nullptr;       // innermost closure, also while `untracked`
    std::uint64_t indexed_runs = 0;
    std::uint64_t disturbances = 0;  // see `Check`
    std::uint32_t destroy_depth = 0;
    const char* stack_end = nullptr;
    ReadCacheEntry read_cache[kReadCacheSize] = {};
};

inline constinit thread_local Context context_of_thread;

inline Context& context() noexcept {
    return context_of_thread;
}

inline ReadCacheEntry& read_cache_entry(Context& ctx, const SourceNode& source) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(&source);
    return ctx.read_cache[((address >> 3U) ^ (address >> 9U)) % kReadCacheSize];
}

void make_thread_state(Context& ctx);
[[noreturn]] void throw_other_graph();
[[noreturn]] void throw_write_in_computed(const SourceNode& source);

/// Leaves the outermost session: commits the batch, unlocks, runs effects and hooks.
/// Throws: what an effect threw and no handler took.
void leave_with_work(Context& ctx);

/// Enters `graph`'s lock, or counts up if this thread is inside already.
/// Throws: `InvalidState` if it is inside of another graph.
inline void enter(Context& ctx, GraphCore& graph) {
    if (ctx.depth == 0) {
        if (ctx.slot == nullptr) make_thread_state(ctx);
        graph.lock.enter(*ctx.slot);
        ctx.held = &graph;
    } else if (ctx.held != &graph) {
        throw_other_graph();
    }
    ++ctx.depth;
}

inline void unlock(Context& ctx) noexcept {
    ctx.depth = 0;
    ctx.held->lock.leave(*ctx.slot);
}

inline void leave(Context& ctx) {
    if (ctx.depth == 1) {
        if ((ctx.work & ctx.work_now) != 0) {
            leave_with_work(ctx);
        } else {
            unlock(ctx);
        }
    } else {
        --ctx.depth;
    }
}

/// Leaves on the way out of an error: what effects throw goes to the handler of last resort.
void leave_after_error(Context& ctx) noexcept;

/// A stay under the lock. `leave` ends it in order; the destructor, when something was thrown.
class Session {
public:
    Session(Context& ctx, GraphCore& graph) : ctx_(ctx) { enter(ctx, graph); }
    ~Session() {
        if (open_) leave_after_error(ctx_);
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void leave() {
        open_ = false;
        detail::leave(ctx_);
    }

    /// Calls `f`, leaves, and returns a copy of what `f` returned.
    template <class F>
    auto leave_after(F&& f) {
        if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
            f();
            leave();
        } else {
            auto result = f();
            leave();
            return result;
        }
    }

private:
    Context& ctx_;
    bool open_ = true;
};

}  // namespace syncline::detail
