#include "syncline/reactive/detail/lock.hpp"

#include <algorithm>
#include <thread>

#ifdef __linux__
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace syncline::detail {
namespace {

constexpr int kSpins = 200;
constexpr std::uint32_t kStreakMax = 1U << 22U;

void pause_a_little() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#else
    std::this_thread::yield();
#endif
}

#ifdef __linux__
long membarrier(int command) noexcept {
    return syscall(SYS_membarrier, command, 0U, 0);
}

bool can_order_all_threads() noexcept {
    static const bool possible = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
    return possible;
}

void order_all_threads() noexcept {
    membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}
#else
bool can_order_all_threads() noexcept {
    return false;
}
void order_all_threads() noexcept {}
#endif

}  // namespace

void GraphLock::enter_slow(LockSlot& me) {
    // Who has slept may not be the only sleeper: it takes the lock as one that is waited for.
    std::uint32_t taken = 1;
    for (int spins = 0;; ++spins) {
        std::uint32_t free = 0;
        if (word_.load(std::memory_order_relaxed) == 0 &&
            word_.compare_exchange_strong(free, taken, std::memory_order_acquire)) {
            break;
        }
        if (revoke(me)) {
            if (taken == 2) word_.store(2, std::memory_order_relaxed);
            return;
        }
        if (spins < kSpins) {
            pause_a_little();
            continue;
        }
        taken = 2;
        if (word_.exchange(2, std::memory_order_seq_cst) == 0) break;
        // Whoever biases the lock looks at `word_` after it set `owner_`: one of us sees the other.
        if (owner_.load(std::memory_order_seq_cst) == nullptr) word_.wait(2);
    }
    consider_bias(me);
}

void GraphLock::leave_plain() noexcept {
    if (word_.exchange(0, std::memory_order_release) == 2) word_.notify_one();
}

// Takes the lock from the thread that it is biased to. `word_` stays as it is: it is ours now.
bool GraphLock::revoke(LockSlot& me) {
    LockSlot* owner = owner_.load(std::memory_order_seq_cst);
    if (owner == nullptr || owner == &me) return false;
    if (!owner_.compare_exchange_strong(owner, nullptr, std::memory_order_seq_cst)) return false;
    order_all_threads();
    for (int spins = 0; owner->active.load(std::memory_order_acquire) == this; ++spins) {
        if (spins < kSpins) {
            pause_a_little();
        } else {
            owner->active.wait(this);
        }
    }
    streak_ = 0;
    last_ = &me;
    streak_needed_ = std::min(streak_needed_ * 16, kStreakMax);
    return true;
}

void GraphLock::give_way(LockSlot& me) noexcept {
    me.active.store(nullptr, std::memory_order_release);
    me.active.notify_all();
}

void GraphLock::wake_revoker(LockSlot& me) noexcept {
    me.active.notify_all();
}

// Called with the lock held the ordinary way.
void GraphLock::consider_bias(LockSlot& me) noexcept {
    if (last_ != &me) {
        last_ = &me;
        streak_ = 0;
    }
    if (++streak_ < streak_needed_ || !can_order_all_threads()) return;
    streak_ = 0;
    // From here on we may be revoked: then we are inside by bias, as far as the revoker can tell.
    me.active.store(this, std::memory_order_relaxed);
    owner_.store(&me, std::memory_order_seq_cst);
    if (word_.load(std::memory_order_seq_cst) == 1) return;
    LockSlot* expected = &me;
    if (owner_.compare_exchange_strong(expected, nullptr, std::memory_order_seq_cst)) {
        me.active.store(nullptr, std::memory_order_release);
    }
}

}  // namespace syncline::detail
