#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "syncline/base/bytes.hpp"
#include "syncline/protocol/transport.hpp"

namespace syncline::testing {

/// A server as a transport sees it: what `MemoryTransport` connects to. A few lines adapt any
/// server, the real engine included, or answer by hand.
class ServerEndpoint {
public:
    virtual ~ServerEndpoint() = default;

    /// Answers one request. Called on the thread that runs the transport's executor.
    virtual TransportResponse handle(Endpoint endpoint, std::string_view token, ByteView body) = 0;

    /// A live stream of the server. Its destructor ends it.
    class Subscription {
    public:
        virtual ~Subscription() = default;
    };

    /// Takes what a stream brings, from any thread and also within `subscribe`.
    struct LiveSink {
        std::function<void(Bytes page)> on_frame;
        std::function<void()> on_end;  ///< the server ends the stream; last call
    };

    /// Opens a live stream. Nothing: refused, and `refusal` says how.
    virtual std::unique_ptr<Subscription> subscribe(const LiveRequest& request, LiveSink sink,
                                                    TransportResponse& refusal) = 0;
};

}  // namespace syncline::testing
