#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <variant>

#include "syncline/server/service.hpp"
#include "syncline/testing/server_endpoint.hpp"

namespace syncline::test {

/// The real server without HTTP, as a `MemoryTransport` connects to it.
class ServiceEndpoint final : public testing::ServerEndpoint {
public:
    explicit ServiceEndpoint(server::Service& service) : service_(service) {}

    TransportResponse handle(Endpoint endpoint, std::string_view token, ByteView body) override {
        return answered(service_.handle(endpoint, token, body));
    }

    std::unique_ptr<Subscription> subscribe(const LiveRequest& request, LiveSink sink,
                                            TransportResponse& refusal) override {
        server::LiveSink to;
        to.on_frame = [on_frame = std::move(sink.on_frame)](std::shared_ptr<const Bytes> frame) {
            on_frame(*frame);
            return true;
        };
        to.on_end = std::move(sink.on_end);
        auto result = service_.subscribe(request, std::move(to));
        if (auto* refused = std::get_if<server::ServiceResponse>(&result)) {
            refusal = answered(std::move(*refused));
            return nullptr;
        }
        using Stream = std::unique_ptr<server::LiveSubscription>;
        return std::make_unique<Open>(std::get<Stream>(std::move(result)));
    }

private:
    struct Open final : Subscription {
        explicit Open(std::unique_ptr<server::LiveSubscription> live) : stream(std::move(live)) {}
        std::unique_ptr<server::LiveSubscription> stream;
    };

    static TransportResponse answered(server::ServiceResponse from) {
        TransportResponse to;
        to.outcome = TransportResponse::Outcome::answered;
        to.status = from.status;
        to.body = std::move(from.body);
        to.retry_after = from.retry_after;
        return to;
    }

    server::Service& service_;
};

}  // namespace syncline::test
