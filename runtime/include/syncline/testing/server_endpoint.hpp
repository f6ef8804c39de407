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

    /// Opens a live stream: encoded pages go to `on_frame` until the subscription is destroyed,
    /// from any thread and also within this call. Nothing: refused, and `refusal` says how.
    virtual std::unique_ptr<Subscription> subscribe(const LiveRequest& request,
                                                    std::function<void(Bytes)> on_frame,
                                                    TransportResponse& refusal) = 0;
};

}  // namespace syncline::testing
