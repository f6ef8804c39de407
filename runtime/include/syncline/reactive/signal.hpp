#pragma once

#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "syncline/reactive/detail/notes.hpp"
#include "syncline/reactive/detail/slot.hpp"
#include "syncline/reactive/equality.hpp"

namespace syncline {

/// A value that can be read and written; computeds and effects that read it follow it.
///
/// `Equal` decides which writes are no change (see `DefaultEqual`). A signal of 4 or 8 bytes takes
/// 24 bytes. It may be a member or live in a container, and may be moved: its observers follow
/// (O(observers)), but a closure that refers to it by address does not.
///
/// Thread-safety: any thread may read and write. Values of up to 8 bytes that copy trivially are
/// read without a lock. Others are read, compared and assigned under the graph's lock: their copy,
/// `==` and assignment must not wait for another thread.
template <class T, class Equal = DefaultEqual>
class Signal : private detail::SourceNode {
    static_assert(std::is_object_v<T> && !std::is_const_v<T> && !std::is_array_v<T>,
                  "Signal<T> holds a value: T must be an object type, neither const nor an array");
    static_assert(std::is_move_constructible_v<T>,
                  "Signal<T>: T must at least be movable; use Signal<std::unique_ptr<T>>");
    static_assert(EqualityFor<Equal, T>,
                  "Signal<T, Equal>: Equal must be callable as bool(const T&, const T&)");

public:
    using value_type = T;

    Signal() requires std::is_default_constructible_v<T> : SourceNode(detail::new_source_bits()),
                                                           slot_(std::in_place) {}
    Signal(T value)  // NOLINT: `Signal<int> count = 0` reads well and loses nothing
        : SourceNode(detail::new_source_bits()), slot_(std::in_place, std::move(value)) {}
    Signal(T value, Equal equal)
        : SourceNode(detail::new_source_bits()),
          slot_(std::in_place, std::move(value)),
          equal_(std::move(equal)) {}
    Signal(T value, std::string name) requires(!std::is_convertible_v<std::string, Equal>)
        : Signal(std::move(value)) {
        set_name(std::move(name));
    }
    ~Signal() { detail::end_source(node()); }

    /// Its observers go over to the new place. No other thread may use `other` meanwhile.
    Signal(Signal&& other)
        : SourceNode(other.graph_number() << detail::kGraphShift),
          slot_(std::in_place, other.take_value()),
          equal_(std::move(other.equal_)) {
        detail::move_source(other, *this);
    }
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;
    Signal& operator=(Signal&&) = delete;

    /// The value; the running computed or effect depends on it from now on.
    T get() const {
        static_assert(std::is_copy_constructible_v<T>,
                      "Signal<T>::get copies: read one that cannot be copied by with(f)");
        detail::Context& ctx = detail::context();
        detail::track_if_needed(ctx, node());
        return copy(ctx);
    }
    T operator()() const { return get(); }

    /// The value, without depending on it.
    T peek() const {
        static_assert(std::is_copy_constructible_v<T>,
                      "peek copies: read a value that cannot be copied by peek_with(f)");
        return copy(detail::context());
    }

    /// Calls `f` with a reference to the value, without a copy, and returns what it returns; the
    /// running computed or effect depends on it. For values that are not read without a lock, `f`
    /// runs under the graph's lock: it must not wait for another thread. The reference is good
    /// during the call, and as long as `f` does not write this signal.
    template <class F>
    auto with(F&& f) const {
        detail::Context& ctx = detail::context();
        detail::track_if_needed(ctx, node());
        return read_in_place(ctx, std::forward<F>(f));
    }
    /// As `with`, without depending on it.
    template <class F>
    auto peek_with(F&& f) const {
        return read_in_place(detail::context(), std::forward<F>(f));
    }

    /// Writes the value. Nothing happens if it equals the old one. Outside of a batch and of an
    /// effect, effects have run when this returns. A read in the same thread sees the value at
    /// once. Throws: `InvalidState` inside of a computed; what an effect threw, after all of them
    /// ran.
    void set(T value) {
        detail::Context& ctx = detail::context();
        detail::Write write(ctx, node());
        if (is_same(value)) {
            write.nothing_changed();
            return;
        }
        if (!write.batched()) {
            exchange(value);
            write.changed();
            return;
        }
        if (!write.logged()) {
            log_and_store(ctx, std::move(value));
        } else {
            exchange(value);
        }
        write.changed_in_batch();
    }

    /// Changes the value in place by `f(T&)`. Small values are compared as by `set`; others count
    /// as changed, since nothing is kept to compare with. If `f` throws, the value is as `f` left
    /// it and counts as changed. `f` runs under the graph's lock: it must not wait for another
    /// thread. Throws: as `set`, and what `f` throws.
    template <class F>
    void update(F&& f) {
        static_assert(std::is_invocable_v<F&, T&>, "Signal::update(f): f must be callable with T&");
        if constexpr (detail::AtomicValue<T>) {
            detail::Context& ctx = detail::context();
            detail::Write write(ctx, node());
            T value = slot_.read();
            std::invoke(f, value);
            store_within(ctx, write, std::move(value));
        } else {
            update_in_place(std::forward<F>(f));
        }
    }

