#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "syncline/base/bytes.hpp"
#include "syncline/base/executor.hpp"
#include "syncline/protocol/transport.hpp"
#include "syncline/server/authorizer.hpp"
#include "syncline/server/engine.hpp"

namespace syncline::server {

struct ServiceResponse {
    int status = 200;
    Bytes body;
    std::optional<std::chrono::milliseconds> retry_after;
};

/// Takes live frames: encoded pages that follow on each other. `on_frame` returns whether the next
/// one may come right away; if not, `LiveSubscription::resume` asks for it, and until then changes
/// add up to one frame, so that a slow consumer costs nothing. `on_end`: the stream cannot go on
/// (its cursor has become too old); last call. Called one at a time, where
/// `ServiceOptions::run_later` runs.
struct LiveSink {
    std::function<bool(std::shared_ptr<const Bytes> frame)> on_frame;
    std::function<void()> on_end;
};

/// A live stream. The destructor ends it and does not wait: a call that runs already may still
/// finish after it. Thread-safety: any thread.
class LiveSubscription {
public:
    virtual ~LiveSubscription() = default;
    virtual void resume() = 0;
};

struct ServiceOptions {
    /// Runs the making of live frames; default: at once, on the thread that committed.
    std::function<void(Task)> run_later;
    /// Changes larger than this are not sent live, but announced by a frame without rows.
    std::size_t frame_bytes_max = 64 << 10;
};

/// The protocol without its transport: bytes in, bytes out. HTTP and in-memory transports are thin
/// layers on this. Lets no exception out. Thread-safety: any thread.
class Service {
public:
    /// All must outlive it. It takes the engine's `on_commit`.
    explicit Service(Engine& engine, const Authorizer& authorizer = allow_all(),
                     ServiceOptions options = {});
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    /// Blocks as `Engine` does.
    ServiceResponse handle(Endpoint endpoint, std::string_view token, ByteView body) noexcept;

    /// Opens a live stream, or says why not. A frame comes soon if the client is behind.
    std::variant<std::unique_ptr<LiveSubscription>, ServiceResponse> subscribe(
        const LiveRequest& request, LiveSink sink) noexcept;

    /// Nothing if a request with this token is worth reading, else the answer.
    std::optional<ServiceResponse> admit(std::string_view token) const noexcept;

    /// An encoded error in the engine's name.
    ServiceResponse error(RequestError error, std::string_view message) const;

    const Engine& engine() const;

    /// Allows everybody everything.
    static const Authorizer& allow_all();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace syncline::server
