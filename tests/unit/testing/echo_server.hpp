#pragma once

#include <functional>
#include <memory>
#include <string>

#include "syncline/testing/server_endpoint.hpp"

/// A server for tests of transports: answers with what it was sent, and keeps a log.
class EchoServer final : public syncline::testing::ServerEndpoint {
public:
    syncline::TransportResponse handle(syncline::Endpoint endpoint, std::string_view token,
                                       syncline::ByteView body) override {
        log += std::string(path(endpoint)) + "(" + std::string(syncline::as_text(body)) + ")";
        if (!token.empty()) log += "@" + std::string(token);
        log += " ";
        syncline::TransportResponse response;
        response.outcome = syncline::TransportResponse::Outcome::answered;
        response.status = 200;
        response.body = syncline::to_bytes(body);
        return response;
    }

    std::unique_ptr<Subscription> subscribe(const syncline::LiveRequest& request, LiveSink sink,
                                            syncline::TransportResponse& refusal) override {
        log += "live(" + request.scope + ") ";
        if (request.token == "bad") {
            refusal.outcome = syncline::TransportResponse::Outcome::answered;
            refusal.status = 401;
            return nullptr;
        }
        frame = std::move(sink.on_frame);
        end = std::move(sink.on_end);
        return std::make_unique<Open>(*this);
    }

    void publish(std::string_view text) const {
        frame(syncline::to_bytes(syncline::as_bytes(text)));
    }

    std::string log;
    std::function<void(syncline::Bytes)> frame;
    std::function<void()> end;

private:
    struct Open final : Subscription {
        explicit Open(EchoServer& owner) : server(owner) {}
        ~Open() override { server.log += "left "; }
        EchoServer& server;
    };
};
