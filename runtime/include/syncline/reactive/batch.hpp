#pragma once

#include <exception>
#include <utility>

#include "syncline/reactive/detail/callback.hpp"
#include "syncline/reactive/detail/graph.hpp"

namespace syncline {

namespace detail {
inline GraphCore& graph_in_use() noexcept {
    Context& ctx = context();
    return ctx.held != nullptr && ctx.depth != 0 ? *ctx.held
                                                 : *graphs[ctx.graph_bits >> kGraphShift];
}
}  // namespace detail

/// Calls `f` and returns what it returns; writes in it take effect together when the outermost
/// batch ends. Observers run at most once then, and not at all if every value is what it was.
/// Reads in the batch see its writes; no other thread sees any of them before the end.
///
/// The graph's lock is held from begin to end, as in a computed: `f` must not wait for another
/// thread, and any lock of your own is taken after the graph's, never before.
/// Throws: what `f` threw, after effects have run for what it wrote; else what an effect threw.
template <class F>
auto batch(F&& f) {
    detail::Session session(detail::context(), detail::graph_in_use());
    return session.leave_after(std::forward<F>(f));
}

/// Calls `f`, which sees one whole state of the graph: what other threads write waits. It runs
/// under the graph's lock, as a batch does.
template <class F>
auto snapshot(F&& f) {
    return batch(std::forward<F>(f));
}

/// A batch from here to the end of the block.
class Batch {
public:
    Batch() : ctx_(detail::context()) { detail::enter(ctx_, detail::graph_in_use()); }
    /// Ends the batch; what an effect throws goes to `set_unhandled_error_handler`.
    ~Batch() {
        if (open_) detail::leave_after_error(ctx_);
    }
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    /// Ends the batch here. Throws: what an effect threw. A second call does nothing.
    void end() {
        if (!std::exchange(open_, false)) return;
        detail::leave(ctx_);
    }

private:
    detail::Context& ctx_;
    bool open_ = true;
};

/// From here to the end of the block, reads create no dependencies.
class Untracked {
public:
    Untracked() noexcept : ctx_(detail::context()), frame_(std::exchange(ctx_.frame, nullptr)) {}
    ~Untracked() { ctx_.frame = frame_; }
    Untracked(const Untracked&) = delete;
    Untracked& operator=(const Untracked&) = delete;

private:
    detail::Context& ctx_;
    detail::Frame* frame_;
};

/// Calls `f` without creating dependencies, and returns what it returns.
template <class F>
decltype(auto) untracked(F&& f) {
    const Untracked guard;
    return std::forward<F>(f)();
}

/// Whether a computed is being evaluated on this thread: writing would throw `InvalidState`.
inline bool in_computed() noexcept {
    return detail::context().computed_depth != 0;
}

/// Whether a read now would create a dependency.
inline bool is_tracking() noexcept {
    return detail::context().frame != nullptr;
}

/// Whether this thread is inside of a batch or snapshot, or evaluates a computed: the graph's lock
/// is held.
inline bool in_batch() noexcept {
    return detail::context().depth != 0;
}

namespace detail {
void add_cleanup(Callback cleanup);
}

/// Calls `f` before the running effect or computed runs again, and when it ends; in an
/// `EffectScope::run`, when the scope ends. Of several, the first one given runs first; those of
/// effects made inside run before. Untracked, with no lock held (in a computed: under the graph's).
/// Throws: `InvalidState` outside of an effect, computed and scope, and in a scope that has ended.
template <class F>
void on_cleanup(F&& f) {
    detail::add_cleanup(detail::Callback(std::forward<F>(f)));
}

}  // namespace syncline
