#include "syncline/testing/memory_transport.hpp"

#include <mutex>
#include <utility>
#include <vector>

#include "pending_calls.hpp"

namespace syncline::testing {
namespace {

using Outcome = TransportResponse::Outcome;

// What the stream, the subscription's frames and the transport share.
class MemoryStream : public std::enable_shared_from_this<MemoryStream> {
public:
    MemoryStream(Executor& executor, LiveHandler handler)
        : executor_(executor), handler_(std::move(handler)) {}

    void open(ServerEndpoint& server, const LiveRequest& request) {
        TransportResponse refusal;
        ServerEndpoint::LiveSink sink;
        sink.on_frame = [weak = weak_from_this()](Bytes frame) {
            if (const auto stream = weak.lock()) stream->post_frame(std::move(frame));
        };
        sink.on_end = [weak = weak_from_this()] {
            const auto stream = weak.lock();
            if (stream) stream->close(not_answered(Outcome::cut, "the server ended the stream"));
        };
        auto subscription = server.subscribe(request, std::move(sink), refusal);
        if (!subscription) return close(std::move(refusal));
        const std::lock_guard lock(mutex_);
        if (closed_) return;
        subscription_ = std::move(subscription);
        executor_.post([self = shared_from_this()] {
            if (self->is_open() && self->handler_.on_open) self->handler_.on_open();
        });
    }

    // From the server's side.
    void close(TransportResponse response) {
        if (!end()) return;
        executor_.post([self = shared_from_this(), response = std::move(response)] {
            if (!self->dropped_by_client() && self->handler_.on_close) {
                self->handler_.on_close(response);
            }
        });
    }

    // From the client's side: no handler is called any more.
    void drop() {
        {
            const std::lock_guard lock(mutex_);
            dropped_ = true;
        }
        end();
    }

private:
    bool end() {
        std::unique_ptr<ServerEndpoint::Subscription> subscription;
        const std::lock_guard lock(mutex_);
        subscription = std::move(subscription_);
        return !std::exchange(closed_, true);
    }

    void post_frame(Bytes frame) {
        executor_.post([self = shared_from_this(), frame = std::move(frame)] {
            if (self->is_open() && self->handler_.on_frame) self->handler_.on_frame(frame);
        });
    }

    bool is_open() const {
        const std::lock_guard lock(mutex_);
        return !closed_;
    }

    bool dropped_by_client() const {
        const std::lock_guard lock(mutex_);
        return dropped_;
    }

    Executor& executor_;
    const LiveHandler handler_;
    mutable std::mutex mutex_;
    std::unique_ptr<ServerEndpoint::Subscription> subscription_;  // guarded by mutex_
    bool closed_ = false;                                         // guarded by mutex_
    bool dropped_ = false;                                        // guarded by mutex_
};

class StreamHandle final : public LiveStream {
public:
    explicit StreamHandle(std::shared_ptr<MemoryStream> stream) : stream_(std::move(stream)) {}
    ~StreamHandle() override { stream_->drop(); }

private:
    std::shared_ptr<MemoryStream> stream_;
};

}  // namespace

struct MemoryTransport::State {
    State(ServerEndpoint& endpoint, Executor& tasks) : server(&endpoint), executor(tasks) {}

    // The server, or nothing while it cannot be reached.
    ServerEndpoint* reachable_server() const {
        const std::lock_guard lock(mutex);
        return reachable ? server : nullptr;
    }

    TransportResponse exchange(const TransportRequest& request) const {
        ServerEndpoint* const endpoint = reachable_server();
        if (endpoint == nullptr) {
            return not_answered(Outcome::unreachable, "the server is not reachable");
        }
        return endpoint->handle(request.endpoint, request.token, request.body);
    }

    void cut_streams(Outcome outcome) {
        std::vector<std::weak_ptr<MemoryStream>> cut;
        {
            const std::lock_guard lock(mutex);
            cut.swap(streams);
        }
        for (const auto& weak : cut) {
            if (const auto stream = weak.lock()) stream->close(not_answered(outcome, "cut"));
        }
    }

    ServerEndpoint* const server;
    Executor& executor;
    PendingCalls calls;
    mutable std::mutex mutex;
    bool reachable = true;                             // guarded by mutex
    std::vector<std::weak_ptr<MemoryStream>> streams;  // guarded by mutex
};

MemoryTransport::MemoryTransport(ServerEndpoint& server, Executor& executor)
    : state_(std::make_shared<State>(server, executor)) {}

MemoryTransport::~MemoryTransport() {
    set_reachable(false);
    cancel_all();
}

void MemoryTransport::send(TransportRequest request, ResponseHandler handler) {
    const std::uint64_t call = state_->calls.add(std::move(handler));
    state_->executor.post([state = state_, call, request = std::move(request)] {
        if (!state->calls.contains(call)) return;
        // The answer is a task of its own, so that things may happen while it is on the way.
        state->executor.post([state, call, response = state->exchange(request)] {
            state->calls.finish(call, response);
        });
    });
}

std::unique_ptr<LiveStream> MemoryTransport::open_live(LiveRequest request, LiveHandler handler) {
    auto stream = std::make_shared<MemoryStream>(state_->executor, std::move(handler));
    {
        const std::lock_guard lock(state_->mutex);
        std::erase_if(state_->streams, [](const auto& weak) { return weak.expired(); });
        state_->streams.push_back(stream);
    }
    state_->executor.post([state = state_, stream, request = std::move(request)] {
        if (ServerEndpoint* const server = state->reachable_server()) {
            stream->open(*server, request);
        } else {
            stream->close(not_answered(Outcome::unreachable, "the server is not reachable"));
        }
    });
    return std::make_unique<StreamHandle>(std::move(stream));
}

void MemoryTransport::cancel_all() {
    state_->calls.cancel_all();
    state_->cut_streams(Outcome::cancelled);
}

void MemoryTransport::set_reachable(bool reachable) {
    {
        const std::lock_guard lock(state_->mutex);
        state_->reachable = reachable;
    }
    if (!reachable) state_->cut_streams(Outcome::cut);
}

}  // namespace syncline::testing
