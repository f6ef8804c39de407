#pragma once

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "context.hpp"

namespace syncline::server {

/// The answer to one `GET /v1/live`: frames as they come, heartbeats in between.
class LiveSession final : public std::enable_shared_from_this<LiveSession>, public Connection {
public:
    explicit LiveSession(HttpContext& context);
    ~LiveSession() override;

    /// What the hub is given; its calls may come from any thread, before `start` too.
    LiveSink sink();

    /// Takes over the connection and answers.
    void start(boost::beast::tcp_stream stream, std::unique_ptr<LiveSubscription> subscription);

    void stop() override;
    void abort() override;

private:
    enum class Sending : std::uint8_t { nothing, header, frame, heartbeat, end };

    void on_frame(std::shared_ptr<const Bytes> frame);
    void watch_for_close();
    void send_next();
    void send_frame(std::shared_ptr<const Bytes> frame);
    void send_text(Sending what, std::string_view text);
    template <class Buffers>
    void send(Sending what, const Buffers& buffers);
    void on_sent(boost::system::error_code error);
    void start_heartbeat();
    void close();

    HttpContext& context_;
    std::optional<boost::beast::tcp_stream> stream_;
    boost::asio::steady_timer heartbeat_;
    std::unique_ptr<LiveSubscription> subscription_;
    std::shared_ptr<const Bytes> waiting_;  // the next frame to send
    std::shared_ptr<const Bytes> frame_;    // the one under way
    std::string chunk_head_;
    std::array<char, 64> unexpected_{};
    Sending sending_ = Sending::nothing;
    bool ending_ = false;
    bool closed_ = false;
};

}  // namespace syncline::server
