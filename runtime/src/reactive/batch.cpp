#include <exception>

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
    if (source.subscribers.load() != nullptr) mark(ctx, graph, source, kPending);
    bump_version(graph, source);
    graph.version.store(graph.version.load() + 1);
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
    for (LogEntry& entry : state.log) {
        if (SourceNode* const source = entry.source) {
            if (has_changed(entry)) {
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
