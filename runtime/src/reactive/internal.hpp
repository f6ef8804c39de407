#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pools.hpp"
#include "syncline/reactive/detail/access.hpp"
#include "syncline/reactive/detail/callback.hpp"
#include "syncline/reactive/detail/effect_node.hpp"

namespace syncline::detail {

/// What few observers have: made when one of these is needed.
struct ObserverExtra {
    ObserverNode* first_child = nullptr;
    ObserverNode* last_child = nullptr;
    std::vector<Callback> cleanups;
    std::exception_ptr error;            // computed: what its closure threw
    std::shared_ptr<Schedule> schedule;  // also of who posts to it
    std::function<void(std::exception_ptr)> on_error;
    bool paused_itself = false;  // scope: by a call, not by its parent
};

/// Name and hooks of a node, for the few that have them.
struct NodeNotes {
    std::string name;
    // Shared, since one may be called while its node is destroyed by another thread.
    std::shared_ptr<Callback> on_observed;
    std::shared_ptr<Callback> on_unobserved;
    bool told_observed = false;
    bool in_line = false;  // waits in `ThreadState::hooks`
    std::string cause;
};

/// The nodes that were marked, in order. Nothing but a guess at the way back: they may be gone. Who
/// finds a guess confirmed uses it in place of what confirmed it, so that the processor need not
/// wait for one node to learn the address of the next.
class Trail {
public:
    void clear() noexcept { nodes_.clear(); }
    void add(ObserverNode& node) { nodes_.push_back(&node); }
    std::size_t count() const noexcept { return nodes_.size(); }
    ObserverNode* guess(std::size_t index) const noexcept { return nodes_[index]; }

    /// Keeps the compiler from using what `guess` was compared with in its place.
    static void trust(ObserverNode*& guess) noexcept {
#if defined(__GNUC__)
        asm("" : "+r"(guess));
#else
        static_cast<void>(guess);
#endif
    }

private:
    std::vector<ObserverNode*> nodes_;
};

/// Effects of one thread that wait to run, oldest first: a line that is already in order, and a
/// heap for those that came out of order. `kQueued` keeps their memory.
class PendingEffects {
public:
    void push(ObserverNode& effect) {
        const std::uint32_t sequence = effect.effect.sequence;
        if (next_ != end_ && came_before(sequence, last_sequence_)) {
            push_out_of_order(effect);
            return;
        }
        if (end_ == limit_) grow();
        *end_++ = {&effect, trail_.count()};
        last_sequence_ = sequence;
    }

    /// The next effect, or null, and where in the trail the way to it ends.
    ObserverNode* pop(std::size_t& trail_end) noexcept {
        if (!heap_.empty()) return pop_older(trail_end);
        if (next_ != end_) return pop_line(trail_end);
        next_ = end_ = line_.get();
        return nullptr;
    }

    /// For one who marks.
    Trail& new_trail() noexcept {
        if (next_ == end_) trail_.clear();
        return trail_;
    }
    const Trail& trail() const noexcept { return trail_; }

    template <class F>
    void for_each(F f) const {
        for (const Entry* at = next_; at != end_; ++at) f(*at->effect);
        for (const ObserverNode* effect : heap_) f(*effect);
    }

private:
    struct Entry {
        ObserverNode* effect;
        std::size_t trail_end;
    };

    static bool came_before(std::uint32_t a, std::uint32_t b) noexcept {
        return static_cast<std::int32_t>(a - b) < 0;
    }
    static bool is_younger(const ObserverNode* a, const ObserverNode* b) noexcept {
        return came_before(b->effect.sequence, a->effect.sequence);
    }

    ObserverNode* pop_line(std::size_t& trail_end) noexcept {
        trail_end = next_->trail_end;
        return (next_++)->effect;
    }
    void grow();
    void push_out_of_order(ObserverNode& effect);
    ObserverNode* pop_older(std::size_t& trail_end) noexcept;

