#include "live_hub.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace syncline::server {

class LiveHub::Subscription final : public LiveSubscription {
public:
    Subscription(std::shared_ptr<LiveHub> hub, std::string scope,
                 std::shared_ptr<Subscriber> subscriber)
        : hub_(std::move(hub)), scope_(std::move(scope)), subscriber_(std::move(subscriber)) {}
    ~Subscription() override { hub_->remove(scope_, subscriber_); }

    void resume() override { hub_->resume(scope_, subscriber_); }

private:
    std::shared_ptr<LiveHub> hub_;
    std::string scope_;
    std::shared_ptr<Subscriber> subscriber_;
};

LiveHub::LiveHub(Engine& engine, std::function<void(Task)> run_later, std::size_t frame_bytes_max)
    : engine_(engine), run_later_(std::move(run_later)), frame_bytes_max_(frame_bytes_max) {
    if (!run_later_) run_later_ = [](const Task& task) { task(); };
}

std::unique_ptr<LiveSubscription> LiveHub::subscribe(const LiveRequest& request, LiveSink sink) {
    auto subscriber = std::make_shared<Subscriber>();
    subscriber->at = {request.client, request.cursor, request.confirmed, request.confirmed};
    subscriber->sink = std::move(sink);
    bool pump = false;
    {
        const std::lock_guard lock(mutex_);
        Channel& channel = channels_[request.scope];
        channel.all.push_back(subscriber);
        pump = make_due(channel, subscriber);
    }
    // A pump that starts now reads a state in which nothing is missed: what is committed after it
    // finds the subscriber in the channel.
    auto subscription =
        std::make_unique<Subscription>(shared_from_this(), request.scope, subscriber);
    if (pump) start_pump(request.scope);
    return subscription;
}

void LiveHub::publish(std::string_view scope) {
    const std::string name(scope);
    bool pump = false;
    {
        const std::lock_guard lock(mutex_);
        const auto found = channels_.find(name);
        if (found == channels_.end()) return;
        Channel& channel = found->second;
        ++channel.version;
        for (const auto& subscriber : channel.all) pump = make_due(channel, subscriber) || pump;
    }
    if (pump) start_pump(name);
}

bool LiveHub::make_due(Channel& channel, const std::shared_ptr<Subscriber>& subscriber) {
    const bool idle = subscriber->ready && !subscriber->queued && !subscriber->ended;
    if (!idle || subscriber->seen >= channel.version) return false;
    subscriber->queued = true;
    channel.due.push_back(subscriber);
    return !std::exchange(channel.running, true);
}

void LiveHub::start_pump(const std::string& scope) {
    run_later_([self = shared_from_this(), scope] { self->pump(scope); });
}

void LiveHub::pump(const std::string& scope) {
    for (;;) {
        const auto due = take_due(scope);
        if (due.empty()) return;
        try {
            serve(scope, due);
        } catch (const std::exception& error) {
            // Their streams end; they come back by themselves, and pull until then.
            spdlog::error("live frames of one scope could not be made: {}", error.what());
            for (const auto& subscriber : due) end(scope, subscriber);
        }
    }
}

std::vector<std::shared_ptr<LiveHub::Subscriber>> LiveHub::take_due(const std::string& scope) {
    const std::lock_guard lock(mutex_);
    const auto found = channels_.find(scope);
    if (found == channels_.end()) return {};
    Channel& channel = found->second;
    std::vector<std::shared_ptr<Subscriber>> due = std::exchange(channel.due, {});
    for (const auto& subscriber : due) {
        subscriber->queued = false;
        // Not ready until what follows is delivered, so that one frame comes after the other.
        subscriber->ready = false;
        subscriber->seen = channel.version;
    }
    if (due.empty()) {
        channel.running = false;
        if (channel.all.empty()) channels_.erase(found);
    }
    return due;
}

void LiveHub::serve(const std::string& scope, const std::vector<std::shared_ptr<Subscriber>>& due) {
    std::vector<FrameQuery> queries;
    queries.reserve(due.size());
    // `at` is this pump's alone while its subscriber is not ready.
    for (const auto& subscriber : due) queries.push_back(subscriber->at);
    const auto frames = engine_.frames(scope, queries, frame_bytes_max_);
    for (std::size_t i = 0; i < due.size(); ++i) deliver(scope, due[i], frames.message[i]);
}

void LiveHub::deliver(const std::string& scope, const std::shared_ptr<Subscriber>& subscriber,
                      const Engine::Frame& frame) {
    if (frame.too_old) return end(scope, subscriber);
    if (!frame.page) return resume(scope, subscriber);
    subscriber->at.cursor = frame.page->to;
    // A frame without rows tells of no outcomes; the pull that it asks for will.
    if (!frame.page->more) subscriber->at.told = frame.page->applied;
    const auto bytes = std::make_shared<const Bytes>(encode(*frame.page));
    {
        const std::lock_guard lock(mutex_);
        if (subscriber->ended) return;
    }
    if (subscriber->sink.on_frame(bytes)) resume(scope, subscriber);
}

void LiveHub::end(const std::string& scope, const std::shared_ptr<Subscriber>& subscriber) {
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(subscriber->ended, true)) return;
    }
    remove(scope, subscriber);
    if (subscriber->sink.on_end) subscriber->sink.on_end();
}

void LiveHub::resume(const std::string& scope, const std::shared_ptr<Subscriber>& subscriber) {
    {
        const std::lock_guard lock(mutex_);
        subscriber->ready = true;
        const auto found = channels_.find(scope);
        if (found == channels_.end() || !make_due(found->second, subscriber)) return;
    }
    start_pump(scope);
}

void LiveHub::remove(const std::string& scope, const std::shared_ptr<Subscriber>& subscriber) {
    const std::lock_guard lock(mutex_);
    subscriber->ended = true;
    const auto found = channels_.find(scope);
    if (found == channels_.end()) return;
    Channel& channel = found->second;
    std::erase(channel.all, subscriber);
    std::erase(channel.due, subscriber);
    // A pump that is under way comes back for its channel.
    if (channel.all.empty() && !channel.running) channels_.erase(found);
}

}  // namespace syncline::server
