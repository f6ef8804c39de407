#include "watchdog.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace syncline::http {

using Outcome = TransportResponse::Outcome;

void Watchdog::add(std::shared_ptr<Watched> watched) {
    const SteadyTime deadline = watched->deadline();
    const std::lock_guard lock(mutex_);
    const Watched* key = watched.get();
    watched_.emplace(key, std::move(watched));
    // Deadlines mostly ascend: the thread is rarely woken.
    if (deadline < next_) changed_.notify_one();
}

void Watchdog::remove(const Watched& watched) {
    const std::lock_guard lock(mutex_);
    watched_.erase(&watched);
}

void Watchdog::cancel_all() {
    const std::lock_guard lock(mutex_);
    cancelled_.merge(watched_);
    changed_.notify_one();
}

void Watchdog::stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_one();
}

void Watchdog::run() {
    std::unique_lock lock(mutex_);
    while (!stopped_ || !cancelled_.empty()) {
        const SteadyTime now = SystemClock::instance().now();
        auto cancelled = std::exchange(cancelled_, {});
        std::vector<std::shared_ptr<Watched>> late;
        next_ = SteadyTime::max();
        for (auto entry = watched_.begin(); entry != watched_.end();) {
            const SteadyTime deadline = entry->second->deadline();
            if (deadline <= now) {
                late.push_back(std::move(entry->second));
                entry = watched_.erase(entry);
            } else {
                next_ = std::min(next_, deadline);
                ++entry;
            }
        }
        if (!cancelled.empty() || !late.empty()) {
            lock.unlock();
            for (const auto& [key, watched] : cancelled) watched->end(Outcome::cancelled);
            for (const auto& watched : late) watched->end(Outcome::timed_out);
            cancelled.clear();
            late.clear();
            lock.lock();
        } else if (next_ == SteadyTime::max()) {
            changed_.wait(lock);
        } else {
            changed_.wait_until(lock, next_);
        }
    }
}

}  // namespace syncline::http
