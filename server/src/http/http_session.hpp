#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/vector_body.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "context.hpp"
#include "live_session.hpp"

namespace syncline::server {

/// One HTTP connection: request after request, until it ends or becomes a live stream.
class HttpSession final : public std::enable_shared_from_this<HttpSession>, public Connection {
public:
    HttpSession(HttpContext& context, boost::asio::ip::tcp::socket socket);
    ~HttpSession() override;

    void start();
    void stop() override;
    void abort() override;

private:
    using Body = boost::beast::http::vector_body<std::uint8_t>;
    using Parser = boost::beast::http::request_parser<Body>;
    using Response = boost::beast::http::response<Body>;
    using Serializer = boost::beast::http::response_serializer<Body>;

    void read_header();
    void on_header(boost::system::error_code error);
    void route();
    void route_post(Endpoint endpoint);
    void read_body(Endpoint endpoint);
    void on_body(Endpoint endpoint, boost::system::error_code error);
    void send_continue(Endpoint endpoint);
    void dispatch(Endpoint endpoint);
    void open_live(std::string_view query);
    void answer_health();

    void refuse(RequestError error, std::string_view message);
    void refuse_method(std::string_view allowed);
    void refuse_unreadable(boost::system::error_code error);
    void respond(ServiceResponse answer);
    void respond(Response response);
    void write_some();
    void on_written(boost::system::error_code error);
    void drain();
    void close();

    std::string token() const;

    HttpContext& context_;
    boost::beast::tcp_stream stream_;
    boost::beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    Response response_;
    std::optional<Serializer> serializer_;
    std::array<char, 16 * 1024> drained_{};
    bool idle_ = true;  // waits for a request
    bool keep_alive_ = true;
    int drains_left_ = 0;
};

}  // namespace syncline::server
