#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "syncline/reactive/detail/graph.hpp"

namespace syncline::detail {

/// A counted reference to an effect that some schedule will run.
class EffectRef {
public:
    EffectRef() noexcept = default;
    /// Takes over one reference.
    explicit EffectRef(ObserverNode* effect) noexcept : effect_(effect) {}
    EffectRef(const EffectRef& other);
    EffectRef(EffectRef&& other) noexcept : effect_(std::exchange(other.effect_, nullptr)) {}
    EffectRef& operator=(EffectRef other) noexcept {
        std::swap(effect_, other.effect_);
        return *this;
    }
    ~EffectRef();

    /// Runs the effect if it still needs to, then what that invalidated.
    /// Throws: what effects threw and no handler took.
    void run() const;

    /// For a loop that runs several: puts the effect into this thread's queue.
    void enqueue() const;

private:
    ObserverNode* effect_ = nullptr;
};

/// Where an effect runs, if not on the thread that wrote.
class Schedule {
public:
    virtual ~Schedule() = default;
    /// Called with no lock held.
    virtual void post(EffectRef effect) = 0;
};

/// Its destructor is never called: `Action::destroy` ends the closure when the effect stops, the
/// memory goes back when nobody refers to it.
template <class F>
class EffectOf final : public ObserverNode {
public:
    template <class G>
    EffectOf(std::uint32_t flag_bits, G&& closure)
        : ObserverNode(flag_bits, &act_on), closure_(std::forward<G>(closure)) {}

private:
    static bool act_on(ObserverNode& node, Action action) {
        auto& self = static_cast<EffectOf&>(node);
        if (action == Action::run) {
            static_cast<void>(self.closure_());
        } else {
            self.closure_.~F();
        }
        return false;
    }

    F closure_;
};

/// Memory for a node, given back unless the node is made.
class NodeMemory {
public:
    NodeMemory(Context& ctx, std::size_t bytes, std::size_t alignment, bool owned);
    ~NodeMemory() {
        if (memory_ != nullptr) give_back();
    }
    NodeMemory(const NodeMemory&) = delete;
    NodeMemory& operator=(const NodeMemory&) = delete;

    void* get() const noexcept { return memory_; }
    /// Flags of the node: its graph, and how its memory was made.
    std::uint32_t flag_bits() const noexcept { return flag_bits_; }
    void made() noexcept { memory_ = nullptr; }

private:
    void give_back() noexcept;

    Context& ctx_;
    void* memory_;
    std::uint32_t flag_bits_;
};

struct EffectStart {
    std::string name;
    std::unique_ptr<Schedule> schedule;
};

/// Runs a new effect for the first time or hands it to its schedule, and gives it to the owner of
/// the moment, if any. Returns it with one reference for the caller's handle, if one is wanted.
/// Throws: what the closure threw; the effect is gone then.
ObserverNode* start_effect(Context& ctx, ObserverNode& effect, EffectStart* start, bool handle);

template <class F>
ObserverNode* make_effect(F&& closure, EffectStart* start, bool handle) {
    using Closure = std::decay_t<F>;
    static_assert(alignof(Closure) <= 16,
                  "the closure of an effect is aligned to more than 16 bytes");
    using Node = EffectOf<Closure>;
    Context& ctx = context();
    NodeMemory memory(ctx, sizeof(Node), alignof(Node), ctx.owner != nullptr);
    auto* const node = ::new (memory.get())
        Node(memory.flag_bits() | kEffect | kLive | kDirty, std::forward<F>(closure));
    memory.made();
    return start_effect(ctx, *node, start, handle);
}

void stop_effect(ObserverNode& effect);
void release_handle(ObserverNode& node) noexcept;
bool is_stopped(ObserverNode& node);
void wait_until_not_running(ObserverNode& effect);

}  // namespace syncline::detail
