#pragma once

#include <atomic>
#include <cstdint>

#include "syncline/reactive/detail/relaxed.hpp"

namespace syncline::detail {

class GraphLock;

/// One per thread: which lock the thread is inside of by bias. Never freed, since a revoking thread
/// may still look at it.
struct LockSlot {
    std::atomic<const GraphLock*> active{nullptr};
};

/// The lock of one graph, and the sequence number by which readers do without it.
///
/// The lock is biased: after the first use it stays with its thread, which then enters by plain
/// loads and stores. Another thread takes the bias away once, at the price of a system call that
/// orders the memory of all threads (`membarrier`), and from then on it is an ordinary futex lock
/// until one thread has used it alone for long. Where there is no such call it is never biased.
///
/// `sequence` is odd while somebody is inside who may change what is read without the lock.
class GraphLock {
public:
    constexpr GraphLock() noexcept = default;
    GraphLock(const GraphLock&) = delete;
    GraphLock& operator=(const GraphLock&) = delete;

    /// Not recursive; the caller counts.
    void enter(LockSlot& me) {
        enter_quietly(me);
        begin_changes();
    }

    /// For one who changes nothing that is read without the lock, before `begin_changes`.
    void enter_quietly(LockSlot& me) {
        if constexpr (kThreadSafe) {
            if (!enter_biased(me)) [[unlikely]]
                enter_slow(me);
        }
    }
    void begin_changes() noexcept {
        if constexpr (kThreadSafe) sequence_.store(sequence_.load() | 1U);
    }

    void leave(LockSlot& me) noexcept {
        if constexpr (kThreadSafe) {
            const std::uint64_t sequence = sequence_.load();
            if ((sequence & 1U) != 0) sequence_.release(sequence + 1);
            if (me.active.load(std::memory_order_relaxed) == this) [[likely]] {
                me.active.store(nullptr, std::memory_order_release);
                std::atomic_signal_fence(std::memory_order_seq_cst);
                if (owner_.load(std::memory_order_relaxed) != &me) [[unlikely]]
                    wake_revoker(me);
            } else {
                leave_plain();
            }
        }
    }

    /// What was read between two equal, even values is whole.
    std::uint64_t sequence() const noexcept { return sequence_.acquire(); }
    bool unchanged_since(std::uint64_t sequence) const noexcept {
        return sequence_.load() == sequence;
    }

private:
    bool enter_biased(LockSlot& me) noexcept {
        if (owner_.load(std::memory_order_relaxed) != &me) return false;
        me.active.store(this, std::memory_order_relaxed);
        // A revoker orders this store before the load below with membarrier; for the compiler:
        std::atomic_signal_fence(std::memory_order_seq_cst);
        if (owner_.load(std::memory_order_acquire) == &me) [[likely]]
            return true;
        give_way(me);
        return false;
    }

    void enter_slow(LockSlot& me);
    void leave_plain() noexcept;
    void give_way(LockSlot& me) noexcept;
    void wake_revoker(LockSlot& me) noexcept;
    bool revoke(LockSlot& me);
    void consider_bias(LockSlot& me) noexcept;

    Relaxed<std::uint64_t> sequence_{0};
    std::atomic<LockSlot*> owner_{nullptr};
    std::atomic<std::uint32_t> word_{0};  // 0 free, 1 held or biased, 2 held and waited for
    std::uint32_t streak_ = 0;            // guarded by the lock, as all below
    std::uint32_t streak_needed_ = 1;
    LockSlot* last_ = nullptr;
};

}  // namespace syncline::detail
