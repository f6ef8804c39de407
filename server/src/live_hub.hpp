#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "syncline/base/executor.hpp"
#include "syncline/server/engine.hpp"
#include "syncline/server/service.hpp"

namespace syncline::server {

/// Who follows which scope live, and how far each has been told.
///
/// A subscriber has one frame under way at most: the next one is made when it is ready, out of all
/// that has changed by then. Thread-safety: any thread; guarded by `mutex_`, which is held neither
/// while the engine reads nor while a sink is called.
class LiveHub : public std::enable_shared_from_this<LiveHub> {
public:
    LiveHub(Engine& engine, std::function<void(Task)> run_later, std::size_t frame_bytes_max);

    std::unique_ptr<LiveSubscription> subscribe(const LiveRequest& request, LiveSink sink);

    /// Something was committed in `scope`.
    void publish(std::string_view scope);

private:
    struct Subscriber {
        FrameQuery at;
        LiveSink sink;
        bool ready = true;    // takes a frame
        bool queued = false;  // is among the due
        bool ended = false;
        std::uint64_t seen = 0;  // `Channel::version` that its last frame was made after
    };
    struct Channel {
        std::vector<std::shared_ptr<Subscriber>> all;
        std::vector<std::shared_ptr<Subscriber>> due;
        std::uint64_t version = 1;  // grows with every commit
        bool running = false;       // a pump is posted or running
    };
    class Subscription;

    /// Puts the subscriber among the due if there is anything for it. Returns whether to pump.
    static bool make_due(Channel& channel, const std::shared_ptr<Subscriber>& subscriber);
    void start_pump(const std::string& scope);
    void pump(const std::string& scope);
    /// Takes the due of a channel; empty: the pump is over.
    std::vector<std::shared_ptr<Subscriber>> take_due(const std::string& scope);
    void serve(const std::string& scope, const std::vector<std::shared_ptr<Subscriber>>& due);
    void deliver(const std::string& scope, const std::shared_ptr<Subscriber>& subscriber,
                 const Engine::Frame& frame);
    void end(const std::string& scope, const std::shared_ptr<Subscriber>& subscriber);
    void resume(const std::string& scope, const std::shared_ptr<Subscriber>& subscriber);
    void remove(const std::string& scope, const std::shared_ptr<Subscriber>& subscriber);

    Engine& engine_;
    std::function<void(Task)> run_later_;
    std::size_t frame_bytes_max_;
    std::mutex mutex_;
    std::unordered_map<std::string, Channel> channels_;
};

}  // namespace syncline::server
