#include "publisher.hpp"

#include <utility>

namespace syncline::detail {
namespace {

// Says which thread delivers, also if a listener throws, which it must not.
class Delivering {
public:
    explicit Delivering(std::atomic<std::thread::id>& who) : who_(who) {
        who_ = std::this_thread::get_id();
    }
    ~Delivering() { who_ = std::thread::id(); }
    Delivering(const Delivering&) = delete;
    Delivering& operator=(const Delivering&) = delete;

private:
    std::atomic<std::thread::id>& who_;
};

}  // namespace

void Publisher::set_listener(ChangeListener* listener) {
    std::unique_lock<std::mutex> delivery(delivery_mutex_, std::defer_lock);
    // Waits for a running call, unless it is the caller's own.
    if (delivering_.load() != std::this_thread::get_id()) delivery.lock();
    const std::lock_guard lock(state_mutex_);
    listener_ = listener;
    if (listener == nullptr) notices_.clear();
}

void Publisher::set_queue_listener(std::function<void()> on_queued) {
    auto shared = std::make_shared<std::function<void()>>(std::move(on_queued));
    const std::lock_guard lock(state_mutex_);
    on_queued_ = std::move(shared);
}

bool Publisher::wants_rows(const EntitySchema& entity) const {
    const std::lock_guard lock(state_mutex_);
    return listener_ != nullptr && listener_->wants_rows(entity);
}

void Publisher::add(ChangeSet changes) {
    const std::lock_guard lock(state_mutex_);
    if (listener_ != nullptr) notices_.push_back(std::move(changes));
}

void Publisher::deliver() {
    if (delivering_.load() == std::this_thread::get_id()) return;
    const std::lock_guard delivery(delivery_mutex_);
    const Delivering here(delivering_);
    while (const auto next = take_notice()) {
        if (next->second != nullptr) next->second->on_changes(next->first);
    }
}

std::optional<std::pair<ChangeSet, ChangeListener*>> Publisher::take_notice() {
    const std::lock_guard lock(state_mutex_);
    if (notices_.empty()) return std::nullopt;
    std::pair<ChangeSet, ChangeListener*> next{std::move(notices_.front()), listener_};
    notices_.pop_front();
    return next;
}

void Publisher::tell_queued() {
    call(on_queued_);
}

void Publisher::set_write_listener(std::function<void()> on_writes) {
    auto shared = std::make_shared<std::function<void()>>(std::move(on_writes));
    const std::lock_guard lock(state_mutex_);
    on_writes_ = std::move(shared);
}

void Publisher::tell_writes() {
    call(on_writes_);
}

void Publisher::call(const std::shared_ptr<std::function<void()>>& listener) {
    std::shared_ptr<std::function<void()>> held;
    {
        const std::lock_guard lock(state_mutex_);
        held = listener;
    }
    if (held && *held) (*held)();
}

}  // namespace syncline::detail