    /// Tells observers that the value changed in a way that no comparison shows: through a pointer.
    void trigger() {
        detail::Context& ctx = detail::context();
        detail::Write write(ctx, node());
        if (write.batched()) detail::log_trigger(ctx, node());
        finish_unequal(ctx, write);
    }

    /// See `Source`.
    bool observed() const { return detail::is_observed(node()); }
    template <class F>
    void on_observed(F&& hook) {
        detail::Callback callback(std::forward<F>(hook));
        detail::set_hooks(node(), &callback, nullptr);
    }
    template <class F>
    void on_unobserved(F&& hook) {
        detail::Callback callback(std::forward<F>(hook));
        detail::set_hooks(node(), nullptr, &callback);
    }
    void set_name(std::string name) { detail::set_name(node(), std::move(name)); }
    std::string name() const { return detail::name_of(node()); }

private:
    friend struct detail::NodeAccess;
    using Step = detail::LogEntry::Step;

    static constexpr bool kAtomic = detail::AtomicValue<T>;

    // Being observed does not change what a signal is.
    detail::SourceNode& node() const noexcept { return const_cast<Signal&>(*this); }

    T copy(detail::Context& ctx) const {
        if constexpr (kAtomic) {
            return detail::read_whole(ctx, detail::graph_of(node()),
                                      [this] { return slot_.read(); });
        } else {
            detail::Session session(ctx, detail::graph_of(node()));
            T value = slot_.read();
            session.leave();
            return value;
        }
    }

    template <class F>
    auto read_in_place(detail::Context& ctx, F&& f) const {
        static_assert(std::is_invocable_v<F&, const T&>,
                      "with(f): f must be callable with const T&");
        if constexpr (kAtomic) {
            const T value = copy(ctx);
            return std::invoke(f, value);
        } else {
            detail::Session session(ctx, detail::graph_of(node()));
            return session.leave_after([&] { return std::invoke(f, slot_.read()); });
        }
    }

    bool is_same(const T& value) {
        if constexpr (kAtomic) {
            const T old = slot_.read();
            return equal_(old, value);
        } else {
            return equal_(slot_.read(), value);
        }
    }

    // The old value leaves in `value`, so that it is destroyed without the lock.
    void exchange(T& value) {
        if constexpr (kAtomic) {
            slot_.store(value);
        } else if constexpr (std::is_swappable_v<T>) {
            using std::swap;
            swap(slot_.edit(), value);
        } else {
            static_assert(std::is_move_assignable_v<T>,
                          "Signal<T>::set: T must be assignable; it can still be updated in place");
            slot_.edit() = std::move(value);
        }
    }

    void log_and_store(detail::Context& ctx, T&& value) {
        detail::LogEntry entry{this, &old_value_step, {nullptr}, !kAtomic};
        if constexpr (kAtomic) {
            const T old = slot_.read();
            ::new (static_cast<void*>(entry.bytes)) T(old);
            detail::log_write(ctx, entry);
            slot_.store(value);
        } else {
            auto* const old = new T(std::move(slot_.edit()));
            entry.pointer = old;
            detail::log_write(ctx, entry);
            slot_.store(std::move(value));
        }
    }

    static bool old_value_step(detail::LogEntry& entry, Step step) {
        if (step == Step::compare) return signal_of(entry).is_same(old_value(entry));
        if constexpr (!kAtomic) delete static_cast<T*>(entry.pointer);
        return true;
    }
    static const T& old_value(detail::LogEntry& entry) {
        if constexpr (kAtomic) {
            return *std::launder(reinterpret_cast<const T*>(entry.bytes));
        } else {
            return *static_cast<const T*>(entry.pointer);
        }
    }
    static Signal& signal_of(detail::LogEntry& entry) {
        return static_cast<Signal&>(*entry.source);
    }

    void store_within(detail::Context& ctx, detail::Write& write, T&& value) {
        if (is_same(value)) {
            write.nothing_changed();
        } else if (!write.batched()) {
            slot_.store(value);
            write.changed();
        } else {
            write.logged() ? slot_.store(value) : log_and_store(ctx, std::move(value));
            write.changed_in_batch();
        }
    }

    template <class F>
    void update_in_place(F&& f) {
        detail::Context& ctx = detail::context();
        detail::Write write(ctx, node());
        try {
            std::invoke(f, slot_.edit());
        } catch (...) {
            finish_unequal(ctx, write);
            throw;
        }
        finish_unequal(ctx, write);
    }

    void finish_unequal(detail::Context& ctx, detail::Write& write) {
        if (!write.batched()) {
            write.changed();
            return;
        }
        if (!write.logged()) detail::log_write(ctx, {this, nullptr, {nullptr}, false});
        write.changed_in_batch();
    }

    T take_value() {
        if constexpr (kAtomic) {
            return slot_.read();
        } else {
            return std::move(slot_.edit());
        }
    }

    detail::Slot<T> slot_;
    [[no_unique_address]] Equal equal_;
};

}  // namespace syncline
