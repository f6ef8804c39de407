#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "syncline/base/bytes.hpp"
#include "syncline/base/ids.hpp"

namespace syncline {

enum class Endpoint : std::uint8_t { push, pull, snapshot };

/// "/v1/push", …
std::string_view path(Endpoint endpoint);

struct TransportRequest {
    Endpoint endpoint = Endpoint::push;
    Bytes body;
    std::string token;                     ///< sent as `Authorization: Bearer`; empty: none
    std::chrono::milliseconds timeout{0};  ///< for the whole exchange; 0: none
};

/// How an exchange ended. Anything but `answered` means: unknown whether the server acted on it.
struct TransportResponse {
    enum class Outcome : std::uint8_t { answered, unreachable, timed_out, cut, cancelled };
    Outcome outcome = Outcome::unreachable;
    int status = 0;  ///< HTTP status, if answered
    Bytes body;
    std::optional<std::chrono::milliseconds> retry_after;  ///< from the `Retry-After` header
    std::string detail;                                    ///< for people: what failed, where
};

struct LiveRequest {
    std::string scope;
    ClientId client;
    std::uint64_t schema = 0;
    Epoch epoch;
    Cursor cursor;  ///< frames follow on this
    Sequence confirmed;
    std::string token;
};

/// Called on a thread of the transport, one call at a time; must return quickly.
struct LiveHandler {
    std::function<void()> on_open;             ///< the server accepted the stream
    std::function<void(Bytes page)> on_frame;  ///< an encoded `Page`; may be out of date
    std::function<void(TransportResponse)>
        on_close;  ///< exactly once, last, unless destroyed first
};

/// An open live stream. The destructor ends it and does not wait: a handler that runs already may
/// still finish after it, so a handler must only use what it shares ownership of.
class LiveStream {
public:
    virtual ~LiveStream() = default;
};

/// Carries messages to the server and back; knows nothing of what is in them.
///
/// Thread-safety: any thread. Nothing blocks on the network.
class Transport {
public:
    using ResponseHandler = std::function<void(TransportResponse)>;

    virtual ~Transport() = default;

    /// Calls `handler` exactly once, on a thread of the transport (never inside `send`), also after
    /// `cancel_all` and in the transport's destructor.
    virtual void send(TransportRequest request, ResponseHandler handler) = 0;

    /// Opens the stream of `GET /v1/live`.
    virtual std::unique_ptr<LiveStream> open_live(LiveRequest request, LiveHandler handler) = 0;

    /// Ends every exchange and stream under way with `cancelled`, soon.
    virtual void cancel_all() = 0;
};

}  // namespace syncline
