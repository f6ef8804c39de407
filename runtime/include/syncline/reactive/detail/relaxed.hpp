#pragma once

#include <atomic>

// Benchmarks compile this module once more without thread safety, to measure what it costs. The
// library that is shipped never defines this.
#ifndef SYNCLINE_REACTIVE_SINGLE_THREADED
#define SYNCLINE_REACTIVE_SINGLE_THREADED 0
#endif

// Keeps what is rarely needed out of the code of those who call it.
#if defined(__GNUC__)
#define SYNCLINE_REACTIVE_COLD [[gnu::noinline]]
#else
#define SYNCLINE_REACTIVE_COLD
#endif

namespace syncline::detail {

inline constexpr bool kThreadSafe = SYNCLINE_REACTIVE_SINGLE_THREADED == 0;

/// A field that is written under the graph lock and may be read without it. It never costs an
/// atomic read-modify-write.
template <class T>
class Relaxed {
public:
    constexpr Relaxed() noexcept : value_(T{}) {}
    constexpr Relaxed(T value) noexcept : value_(value) {}
    Relaxed(const Relaxed&) = delete;
    Relaxed& operator=(const Relaxed&) = delete;

#if SYNCLINE_REACTIVE_SINGLE_THREADED
    T load() const noexcept {
        return value_;
    }
    T acquire() const noexcept {
        return value_;
    }
    void store(T value) noexcept {
        value_ = value;
    }
    void release(T value) noexcept {
        value_ = value;
    }

private:
    T value_;
#else
    T load() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }
    T acquire() const noexcept {
        return value_.load(std::memory_order_acquire);
    }
    void store(T value) noexcept {
        value_.store(value, std::memory_order_relaxed);
    }
    void release(T value) noexcept {
        value_.store(value, std::memory_order_release);
    }

private:
    std::atomic<T> value_;
#endif
};

}  // namespace syncline::detail
