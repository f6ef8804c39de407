#pragma once

#include "syncline/reactive/detail/graph.hpp"

namespace syncline::detail {

void track_slow(Context& ctx, SourceNode& source);
void track_special(Context& ctx, const SourceNode& source, Link& link) noexcept;

/// Tells the observers of what the running batch wrote so far, so that computeds read fresh.
void settle(Context& ctx);

/// Notes that the running closure reads `source`. In the order of the run before, this takes no
/// lock and writes nothing but the cursor.
inline void track(Context& ctx, SourceNode& source) {
    Frame& frame = *ctx.frame;
    Link* const expected = *frame.cursor;
    if (expected->source.load() == &source) {
        frame.confirm(*expected);
        if (frame.special != 0) track_special(ctx, source, *expected);
        return;
    }
    const Link* const last = frame.last();
    if (last == nullptr || last->source.load() != &source) track_slow(ctx, source);
}

inline void track_if_needed(Context& ctx, SourceNode& source) {
    if (ctx.frame != nullptr) track(ctx, source);
}

/// Whether the value in `node` is right, for whoever holds the lock or checks the sequence after.
inline bool is_current(const ComputedNode& node, const GraphCore& graph) noexcept {
    const std::uint32_t flags = node.flags.load();
    if ((flags & (kDirty | kPending | kRunning | kError)) != 0) return false;
    return (flags & kLive) != 0 || node.valid_at.load() == graph.version.load();
}

/// Brings `node`, which was tracked, up to date and rethrows the exception it holds, if any. Under
/// the lock. Throws: `InvalidState` if that is another graph's; `CycleError`.
void refresh_for_read(Context& ctx, ComputedNode& node);

/// The write of a source, from the lock to the effects.
class Write {
public:
    Write(Context& ctx, SourceNode& source) : ctx_(ctx), source_(source) {
        if (ctx.computed_depth != 0) throw_write_in_computed(source);
        enter(ctx, graph_of(source));
    }
    ~Write() {
        if (open_) leave_after_error(ctx_);
    }
    Write(const Write&) = delete;
    Write& operator=(const Write&) = delete;

    /// Whether the write is part of a batch: observers are told when it ends.
    bool batched() const noexcept { return ctx_.depth > 1; }
    bool logged() const noexcept { return source_.has(kLogged); }

    void nothing_changed() {
        open_ = false;
        leave(ctx_);
    }

    /// The value has changed and observers are told now. Throws: see `leave_with_work`.
    void changed() {
        GraphCore& graph = *ctx_.held;
        graph.version.store(graph.version.load() + 1);
        ++source_.version;
        if (source_.version == 0) start_era();
        if (source_.subscribers.load() != nullptr) {
            tell_observers();
        } else {
            open_ = false;
            leave(ctx_);
        }
    }

    /// The value has changed in a batch; the first time the old value has been logged.
    void changed_in_batch() {
        if (!source_.has(kUnsettled)) note_unsettled();
        open_ = false;
        leave(ctx_);
    }

private:
    /// And leaves.
    void tell_observers();
    void note_unsettled();
    void start_era() noexcept;

    Context& ctx_;
    SourceNode& source_;
    bool open_ = true;
};

/// What a batch keeps of a source that it wrote, to see at its end whether anything changed.
struct LogEntry {
    SourceNode* source;
    /// `compare`: whether the source has the old value again; then `drop` frees the old value.
    enum class Step : std::uint8_t { compare, drop };
    bool (*step)(LogEntry&, Step);
    union {
        void* pointer;
        unsigned char bytes[8];
    };
    bool boxed;              // `pointer` owns the old value
    bool triggered = false;  // a change that no comparison shows
};

/// Adds `entry`; its source must not be logged yet. The lock is held.
void log_write(Context& ctx, const LogEntry& entry);
/// Notes a change of `source` that no comparison takes back.
void log_trigger(Context& ctx, SourceNode& source);

void destroy_source(SourceNode& source) noexcept;
void move_source(SourceNode& from, SourceNode& to) noexcept;

/// Ends a source's life: its observers forget it, and no cache of it stays valid.
inline void end_source(SourceNode& source) noexcept {
    const Context& ctx = context();
    if (source.subscribers.acquire() != nullptr || ctx.running != nullptr ||
        source.flags.load() >= (1U << kGraphShift) ||
        source.has(kCached | kNamed | kHooked | kLogged)) {
        destroy_source(source);
    }
}

/// A new source belongs to the graph that the thread uses now.
/// Throws: `InvalidState` in a batch or computed of another graph than that.
void count_node(std::uint32_t graph_bits);
inline std::uint32_t new_source_bits() {
    const std::uint32_t bits = context().graph_bits;
    if (bits != 0) count_node(bits);
    return bits;
}

}  // namespace syncline::detail
