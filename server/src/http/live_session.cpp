#include "live_session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <utility>

namespace syncline::server {
namespace {

namespace asio = boost::asio;

constexpr std::string_view kHeader =
    "HTTP/1.1 200 OK\r\n"
    "Server: syncline\r\n"
    "Content-Type: application/octet-stream\r\n"
    "Cache-Control: no-store\r\n"
    "Transfer-Encoding: chunked\r\n"
    "\r\n";
constexpr std::string_view kHeartbeat("4\r\n\0\0\0\0\r\n", 9);
constexpr std::string_view kEnd = "0\r\n\r\n";
constexpr std::string_view kChunkEnd = "\r\n";

/// The chunk's size line and the frame's length.
std::string chunk_head(std::size_t size) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), size + 4, 16).ptr;
    std::string head(digits.data(), end);
    head += "\r\n";
    for (int shift = 0; shift < 32; shift += 8) head += static_cast<char>(size >> shift);
    return head;
}

}  // namespace

LiveSession::LiveSession(HttpContext& context) : context_(context), heartbeat_(context.io) {
    context_.add(this);
}

LiveSession::~LiveSession() {
    context_.remove(this);
}

LiveSink LiveSession::sink() {
    // The session is looked up on its own thread, and so never dies on another one.
    return {.on_frame =
                [&io = context_.io, weak = weak_from_this()](std::shared_ptr<const Bytes> frame) {
                    asio::post(io, [weak, frame = std::move(frame)]() mutable {
                        if (const auto self = weak.lock()) self->on_frame(std::move(frame));
                    });
                    return false;
                },
            .on_end =
                [&io = context_.io, weak = weak_from_this()] {
                    asio::post(io, [weak] {
                        if (const auto self = weak.lock()) self->stop();
                    });
                }};
}

void LiveSession::start(boost::beast::tcp_stream stream,
                        std::unique_ptr<LiveSubscription> subscription) {
    subscription_ = std::move(subscription);
    stream_.emplace(std::move(stream));
    stream_->expires_never();
    watch_for_close();
    send_text(Sending::header, kHeader);
}

void LiveSession::stop() {
    ending_ = true;
    if (stream_ && sending_ == Sending::nothing) send_next();
}

void LiveSession::abort() {
    if (stream_) close();
}

void LiveSession::on_frame(std::shared_ptr<const Bytes> frame) {
    waiting_ = std::move(frame);
    if (stream_ && sending_ == Sending::nothing) send_next();
}

void LiveSession::watch_for_close() {
    stream_->async_read_some(asio::buffer(unexpected_),
                             [self = shared_from_this()](boost::system::error_code, std::size_t) {
                                 // The end, or bytes that have no business here.
                                 self->close();
                             });
}

void LiveSession::send_next() {
    if (closed_) return;
    if (ending_) return send_text(Sending::end, kEnd);
    if (waiting_) return send_frame(std::exchange(waiting_, nullptr));
    start_heartbeat();
}

void LiveSession::send_frame(std::shared_ptr<const Bytes> frame) {
    frame_ = std::move(frame);
    chunk_head_ = chunk_head(frame_->size());
    send(Sending::frame,
         std::array<asio::const_buffer, 3>{asio::buffer(chunk_head_), asio::buffer(*frame_),
                                           asio::buffer(kChunkEnd.data(), kChunkEnd.size())});
}

void LiveSession::send_text(Sending what, std::string_view text) {
    send(what, asio::buffer(text.data(), text.size()));
}

template <class Buffers>
void LiveSession::send(Sending what, const Buffers& buffers) {
    heartbeat_.cancel();
    sending_ = what;
    stream_->expires_after(context_.options.progress_timeout);
    asio::async_write(*stream_, buffers,
                      [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                          self->on_sent(error);
                      });
}

void LiveSession::on_sent(boost::system::error_code error) {
    const Sending sent = std::exchange(sending_, Sending::nothing);
    // The peer may have gone between the last byte and this.
    if (closed_ || error || sent == Sending::end) return close();
    if (sent == Sending::frame) {
        frame_.reset();
        subscription_->resume();
    }
    send_next();
}

void LiveSession::start_heartbeat() {
    heartbeat_.expires_after(context_.options.heartbeat);
    heartbeat_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
        const auto self = weak.lock();
        if (error || !self || self->closed_ || self->sending_ != Sending::nothing) return;
        self->send_text(Sending::heartbeat, kHeartbeat);
    });
}

void LiveSession::close() {
    if (std::exchange(closed_, true)) return;
    subscription_.reset();
    heartbeat_.cancel();
    stream_->close();
}

}  // namespace syncline::server
