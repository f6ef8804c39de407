#include "internal.hpp"

namespace syncline::detail {
namespace {

Frame* frame_of(Context& ctx, const ObserverNode& node) noexcept {
    for (Frame* frame = ctx.running; frame != nullptr; frame = frame->outer) {
        if (frame->observer == &node) return frame;
    }
    return nullptr;
}

void set_live(Context& ctx, ComputedNode& node, bool live) noexcept {
    live ? node.add(kLive) : node.remove(kLive);
    if (!node.has(kRunning)) return;
    // It is evaluated under the lock, which we hold: by this thread.
    if (Frame* const frame = frame_of(ctx, node)) {
        frame->special = (frame->special & Frame::kIndexed) | (live ? 0 : Frame::kNotLive);
    }
}

void append(Link& link, SourceNode& source) noexcept {
    Link* const first = source.subscribers.load();
    link.next_subscriber = nullptr;
    if (first == nullptr) {
        link.previous_subscriber = &link;
        source.subscribers.store(&link);
        return;
    }
    link.previous_subscriber = first->previous_subscriber;
    first->previous_subscriber->next_subscriber = &link;
    first->previous_subscriber = &link;
}

// Storing the new head is the last access: the source may be destroyed by another thread then.
// Returns whether it has no observer any more.
bool remove(Link& link, SourceNode& source) noexcept {
    Link* const first = source.subscribers.load();
    Link* const next = link.next_subscriber;
    if (first != &link) {
        link.previous_subscriber->next_subscriber = next;
        (next != nullptr ? next : first)->previous_subscriber = link.previous_subscriber;
        return false;
    }
    if (next != nullptr) next->previous_subscriber = link.previous_subscriber;
    source.subscribers.release(next);
    return next == nullptr;
}

void subscribe_one(Context& ctx, GraphCore& graph, Link& link, SourceNode& source) {
    const bool first = source.subscribers.load() == nullptr;
    append(link, source);
    if (!first) return;
    if (source.has(kHooked)) note_observed_changed(ctx, graph, source);
    if (source.has(kComputed)) pools_of(graph).work.push_back(static_cast<ComputedNode*>(&source));
}

void unsubscribe_one(Context& ctx, GraphCore& graph, Link& link, SourceNode& source) {
    const bool computed = source.has(kComputed);
    const bool hooked = source.has(kHooked);
    if (!remove(link, source)) return;
    if (hooked) note_observed_changed(ctx, graph, source);
    if (computed) pools_of(graph).work.push_back(static_cast<ComputedNode*>(&source));
}

// What the cache is worth, seen from the sources, before the links forget the versions they saw.
std::uint32_t staleness(const GraphCore& graph, const ComputedNode& node) noexcept {
    if (node.has(kDirty) || node.valid_at.load() == graph.version.load()) return 0;
    std::uint32_t result = 0;
    for (Link* link = node.dependencies; link != &end_link; link = link->next) {
        const SourceNode* const source = link->source.load();
        if (source == nullptr || source->version != link->seen_version) return kDirty;
        if (source->has(kComputed)) result = kPending;
    }
    return result;
}

// Unconfirmed links of a run that nobody observed may lead to sources that are no more.
void forget_unconfirmed(Frame& frame) noexcept {
    Link* link = std::exchange(*frame.cursor, &end_link);
    while (link != &end_link) {
        Link* const next = link->next;
        BlockPool::free(link);
        link = next;
    }
}

void activate(Context& ctx, GraphCore& graph, ComputedNode& node) {
    if (node.has(kRunning)) {
        if (Frame* const frame = frame_of(ctx, node)) forget_unconfirmed(*frame);
    } else if (node.valid_at.load() < graph.era) {
        // Its links may lead to sources that are no more.
        release_links(ctx, graph, node);
        node.add(kDirty);
    }
    if (!node.has(kRunning)) node.add(staleness(graph, node));
    set_live(ctx, node, true);
    for (Link* link = node.dependencies; link != &end_link; link = link->next) {
        if (SourceNode* const source = link->source.load()) {
            subscribe_one(ctx, graph, *link, *source);
        }
    }
}

void deactivate(Context& ctx, GraphCore& graph, ComputedNode& node) {
    set_live(ctx, node, false);
    if (node.has(kPending | kDirty)) {
        node.remove(kPending);
        node.add(kDirty);
    }
    for (Link* link = node.dependencies; link != &end_link; link = link->next) {
        SourceNode* const source = link->source.load();
        if (source == nullptr) {
            node.add(kDirty);
            continue;
        }
        const std::uint32_t version = source->version;
        if (!source->has(kCached)) source->add(kCached);
        unsubscribe_one(ctx, graph, *link, *source);
        link->seen_version = version;
    }
    node.valid_at.store(graph.version.load());
}

// Computeds whose first observer came or whose last one went; one may be listed several times.
inline void settle_liveness(Context& ctx, GraphCore& graph, std::size_t base) {
    auto& work = pools_of(graph).work;
    while (work.size() > base) [[unlikely]] {
            ComputedNode& node = *work.back();
            work.pop_back();
            const bool observed = node.subscribers.load() != nullptr;
            if (observed == node.has(kLive)) continue;
            observed ? activate(ctx, graph, node) : deactivate(ctx, graph, node);
        }
}

inline void unlink_and_free(Context& ctx, GraphCore& graph, Link& link, bool live) {
    SourceNode* const source = link.source.load();
    if (live && source != nullptr) unsubscribe_one(ctx, graph, link, *source);
    link.source.store(nullptr);
    BlockPool::free(&link);
}

void make_link(Context& ctx, GraphCore& graph, Frame& frame, SourceNode& source) {
    Link& link = *::new (pools_of(graph).links.allocate()) Link;
    link.source.store(&source);
    link.observer = frame.observer;
    link.next = std::exchange(*frame.cursor, &link);
    frame.confirm(link);
    if (link.observer->has(kLive)) {
        subscribe(ctx, graph, link, source);
    } else {
        link.seen_version = source.version;
        if (!source.has(kCached)) source.add(kCached);
    }
}

void start_era(GraphCore& graph) noexcept {
    graph.version.store(graph.version.load() + 1);
    graph.era = graph.version.load();
}

// A run that skips one dependency of the run before is common enough to look one ahead.
bool skip_one(Context& ctx, GraphCore& graph, Frame& frame, SourceNode& source) {
    Link* const skipped = *frame.cursor;
    if (skipped == &end_link) return false;
    Link* const link = skipped->next;
    if (link->source.load() != &source) return false;
    *frame.cursor = link;
    frame.confirm(*link);
    const bool live = frame.observer->has(kLive);
    if (!live) link->seen_version = source.version;
    release_link(ctx, graph, *skipped, live);
    return true;
}

// From now on every confirmed link of this run is also found by its source's address.
void index_run(Context& ctx, Frame& frame) noexcept {
    frame.run = ++ctx.indexed_runs;
    frame.special |= Frame::kIndexed;
    for (Link** at = &frame.observer->dependencies; at != frame.cursor; at = &(*at)->next) {
        if (const SourceNode* const source = (*at)->source.load()) {
            read_cache_entry(ctx, *source) = {*at, frame.run};
        }
    }
}

// Whether this run has confirmed more than one dependency: the last one was looked at already.
bool has_several(const Frame& frame) noexcept {
    const Link* const last = frame.last();
    return last != nullptr && last != frame.observer->dependencies;
}

bool was_read_in_this_run(Context& ctx, const Frame& frame, const SourceNode& source) noexcept {
    const ReadCacheEntry& entry = read_cache_entry(ctx, source);
    return entry.run == frame.run && entry.link->source.load() == &source;
}

}  // namespace

Link end_link;

// Links of observers that are live are found through their source; those that running closures
// have made for themselves only here.
void forget_in_runs(Context& ctx, const SourceNode& source, SourceNode* instead) noexcept {
    for (Frame* frame = ctx.running; frame != nullptr; frame = frame->outer) {
        if (frame->observer->has(kLive)) continue;
        for (Link** at = &frame->observer->dependencies; at != frame->cursor; at = &(*at)->next) {
            if ((*at)->source.load() == &source) (*at)->source.store(instead);
        }
    }
}

// Whether what a cache refers to is still there: see `GraphCore::era`.
bool links_are_valid(const GraphCore& graph, const ObserverNode& node) noexcept {
    return node.has(kLive | kEffect) ||
           static_cast<const ComputedNode&>(node).valid_at.load() >= graph.era;
}

void subscribe(Context& ctx, GraphCore& graph, Link& link, SourceNode& source) {
    if (source.subscribers.load() != nullptr || !source.has(kComputed | kHooked)) {
        append(link, source);
        return;
    }
    const std::size_t base = pools_of(graph).work.size();
    subscribe_one(ctx, graph, link, source);
    settle_liveness(ctx, graph, base);
}

void release_link(Context& ctx, GraphCore& graph, Link& link, bool live) {
    const std::size_t base = pools_of(graph).work.size();
    unlink_and_free(ctx, graph, link, live);
    settle_liveness(ctx, graph, base);
}

void release_links(Context& ctx, GraphCore& graph, ObserverNode& node) {
    const std::size_t base = pools_of(graph).work.size();
    const bool live = node.has(kLive);
    Link* link = node.dependencies;
    node.dependencies = &end_link;
    while (link != &end_link) {
        Link* const next = link->next;
        unlink_and_free(ctx, graph, *link, live);
        link = next;
    }
    settle_liveness(ctx, graph, base);
}

void track_special(Context& ctx, const SourceNode& source, Link& link) noexcept {
    const Frame& frame = *ctx.frame;
    if ((frame.special & Frame::kNotLive) != 0) link.seen_version = source.version;
    if ((frame.special & Frame::kIndexed) != 0) {
        read_cache_entry(ctx, source) = {&link, frame.run};
    }
}

SYNCLINE_REACTIVE_COLD void track_new(Context& ctx, SourceNode& source) {
    Frame& frame = *ctx.frame;
    if (frame.observer->graph_number() != source.graph_number()) throw_other_graph();
    if ((frame.special & Frame::kIndexed) == 0 && has_several(frame)) {
        index_run(ctx, frame);
        if (was_read_in_this_run(ctx, frame, source)) return;
    }
    GraphCore& graph = graph_of(source);
    Session session(ctx, graph);
    if (!frame.observer->has(kStopped)) {
        if (!skip_one(ctx, graph, frame, source)) make_link(ctx, graph, frame, source);
        if ((frame.special & Frame::kIndexed) != 0) {
            read_cache_entry(ctx, source) = {frame.last(), frame.run};
        }
    }
    session.leave();
}

void track_slow(Context& ctx, SourceNode& source) {
    const Frame& frame = *ctx.frame;
    if ((frame.special & Frame::kIndexed) != 0 && was_read_in_this_run(ctx, frame, source)) return;
    track_new(ctx, source);
}

// Dependencies that this run did not read are dropped.
void end_run(Context& ctx, GraphCore& graph, Frame& frame) {
    const std::size_t base = pools_of(graph).work.size();
    const bool live = frame.observer->has(kLive);
    Link* link = std::exchange(*frame.cursor, &end_link);
    while (link != &end_link) {
        Link* const next = link->next;
        unlink_and_free(ctx, graph, *link, live);
        link = next;
    }
    settle_liveness(ctx, graph, base);
}

void destroy_source(SourceNode& source) noexcept {
    Context& ctx = context();
    GraphCore& graph = graph_of(source);
    Session session(ctx, graph);
    for (Link* link = source.subscribers.load(); link != nullptr;) {
        Link* const next = link->next_subscriber;
        link->source.store(nullptr);
        link = next;
    }
    source.subscribers.store(nullptr);
    if (source.has(kCached)) {
        // Computeds that nobody observes may hold its address: none of their caches is trusted.
        start_era(graph);
        ++ctx.disturbances;
    }
    forget_in_runs(ctx, source, nullptr);
    if (source.has(kLogged | kUnsettled)) {
        ThreadState& state = state_of(ctx);
        std::erase(state.unsettled, &source);
        for (LogEntry& entry : state.log) {
            if (entry.source == &source) entry.source = nullptr;
        }
    }
    if (source.has(kNamed | kHooked)) forget_notes(graph, source);
    uncount_node(graph);
    try {
        session.leave();
    } catch (...) {
        report_unhandled(std::current_exception());
    }
}

void move_source(SourceNode& from, SourceNode& to) noexcept {
    Context& ctx = context();
    GraphCore& graph = graph_of(from);
    Session session(ctx, graph);
    Link* const first = from.subscribers.load();
    for (Link* link = first; link != nullptr; link = link->next_subscriber) {
        link->source.store(&to);
    }
    to.subscribers.store(first);
    to.version = from.version;
    to.flags.store(from.flags.load() & ~(kLogged | kUnsettled));
    from.subscribers.store(nullptr);
    if (from.has(kCached)) {
        start_era(graph);
        ++ctx.disturbances;
        forget_in_runs(ctx, from, &to);
    }
    if (from.has(kLogged | kUnsettled)) {
        ThreadState& state = state_of(ctx);
        to.add(from.flags.load() & (kLogged | kUnsettled));
        for (SourceNode*& node : state.unsettled) {
            if (node == &from) node = &to;
        }
        for (LogEntry& entry : state.log) {
            if (entry.source == &from) entry.source = &to;
        }
        from.remove(kLogged | kUnsettled);
    }
    if (from.has(kNamed | kHooked)) {
        auto& notes = pools_of(graph).notes;
        auto entry = notes.extract(&from);
        if (!entry.empty()) {
            entry.key() = &to;
            // Who waits in line waits there with the old address.
            const bool in_line = std::exchange(entry.mapped().in_line, false);
            notes.insert(std::move(entry));
            if (in_line) note_observed_changed(ctx, graph, to);
        }
        from.remove(kNamed | kHooked);
    }
    // `to` counts as a node of its own graph; `from` gives its place back when it is destroyed.
    if (graph.number != 0) ++graph.node_count;
    try {
        session.leave();
    } catch (...) {
        report_unhandled(std::current_exception());
    }
}

}  // namespace syncline::detail
