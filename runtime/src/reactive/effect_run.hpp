#pragma once

#include "internal.hpp"

// One run of an effect: the same when it starts and in a flush.

namespace syncline::detail {

// The closure of an effect, without the lock. Leaves `ctx` with no frame; the caller restores its
// surroundings. Throws: what the closure throws.
inline void run_closure(Context& ctx, Frame& frame, ObserverNode& effect) {
    ctx.frame = ctx.running = &frame;
    ctx.owner = &effect;
    effect.act(effect, Action::run);
    ctx.frame = nullptr;
    ctx.running = frame.outer;
}

inline void end_thrown(Context& ctx, Frame& frame) noexcept {
    ctx.frame = nullptr;
    ctx.running = frame.outer;
}

// effects.cpp
/// For a run that was told something meanwhile: queues the effect again if it must run. Returns
/// whether it was stopped.
bool finish_told_run(Context& ctx, GraphCore& graph, ObserverNode& effect);
void drop_unread(Context& ctx, GraphCore& graph, Frame& frame);
void tell_waiting(ObserverNode& effect) noexcept;
/// Hands the effect to its schedule, which holds a reference until it has run.
void post(Context& ctx, GraphCore& graph, ObserverNode& effect, std::exception_ptr& error);

/// Returns whether the effect was stopped meanwhile: then the caller finishes it.
inline bool finish_run(Context& ctx, GraphCore& graph, Frame& frame, ObserverNode& effect) {
    if (*frame.cursor != &end_link) [[unlikely]]
        drop_unread(ctx, graph, frame);
    const std::uint32_t flags = effect.flags.load();
    effect.flags.store((flags & ~(kRunning | kQueued)) | kHasRun);
    if ((flags & (kStopped | kAwaited | kDirty | kPending)) == 0) [[likely]]
        return false;
    return finish_told_run(ctx, graph, effect);
}

}  // namespace syncline::detail
