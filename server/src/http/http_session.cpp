#include "http_session.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <utility>
#include <variant>

#include "live_query.hpp"

namespace syncline::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::string_view kContentType = "application/x-flatbuffers";
constexpr std::size_t kBufferBytesMax = 128 * 1024;
constexpr std::uint32_t kHeaderBytesMax = 16 * 1024;

// What a refused client may still send before the connection is cut: so many reads of 16 KiB.
constexpr int kDrainsMax = 16 * 1024;

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

beast::string_view beast_view(std::string_view text) {
    return {text.data(), text.size()};
}

std::optional<Endpoint> endpoint_of(std::string_view target) {
    for (const Endpoint endpoint : {Endpoint::push, Endpoint::pull, Endpoint::snapshot}) {
        if (target == path(endpoint)) return endpoint;
    }
    return std::nullopt;
}

/// "application/x-flatbuffers", with or without parameters.
bool is_flatbuffers(std::string_view content_type) {
    const std::string_view type = content_type.substr(0, content_type.find(';'));
    return beast::iequals(beast_view(type.substr(0, type.find(' '))), beast_view(kContentType));
}

/// Whether there is somebody who sent something that is not HTTP, rather than nobody any more.
bool is_malformed(error_code error) {
    if (error == http::error::end_of_stream || error == http::error::partial_message) return false;
    return error.category() == error_code(http::error::bad_method).category();
}

}  // namespace

HttpSession::HttpSession(HttpContext& context, asio::ip::tcp::socket socket)
    : context_(context), stream_(std::move(socket)), buffer_(kBufferBytesMax) {
    context_.add(this);
}

HttpSession::~HttpSession() {
    context_.remove(this);
}

void HttpSession::start() {
    error_code ignored;
    stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    read_header();
}

void HttpSession::stop() {
    if (idle_) close();
}

void HttpSession::abort() {
    close();
}

void HttpSession::read_header() {
    idle_ = true;
    parser_.emplace();
    parser_->body_limit(context_.options.body_bytes_max);
    parser_->header_limit(kHeaderBytesMax);
    stream_.expires_after(context_.options.header_timeout);
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](error_code error, std::size_t) { self->on_header(error); });
}

void HttpSession::on_header(error_code error) {
    idle_ = false;
    keep_alive_ = !error && parser_->keep_alive() && !context_.stopping;
    if (error) return refuse_unreadable(error);
    route();
}

void HttpSession::refuse_unreadable(error_code error) {
    keep_alive_ = false;
    if (error == http::error::body_limit) {
        return refuse(RequestError::too_large, "the body is larger than the server takes");
    }
    if (!is_malformed(error)) return close();
    refuse(RequestError::invalid_request, "this is not HTTP as the server knows it");
}

void HttpSession::route() {
    const std::string_view target = view(parser_->get().target());
    const std::string_view path = target.substr(0, target.find('?'));
    const http::verb method = parser_->get().method();
    if (const auto endpoint = endpoint_of(path)) {
        if (method != http::verb::post) return refuse_method("POST");
        return route_post(*endpoint);
    }
    if (path == "/v1/live" || path == "/healthz") {
        if (method != http::verb::get) return refuse_method("GET");
        if (path == "/healthz") return answer_health();
        const std::size_t query = target.find('?');
        return open_live(query == std::string_view::npos ? "" : target.substr(query + 1));
    }
    refuse(RequestError::not_found, "there is no such endpoint");
}

void HttpSession::route_post(Endpoint endpoint) {
    if (auto answer = context_.service.admit(token())) {
        // Nobody reads the body of someone unknown.
        keep_alive_ = false;
        return respond(std::move(*answer));
    }
    const auto& request = parser_->get();
    if (!is_flatbuffers(view(request[http::field::content_type]))) {
        keep_alive_ = false;
        return refuse(RequestError::invalid_request,
                      "the body must be of type application/x-flatbuffers");
    }
    if (request.count(http::field::content_encoding) != 0) {
        keep_alive_ = false;
        return refuse(RequestError::invalid_request, "the server takes no encoded bodies");
    }
    if (beast::iequals(request[http::field::expect], "100-continue")) {
        return send_continue(endpoint);
    }
    read_body(endpoint);
}

void HttpSession::send_continue(Endpoint endpoint) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    stream_.expires_after(context_.options.progress_timeout);
    asio::async_write(stream_, asio::buffer(kContinue.data(), kContinue.size()),
                      [self = shared_from_this(), endpoint](error_code error, std::size_t) {
                          if (error) return self->close();
                          self->read_body(endpoint);
                      });
}

void HttpSession::read_body(Endpoint endpoint) {
    if (parser_->is_done()) return dispatch(endpoint);
    // In pieces, so that the time-out is one of progress and a slow line may take its time.
    stream_.expires_after(context_.options.progress_timeout);
    http::async_read_some(stream_, buffer_, *parser_,
                          [self = shared_from_this(), endpoint](error_code error, std::size_t) {
                              self->on_body(endpoint, error);
                          });
}

void HttpSession::on_body(Endpoint endpoint, error_code error) {
    if (error) return refuse_unreadable(error);
    read_body(endpoint);
}

