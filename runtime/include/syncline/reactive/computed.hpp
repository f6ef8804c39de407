#pragma once

#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "syncline/reactive/detail/computed_node.hpp"
#include "syncline/reactive/detail/notes.hpp"
#include "syncline/reactive/equality.hpp"

namespace syncline {

/// A value computed from signals, sources and other computeds by a function without effects.
///
/// Lazy and cached: the function runs when somebody reads it and something that it read last time
/// has changed. If its result equals the last one (see `DefaultEqual`), nothing that depends on it
/// runs. One that nobody observes keeps its cache and costs the signals that it read nothing.
/// What the function throws is the value, until a dependency changes: every reader gets it.
///
/// The function is evaluated under the graph's lock, on the thread that needs the value: it sees
/// one whole state, and it must not wait for another thread. Writing in it throws `InvalidState`;
/// needing its own value throws `CycleError`. Effects made in it, and what it hands to
/// `on_cleanup`, end before it runs again, and when it is destroyed.
///
/// A handle of 8 bytes; may be moved freely, also while it is observed. When it is destroyed, its
/// observers forget it.
///
/// Thread-safety: any thread. A current value of up to 8 bytes that copies trivially is read
/// without a lock.
template <class T>
class Computed {
    static_assert(std::is_object_v<T> && !std::is_const_v<T>,
                  "Computed<T> holds a value: T must be an object type and not const");
    static_assert(std::is_move_constructible_v<T>, "Computed<T>: T must at least be movable");

public:
    using value_type = T;

    template <class F, class Equal = DefaultEqual>
    requires(!std::is_same_v<std::remove_cvref_t<F>, Computed>) explicit Computed(
        F&& function, Equal equal = {}) {
        static_assert(std::is_invocable_v<std::decay_t<F>&>,
                      "Computed(f): f must be callable without arguments");
        static_assert(std::is_constructible_v<T, std::invoke_result_t<std::decay_t<F>&>>,
                      "Computed<T>(f): f must return a T; void is not a value");
        static_assert(EqualityFor<Equal, T>,
                      "Computed<T>(f, equal): equal must be callable as bool(const T&, const T&)");
        node_ = detail::make_computed<T>(std::forward<F>(function), std::move(equal));
    }
    template <class F>
    Computed(F&& function, std::string name) : Computed(std::forward<F>(function)) {
        set_name(std::move(name));
    }
    ~Computed() { reset(); }

    Computed(Computed&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    Computed& operator=(Computed&& other) noexcept {
        if (this != &other) {
            reset();
            node_ = std::exchange(other.node_, nullptr);
        }
        return *this;
    }
    Computed(const Computed&) = delete;
    Computed& operator=(const Computed&) = delete;

    /// The value, up to date; the running computed or effect depends on it from now on.
    /// Throws: what the function threw; `CycleError`.
    /// Cost: constant if nothing changed, else what must be evaluated.
    T get() const {
        static_assert(std::is_copy_constructible_v<T>,
                      "Computed<T>::get copies: read one that cannot be copied by with(f)");
        detail::Context& ctx = detail::context();
        detail::track_if_needed(ctx, *node_);
        return copy(ctx);
    }
    T operator()() const { return get(); }

    /// As `get`, without depending on it.
    T peek() const {
        static_assert(std::is_copy_constructible_v<T>,
                      "peek copies: read a value that cannot be copied by peek_with(f)");
        return copy(detail::context());
    }

    /// Calls `f` with a reference to the value, without a copy; see `Signal::with`.
    template <class F>
    auto with(F&& f) const {
        detail::Context& ctx = detail::context();
        detail::track_if_needed(ctx, *node_);
        return read_in_place(ctx, std::forward<F>(f));
    }
    template <class F>
    auto peek_with(F&& f) const {
        return read_in_place(detail::context(), std::forward<F>(f));
    }

    /// See `Source`.
    bool observed() const { return detail::is_observed(*node_); }
    template <class F>
    void on_observed(F&& hook) {
        detail::Callback callback(std::forward<F>(hook));
        detail::set_hooks(*node_, &callback, nullptr);
    }
    template <class F>
    void on_unobserved(F&& hook) {
        detail::Callback callback(std::forward<F>(hook));
        detail::set_hooks(*node_, nullptr, &callback);
    }
    void set_name(std::string name) { detail::set_name(*node_, std::move(name)); }
    std::string name() const { return detail::name_of(*node_); }

private:
    friend struct detail::NodeAccess;

    T copy(detail::Context& ctx) const {
        if constexpr (detail::AtomicValue<T>) {
            if (detail::kThreadSafe && ctx.depth == 0) return copy_unlocked(ctx);
            if (!detail::kThreadSafe && readable(ctx)) return node_->read();
            if (ctx.depth != 0) {
                if (!readable(ctx)) detail::refresh_for_read(ctx, *node_);
                return node_->read();
            }
        }
        return copy_locked(ctx);
    }

    T copy_unlocked(detail::Context& ctx) const {
        const detail::GraphCore& graph = detail::graph_of(*node_);
        const std::uint64_t sequence = graph.lock.sequence();
        if ((sequence & 1U) == 0 && detail::is_current(*node_, graph)) {
            const T value = node_->read();
            if (graph.lock.unchanged_since(sequence)) return value;
        }
        return copy_locked(ctx);
    }

    // Of a live computed the flags tell all, unless the running batch has not told it yet.
    bool readable(const detail::Context& ctx) const noexcept {
        constexpr std::uint32_t kAll =
            detail::kDirty | detail::kPending | detail::kRunning | detail::kError | detail::kLive;
        return (ctx.work & detail::kCommit) == 0 && (node_->flags.load() & kAll) == detail::kLive;
    }

    SYNCLINE_REACTIVE_COLD T copy_locked(detail::Context& ctx) const {
        detail::Session session(ctx, detail::graph_of(*node_));
        detail::refresh_for_read(ctx, *node_);
        T value = node_->read();
        session.leave();
        return value;
    }

    template <class F>
    auto read_in_place(detail::Context& ctx, F&& f) const {
        static_assert(std::is_invocable_v<F&, const T&>,
                      "with(f): f must be callable with const T&");
        if constexpr (detail::AtomicValue<T>) {
            const T value = copy(ctx);
            return std::invoke(f, value);
        } else {
            detail::Session session(ctx, detail::graph_of(*node_));
            detail::refresh_for_read(ctx, *node_);
            return session.leave_after([&] { return std::invoke(f, node_->read()); });
        }
    }

    void reset() noexcept {
        if (node_ != nullptr) detail::destroy_computed(*std::exchange(node_, nullptr));
    }

    detail::ComputedValue<T>* node_ = nullptr;
};

template <class F>
Computed(F&&) -> Computed<std::decay_t<std::invoke_result_t<std::decay_t<F>&>>>;
template <class F, class Equal>
Computed(F&&, Equal) -> Computed<std::decay_t<std::invoke_result_t<std::decay_t<F>&>>>;

}  // namespace syncline
