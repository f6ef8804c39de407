#pragma once

#include <atomic>
#include <type_traits>
#include <utility>

#include "syncline/reactive/detail/access.hpp"

namespace syncline::detail {

/// Values that one machine instruction loads and stores: readers need no lock for them.
template <class T>
concept AtomicValue = std::is_trivially_copyable_v<T> && std::is_copy_constructible_v<T> &&
                      std::is_copy_assignable_v<T> && std::is_move_constructible_v<T> &&
                      std::is_move_assignable_v<T> && !std::is_const_v<T> &&
                      (sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8) &&
                      alignof(T) <= sizeof(T);

/// Holds a value that is always there.
template <class T>
class Slot {
public:
    template <class... Args>
    constexpr explicit Slot(std::in_place_t, Args&&... args)
        : value_(std::forward<Args>(args)...) {}
    const T& read() const noexcept { return value_; }
    T& edit() noexcept { return value_; }
    void store(T&& value) { value_ = std::move(value); }

private:
    T value_;
};

template <AtomicValue T>
class Slot<T> {
public:
    template <class... Args>
    constexpr explicit Slot(std::in_place_t, Args&&... args)
        : value_(T(std::forward<Args>(args)...)) {}
    T read() const noexcept { return value_.acquire(); }
    void store(T value) noexcept { value_.release(value); }

private:
    Relaxed<T> value_;
};

template <class Load>
SYNCLINE_REACTIVE_COLD auto read_contended(Context& ctx, GraphCore& graph, Load load) {
    for (int tries = 0; tries < 64; ++tries) {
        const std::uint64_t sequence = graph.lock.sequence();
        if ((sequence & 1U) != 0) continue;
        auto value = load();
        if (graph.lock.unchanged_since(sequence)) return value;
    }
    Session session(ctx, graph);
    auto value = load();
    session.leave();
    return value;
}

/// Calls `load` so that its result is part of one whole state: at once under the lock, else
/// between two looks at the sequence, else under the lock after all.
template <class Load>
auto read_whole(Context& ctx, GraphCore& graph, Load load) {
    if (!kThreadSafe || ctx.depth != 0) return load();
    const std::uint64_t sequence = graph.lock.sequence();
    auto value = load();
    if ((sequence & 1U) == 0 && graph.lock.unchanged_since(sequence)) return value;
    return read_contended(ctx, graph, load);
}

}  // namespace syncline::detail