void HttpSession::dispatch(Endpoint endpoint) {
    // Pushes take turns anyway; a thread of their own keeps the others free for pulls.
    auto& pool = endpoint == Endpoint::push ? context_.writes : context_.reads;
    auto body = std::make_shared<Bytes>(std::move(parser_->get().body()));
    asio::post(pool, [self = shared_from_this(), &context = context_, endpoint, token = token(),
                      body = std::move(body)]() mutable {
        ServiceResponse answer = context.service.handle(endpoint, token, *body);
        body.reset();
        // The last reference goes along: a session ends on its own thread only.
        asio::post(context.io, [self = std::move(self), answer = std::move(answer)]() mutable {
            self->respond(std::move(answer));
        });
    });
}

void HttpSession::open_live(std::string_view query) {
    auto parsed = parse_live_query(query);
    if (const auto* fault = std::get_if<std::string>(&parsed)) {
        return refuse(RequestError::invalid_request, *fault);
    }
    auto request = std::make_shared<LiveRequest>(std::get<LiveRequest>(std::move(parsed)));
    request->token = token();
    auto live = std::make_shared<LiveSession>(context_);
    auto sink = std::make_shared<LiveSink>(live->sink());
    asio::post(context_.reads, [self = shared_from_this(), &context = context_, request,
                                sink = std::move(sink), live = std::move(live)]() mutable {
        auto outcome = context.service.subscribe(*request, std::move(*sink));
        asio::post(context.io, [self = std::move(self), live = std::move(live),
                                outcome = std::move(outcome)]() mutable {
            if (auto* answer = std::get_if<ServiceResponse>(&outcome)) {
                return self->respond(std::move(*answer));
            }
            live->start(std::move(self->stream_),
                        std::get<std::unique_ptr<LiveSubscription>>(std::move(outcome)));
        });
    });
}

void HttpSession::answer_health() {
    const std::string text = R"({"status":"ok","version":")" SYNCLINE_VERSION R"(","epoch":")" +
                             to_string(context_.service.engine().epoch()) + "\"}\n";
    Response response{http::status::ok, 11};
    response.set(http::field::content_type, "application/json");
    response.body().assign(text.begin(), text.end());
    respond(std::move(response));
}

void HttpSession::refuse(RequestError error, std::string_view message) {
    respond(context_.service.error(error, message));
}

void HttpSession::refuse_method(std::string_view allowed) {
    keep_alive_ = false;
    const std::string message = "this endpoint takes " + std::string(allowed) + " only";
    ServiceResponse answer = context_.service.error(RequestError::invalid_request, message);
    Response response{http::status::method_not_allowed, 11};
    response.set(http::field::content_type, beast_view(kContentType));
    response.set(http::field::allow, beast_view(allowed));
    response.body() = std::move(answer.body);
    respond(std::move(response));
}

void HttpSession::respond(ServiceResponse answer) {
    Response response{http::int_to_status(static_cast<unsigned>(answer.status)), 11};
    response.set(http::field::content_type, beast_view(kContentType));
    if (answer.retry_after) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(*answer.retry_after);
        response.set(http::field::retry_after, std::to_string(seconds.count()));
    }
    response.body() = std::move(answer.body);
    respond(std::move(response));
}

void HttpSession::respond(Response response) {
    // What was not read of the request would be taken for the next one.
    keep_alive_ = keep_alive_ && parser_->is_done() && !context_.stopping;
    response_ = std::move(response);
    response_.set(http::field::server, "syncline");
    response_.set(http::field::cache_control, "no-store");
    response_.keep_alive(keep_alive_);
    response_.prepare_payload();
    serializer_.emplace(response_);
    write_some();
}

void HttpSession::write_some() {
    stream_.expires_after(context_.options.progress_timeout);
    http::async_write_some(
        stream_, *serializer_,
        [self = shared_from_this()](error_code error, std::size_t) { self->on_written(error); });
}

void HttpSession::on_written(error_code error) {
    if (error) return close();
    if (!serializer_->is_done()) return write_some();
    serializer_.reset();
    response_ = {};
    // The stop may have come since the answer promised to go on.
    if (keep_alive_ && !context_.stopping) return read_header();
    if (parser_->is_done()) return close();
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
    drains_left_ = kDrainsMax;
    drain();
}

void HttpSession::drain() {
    // To close with unread bytes would reset the connection, and the answer with it.
    if (drains_left_-- == 0) return close();
    stream_.expires_after(
        std::min(context_.options.progress_timeout, std::chrono::milliseconds{5'000}));
    stream_.async_read_some(asio::buffer(drained_),
                            [self = shared_from_this()](error_code error, std::size_t) {
                                if (error) return self->close();
                                self->drain();
                            });
}

void HttpSession::close() {
    stream_.close();
}

std::string HttpSession::token() const {
    constexpr std::string_view kBearer = "Bearer ";
    const std::string_view value = view(parser_->get()[http::field::authorization]);
    if (value.size() <= kBearer.size()) return {};
    if (!beast::iequals(beast_view(value.substr(0, kBearer.size())), beast_view(kBearer))) {
        return {};
    }
    return std::string(value.substr(kBearer.size()));
}

}  // namespace syncline::server
