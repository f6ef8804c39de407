#include <exception>
#include <utility>

#include "internal.hpp"

namespace syncline::detail {
namespace {

// Whether the source has another value than before the batch. A comparison that throws counts as
// a change: running once too often is the lesser evil.
bool has_changed(LogEntry& entry) noexcept {
    if (entry.step == nullptr || entry.triggered) return true;
    try {
        return !entry.step(entry, LogEntry::Step::compare);
    } catch (...) {
        return true;
    }
}

// Computeds must run when they are read in the batch; effects wait for what it ends with.
void tell_in_batch(Context& ctx, GraphCore& graph, SourceNode& source) {
    source.remove(kUnsettled);
    source.add(kTold);
    if (source.subscribers.load() != nullptr) mark(ctx, graph, source, kPending | kTold);
    bump_version(graph, source);
    graph.version.store(graph.version.load() + 1);
}

// Leaves one that a computed has stopped meanwhile to nobody else.
void forgo_told_run(Context& ctx, GraphCore& graph, ObserverNode& effect) {
    if (effect.has(kStopped)) return;
    forgo_run(ctx, graph, effect);
    if (!effect.has(kStopped)) return;
    std::exception_ptr error;
    finish_stopped(ctx, effect, error);
    if (error) report_unhandled(error);
}

// For effects that were told of nothing but writes of this batch. If it has taken back all of
// them, they saw the state that there is. They are in this thread's queue, which keeps them.
void end_tells(Context& ctx, GraphCore& graph, bool taken_back) {
    ThreadState& state = state_of(ctx);
    std::vector<ObserverNode*> told;
    told.swap(state.told);  // and back, so that the next batch uses the same memory again
    const std::uint64_t version = graph.version.load();
    for (ObserverNode* effect : told) {
        effect->remove(kTold);
        // What the cleanups of a computed let in may be a change: then looking tells too little.
        if (taken_back && graph.version.load() == version) forgo_told_run(ctx, graph, *effect);
        if (graph.version.load() != version) effect->add(kDirty);
    }
    told.clear();
    if (state.told.empty()) state.told.swap(told);
}

}  // namespace

void log_write(Context& ctx, const LogEntry& entry) {
    state_of(ctx).log.push_back(entry);
    entry.source->add(kLogged);
    ctx.work |= kCommit;
}

void log_trigger(Context& ctx, SourceNode& source) {
    if (!source.has(kLogged)) {
        log_write(ctx, {&source, nullptr, {nullptr}, false});
        return;
    }
    for (LogEntry& entry : state_of(ctx).log) {
        if (entry.source == &source) entry.triggered = true;
    }
}

void Write::note_unsettled() {
    state_of(ctx_).unsettled.push_back(&source_);
    source_.add(kUnsettled);
    ctx_.work |= kCommit;
}

void settle(Context& ctx) {
    auto& unsettled = state_of(ctx).unsettled;
    for (SourceNode* source : unsettled) tell_in_batch(ctx, *ctx.held, *source);
    unsettled.clear();
}

void commit_log(Context& ctx) {
    ThreadState& state = state_of(ctx);
    GraphCore& graph = *ctx.held;
    ctx.work &= ~std::uint32_t{kCommit};
    // What an effect saw that ran in the batch is not in the log.
    const bool all_count = std::exchange(state.ran_in_batch, false);
    bool taken_back = !all_count;
    for (LogEntry& entry : state.log) {
        if (SourceNode* const source = entry.source) {
            if (all_count || has_changed(entry)) {
                taken_back = false;
                if (source->subscribers.load() != nullptr) mark(ctx, graph, *source, kDirty);
                bump_version(graph, *source);
                graph.version.store(graph.version.load() + 1);
            } else if (source->has(kTold) && source->has(kUnsettled)) {
                // Computeds were told of another value in between.
                tell_in_batch(ctx, graph, *source);
            }
            source->remove(kLogged | kUnsettled | kTold);
        }
        if (entry.boxed) state.old_values.push_back(entry);
    }
    state.log.clear();
    state.unsettled.clear();
    if (!state.told.empty()) end_tells(ctx, graph, taken_back);
    if (!state.old_values.empty()) ctx.work |= kNotify;
}

void drop_old_values(Context& ctx) noexcept {
    ThreadState& state = state_of(ctx);
    while (!state.old_values.empty()) {
        LogEntry entry = state.old_values.back();
        state.old_values.pop_back();
        entry.step(entry, LogEntry::Step::drop);
    }
}

}  // namespace syncline::detail