    std::unique_ptr<Entry[]> line_;
    Entry* next_ = nullptr;  // in `line_`: the oldest that waits
    Entry* end_ = nullptr;
    Entry* limit_ = nullptr;
    std::uint32_t last_sequence_ = 0;
    std::vector<ObserverNode*> heap_;
    Trail trail_;
};

/// What a thread needs beside `Context`; reused by later threads, never freed.
struct ThreadState : LockSlot {
    PendingEffects pending;
    std::vector<LogEntry> log;
    std::vector<SourceNode*> unsettled;
    std::vector<ObserverNode*> told;   // effects with `kTold`, of this thread's queue
    bool ran_in_batch = false;         // an effect, and saw what the batch may take back
    std::vector<LogEntry> old_values;  // to drop without the lock
    std::vector<std::pair<std::uint32_t, SourceNode*>> hooks;  // graph and source to look at
    std::vector<ComputedNode*> doomed_computeds;  // to destroy when the stack is shallow
    std::vector<ObserverNode*> doomed;            // stack of `stop_tree`
    std::vector<ObserverNode*> left_for_later;    // see `destroy_later`
    std::uint32_t flush_number = 0;
    ThreadState* next_free = nullptr;
};

inline ThreadState& state_of(Context& ctx) noexcept {
    return *static_cast<ThreadState*>(ctx.slot);
}

struct CheckStep {
    ObserverNode* node;
    Link* link;  // where to go on
};

/// Memory and re-usable stacks of one graph, guarded by its lock.
struct GraphPools {
    static constexpr std::size_t kNodeStep = 8;
    static constexpr std::size_t kNodeMax = 256;

    GraphPools();
    void* allocate_node(std::size_t bytes);

