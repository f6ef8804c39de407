#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace syncline::detail {

/// A `void()` that moves and need not copy; small closures are stored in place.
class Callback {
public:
    Callback() noexcept = default;

    template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, Callback> &&
             std::is_invocable_v<std::decay_t<F>&>) explicit Callback(F&& f) {
        using Closure = std::decay_t<F>;
        if constexpr (fits<Closure>) {
            ::new (static_cast<void*>(buffer_)) Closure(std::forward<F>(f));
            manage_ = &manage_inline<Closure>;
        } else {
            ::new (static_cast<void*>(buffer_)) Closure*(new Closure(std::forward<F>(f)));
            manage_ = &manage_heap<Closure>;
        }
    }

    Callback(Callback&& other) noexcept { take(other); }
    Callback& operator=(Callback&& other) noexcept {
        if (this != &other) {
            reset();
            take(other);
        }
        return *this;
    }
    ~Callback() { reset(); }

    explicit operator bool() const noexcept { return manage_ != nullptr; }
    void operator()() { manage_(Step::call, buffer_, nullptr); }

private:
    enum class Step { call, move, destroy };
    static constexpr std::size_t kBytes = 40;

    template <class Closure>
    static constexpr bool fits =
        sizeof(Closure) <= kBytes &&
        alignof(Closure) <= alignof(void*) && std::is_nothrow_move_constructible_v<Closure>;

    template <class Closure>
    static void manage_inline(Step step, void* self, void* to) {
        auto& closure = *static_cast<Closure*>(self);
        if (step == Step::call) {
            static_cast<void>(closure());
            return;
        }
        if (step == Step::move) ::new (to) Closure(std::move(closure));
        closure.~Closure();
    }

    template <class Closure>
    static void manage_heap(Step step, void* self, void* to) {
        Closure*& closure = *static_cast<Closure**>(self);
        if (step == Step::call) {
            static_cast<void>((*closure)());
        } else if (step == Step::move) {
            ::new (to) Closure*(closure);
        } else {
            delete closure;
        }
    }

    void take(Callback& other) noexcept {
        if (other.manage_ == nullptr) return;
        other.manage_(Step::move, other.buffer_, buffer_);
        manage_ = std::exchange(other.manage_, nullptr);
    }
    void reset() noexcept {
        if (manage_ != nullptr) std::exchange(manage_, nullptr)(Step::destroy, buffer_, nullptr);
    }

    alignas(void*) unsigned char buffer_[kBytes];
    void (*manage_)(Step, void*, void*) = nullptr;
};

}  // namespace syncline::detail
