#pragma once

#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "syncline/reactive/detail/effect_node.hpp"
#include "syncline/reactive/detail/slot.hpp"

namespace syncline::detail {

/// A computed's value: there is none before the first run. The node's flags tell.
template <class T>
struct ComputedValue : ComputedNode {
    // Not inherited: the union needs to be told that there is no value yet.
    ComputedValue(std::uint32_t flag_bits, Act action) noexcept : ComputedNode(flag_bits, action) {}
    ~ComputedValue() {}  // the union needs one

    const T& read() const noexcept { return value; }
    template <class Equal>
    bool put(T&& fresh, Equal& equal) {
        if (!has(kHasValue)) {
            ::new (static_cast<void*>(std::addressof(value))) T(std::move(fresh));
            add(kHasValue);
            return true;
        }
        if (equal(std::as_const(value), std::as_const(fresh))) return false;
        if constexpr (std::is_move_assignable_v<T>) {
            value = std::move(fresh);
        } else {
            remove(kHasValue);
            value.~T();
            ::new (static_cast<void*>(std::addressof(value))) T(std::move(fresh));
            add(kHasValue);
        }
        return true;
    }
    void end_value() noexcept {
        if (has(kHasValue)) value.~T();
    }

    union {
        T value;
    };
};

template <AtomicValue T>
struct ComputedValue<T> : ComputedNode {
    using ComputedNode::ComputedNode;

    T read() const noexcept { return slot().acquire(); }
    template <class Equal>
    bool put(T&& fresh, Equal& equal) {
        if (!has(kHasValue)) {
            ::new (static_cast<void*>(storage)) Relaxed<T>(fresh);
            add(kHasValue);
            return true;
        }
        const T old = slot().load();
        if (equal(old, std::as_const(fresh))) return false;
        slot().release(fresh);
        return true;
    }
    void end_value() noexcept {}

private:
    const Relaxed<T>& slot() const noexcept {
        return *std::launder(reinterpret_cast<const Relaxed<T>*>(storage));
    }
    Relaxed<T>& slot() noexcept { return *std::launder(reinterpret_cast<Relaxed<T>*>(storage)); }

    alignas(Relaxed<T>) unsigned char storage[sizeof(Relaxed<T>)];
};

/// Its destructor is never called: `Action::destroy` ends closure and value, the pool the memory.
template <class T, class F, class Equal>
class ComputedOf final : public ComputedValue<T> {
public:
    template <class G>
    ComputedOf(std::uint32_t flag_bits, G&& closure, Equal equal)
        : ComputedValue<T>(flag_bits, &act_on),
          closure_(std::forward<G>(closure)),
          equal_(std::move(equal)) {}

private:
    static bool act_on(ObserverNode& node, Action action) {
        auto& self = static_cast<ComputedOf&>(node);
        if (action == Action::run) return self.put(T(std::invoke(self.closure_)), self.equal_);
        self.end_value();
        self.closure_.~F();
        self.equal_.~Equal();
        return false;
    }

    F closure_;
    [[no_unique_address]] Equal equal_;
};

template <class T, class F, class Equal>
ComputedValue<T>* make_computed(F&& closure, Equal equal) {
    using Closure = std::decay_t<F>;
    using Node = ComputedOf<T, Closure, Equal>;
    static_assert(alignof(Node) <= 16, "value or closure is aligned to more than 16 bytes");
    Context& ctx = context();
    NodeMemory memory(ctx, sizeof(Node), alignof(Node), false);
    auto* const node = ::new (memory.get())
        Node(memory.flag_bits() | kComputed | kDirty, std::forward<F>(closure), std::move(equal));
    memory.made();
    return node;
}

void destroy_computed(ComputedNode& node) noexcept;

}  // namespace syncline::detail