    ChunkStore chunks;  // first, since the pools give back to it
    BlockPool links{chunks, sizeof(Link)};
    std::vector<std::unique_ptr<BlockPool>> nodes;  // by size
    std::vector<Link*> mark_stack;
    std::vector<CheckStep> check_stack;
    std::vector<ComputedNode*> work;  // computeds that become live or cease to be
    std::unordered_map<const SourceNode*, NodeNotes> notes;
};

inline GraphPools& pools_of(GraphCore& graph) {
    if (graph.pools == nullptr) graph.pools = new GraphPools;
    return *graph.pools;
}

ObserverExtra& extra_of(ObserverNode& node);

inline void begin_run(Frame& frame, ObserverNode& node) noexcept {
    const std::uint32_t flags = node.flags.load();
    node.flags.store((flags & ~(kDirty | kPending)) | kRunning);
    frame.observer = &node;
    frame.cursor = &node.dependencies;
    frame.special = (flags & kLive) != 0 ? 0 : Frame::kNotLive;
}

/// Deeper than this, destructions wait for the outermost one, so that a chain of closures that own
/// each other does not end on the stack.
inline constexpr std::uint32_t kDestroyDepth = 32;

// computeds.cpp
/// A handle may be destroyed inside of a batch or computed of another graph, whose lock must be
/// left before this one's is taken: then its node waits until that is so.
inline bool is_in_another_graph(const Context& ctx, const SourceNode& node) noexcept {
    return ctx.depth != 0 && ctx.held != &graph_of(node);
}
void destroy_later(Context& ctx, ObserverNode& node) noexcept;
void destroy_what_was_left(Context& ctx) noexcept;

// links.cpp
void subscribe(Context& ctx, GraphCore& graph, Link& link, SourceNode& source);
void release_link(Context& ctx, GraphCore& graph, Link& link, bool live);
void release_links(Context& ctx, GraphCore& graph, ObserverNode& node);
void forget_in_runs(Context& ctx, const SourceNode& source, SourceNode* instead) noexcept;
bool links_are_valid(const GraphCore& graph, const ObserverNode& node) noexcept;
void end_run(Context& ctx, GraphCore& graph, Frame& frame);

// update.cpp
/// Tells all observers of `source`. Its effects get `effect_mark`: `kDirty`, or `kPending | kTold`
/// within a batch.
void mark(Context& ctx, GraphCore& graph, SourceNode& source, std::uint32_t effect_mark);
/// Brings what a pending effect depends on up to date. Returns its flags, of which `kDirty` says
/// that it must run; `kRunning` stays set.
std::uint32_t check_effect(Context& ctx, GraphCore& graph, ObserverNode& effect,
                           std::size_t trail_end);
void bump_version(GraphCore& graph, SourceNode& source) noexcept;

// batch.cpp
void commit_log(Context& ctx);
void drop_old_values(Context& ctx) noexcept;

/// While it lives, effects that become pending wait for the loop that made it.
class Deferral {
public:
    explicit Deferral(Context& ctx) noexcept : ctx_(ctx) {
        ++ctx.deferring;
        ctx.work_now = ~std::uint32_t{kFlush};
    }
    ~Deferral() {
        if (--ctx_.deferring == 0) ctx_.work_now = ~std::uint32_t{0};
    }
    Deferral(const Deferral&) = delete;
    Deferral& operator=(const Deferral&) = delete;

private:
    Context& ctx_;
};

/// Sets what a piece of user code runs in, and restores what was before.
class Surroundings {
public:
    Surroundings(Context& ctx, Frame* frame, ObserverNode* owner) noexcept
        : ctx_(ctx), frame_(ctx.frame), owner_(ctx.owner), graph_bits_(ctx.graph_bits) {
        ctx.frame = frame;
        ctx.owner = owner;
    }
    ~Surroundings() {
        ctx_.frame = frame_;
        ctx_.owner = owner_;
        ctx_.graph_bits = graph_bits_;
    }
    Surroundings(const Surroundings&) = delete;
    Surroundings& operator=(const Surroundings&) = delete;

private:
    Context& ctx_;
    Frame* frame_;
    ObserverNode* owner_;
    std::uint32_t graph_bits_;
};

/// One level out of the lock, for user code, and back in.
inline void step_out(Context& ctx) noexcept {
    if (ctx.depth == 1) {
        unlock(ctx);
    } else {
        --ctx.depth;
    }
}
inline void step_in(Context& ctx, GraphCore& graph) {
    enter(ctx, graph);
}

// flush.cpp
inline void enqueue(Context& ctx, ObserverNode& effect) {
    state_of(ctx).pending.push(effect);
    effect.add(kQueued);
    ctx.work |= kFlush;
}
void count_invalidation(Context& ctx, ObserverNode& effect) noexcept;
void flush(Context& ctx, ObserverNode* first);
void flush_thread(Context& ctx, bool continued);
void run_after_work(Context& ctx) noexcept;

// effects.cpp
/// For an effect that will not run after all. What is above it is brought up to date, since a stale
/// computed tells nobody of the next change.
void forgo_run(Context& ctx, GraphCore& graph, ObserverNode& effect);
void release_node(ObserverNode& node) noexcept;
void free_if_unused(ObserverNode& node) noexcept;

// effect_errors.cpp
/// Gives the exception that is being handled to the handler nearest to `node`, or to `first`.
void take_error(ObserverNode& node, std::exception_ptr& first) noexcept;
/// For one that is stopped while it runs, and so loses its owner: what it throws still finds the
/// handler that it would have found.
void keep_handler(ObserverNode& node) noexcept;
void report_unhandled(std::exception_ptr error) noexcept;

// owner.cpp
void stop_tree(Context& ctx, ObserverNode& root, std::exception_ptr& error) noexcept;
void dispose_owned(Context& ctx, ObserverNode& owner, std::exception_ptr& error) noexcept;
void finish_stopped(Context& ctx, ObserverNode& node, std::exception_ptr& error) noexcept;
bool has_ended(const ObserverNode& owner) noexcept;
bool can_own(const ObserverNode& owner, const ObserverNode& child) noexcept;
void adopt(ObserverNode& owner, ObserverNode& child);
void disown(ObserverNode& child) noexcept;

// notes.cpp
void note_observed_changed(Context& ctx, GraphCore& graph, SourceNode& source);
void run_hooks(Context& ctx) noexcept;
void forget_notes(GraphCore& graph, SourceNode& source) noexcept;
std::string name_of(GraphCore& graph, const SourceNode& node);
void set_node_name(GraphCore& graph, SourceNode& node, std::string name);
void note_cause(GraphCore& graph, SourceNode& node, const SourceNode& cause);
std::string cause_of(GraphCore& graph, const ObserverNode& node);

// graph.cpp
void uncount_node(GraphCore& graph) noexcept;
bool stack_is_short(Context& ctx) noexcept;

}  // namespace syncline::detail
