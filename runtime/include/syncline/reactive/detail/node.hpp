#pragma once

#include <cstdint>

#include "syncline/reactive/detail/relaxed.hpp"

namespace syncline::detail {

struct GraphCore;
struct ObserverNode;
struct SourceNode;
struct ObserverExtra;
struct NodeAccess;  // from a public object to its node, for dumps

/// What a node's `flags` say; the bits from `kGraphShift` up are the number of its graph.
enum Flag : std::uint32_t {
    kDirty = 1U << 0U,     // must run: something it read has changed
    kPending = 1U << 1U,   // a computed above it may change: look first
    kRunning = 1U << 2U,   // its closure is on some thread's stack
    kLive = 1U << 3U,      // computed: its links are in the lists of its sources
    kError = 1U << 4U,     // computed: it holds an exception instead of a value
    kHasValue = 1U << 5U,  // computed: the value is constructed
    kEffect = 1U << 6U,
    kComputed = 1U << 7U,
    kScope = 1U << 8U,
    kQueued = 1U << 9U,      // effect: in a thread's queue
    kStopped = 1U << 10U,    // effect, scope: ended; only its memory is left
    kPaused = 1U << 11U,     // effect, scope: waits for its scope to resume
    kOwned = 1U << 12U,      // has an `Ownership` in front
    kPosted = 1U << 13U,     // effect: handed to its schedule
    kCached = 1U << 14U,     // source: read by a computed that nobody observes
    kNamed = 1U << 15U,      // node: has an entry in the table of names and hooks
    kLogged = 1U << 16U,     // source: written in the running batch
    kUnsettled = 1U << 17U,  // source: written in the running batch, observers not told yet
    kHooked = 1U << 18U,     // source: somebody wants to know when it is observed
    kLarge = 1U << 19U,      // observer: its memory is not from a pool
    kTold = 1U << 20U,       // source: computeds were told of a write of the running batch;
                             // effect: so was this, and has nothing else to look for
    kAwaited = 1U << 21U,    // effect: somebody waits for the end of its run
    kHasRun = 1U << 23U,     // observer: its first run is over
    kRunHere = 1U << 22U,    // effect: its schedule has brought it to the thread that has it queued
};
inline constexpr unsigned kGraphShift = 24;
inline constexpr std::uint32_t kGraphCountMax = 1U << (32U - kGraphShift);

/// One dependency: `observer` read `source`. In two lists: the observer's, in the order of reading,
/// and, while the observer is live, the source's, in the order of subscription.
struct Link {
    constexpr Link() noexcept : next_subscriber(nullptr) {}

    Relaxed<SourceNode*> source{nullptr};  // null when the source was destroyed
    ObserverNode* observer = nullptr;
    Link* next = nullptr;  // dependency; touched by the running thread alone while it runs
    union {
        Link* next_subscriber;
        std::uint32_t seen_version;  // while the observer is not live
    };
    Link* previous_subscriber = nullptr;  // of the first: the last
};

/// Ends every list of dependencies, so that the hot path compares without looking for null.
extern Link end_link;

/// Something that can be read and changed. 16 bytes.
struct SourceNode {
    constexpr explicit SourceNode(std::uint32_t flag_bits) noexcept
        : subscribers(nullptr), flags(flag_bits) {}
    SourceNode(const SourceNode&) = delete;
    SourceNode& operator=(const SourceNode&) = delete;

    struct EffectFields {
        std::uint32_t sequence;    // order of creation
        std::uint32_t references;  // handle, owner, schedule
    };
    union {
        Relaxed<Link*> subscribers;  // sources
        EffectFields effect;         // effects and scopes, which nobody can observe
    };
    std::uint32_t version = 0;  // sources: changes; effects: flush number and runs in it
    Relaxed<std::uint32_t> flags;

    bool has(std::uint32_t bits) const noexcept { return (flags.load() & bits) != 0; }
    void add(std::uint32_t bits) noexcept { flags.store(flags.load() | bits); }
    void remove(std::uint32_t bits) noexcept { flags.store(flags.load() & ~bits); }
    std::uint32_t graph_number() const noexcept { return flags.load() >> kGraphShift; }
};

enum class Action : std::uint8_t { run, destroy };

/// Runs the closure behind a node (true: the value is another one) or destroys closure and value.
using Act = bool (*)(ObserverNode&, Action);

/// Something that reads: a computed, an effect; or a scope, which only owns. 40 bytes.
struct ObserverNode : SourceNode {
    ObserverNode(std::uint32_t flag_bits, Act action) noexcept
        : SourceNode(flag_bits), act(action) {}

    Link* dependencies = &end_link;
    Act act;
    ObserverExtra* extra = nullptr;  // children, cleanups, schedule, exception: made when needed
};

/// In front of a node that something owns.
struct Ownership {
    ObserverNode* owner = nullptr;
    ObserverNode* previous = nullptr;
    ObserverNode* next = nullptr;
    void* padding = nullptr;  // keeps the node aligned to 16 bytes
};

inline Ownership& ownership(ObserverNode& node) noexcept {
    return *(reinterpret_cast<Ownership*>(&node) - 1);
}

struct ComputedNode : ObserverNode {
    using ObserverNode::ObserverNode;
    Relaxed<std::uint64_t> valid_at{0};  // graph version at which the value was known to be right
};

}  // namespace syncline::detail
