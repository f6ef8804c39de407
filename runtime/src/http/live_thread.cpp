#include "live_thread.hpp"

#include <utility>

#include "live_target.hpp"

namespace syncline::http {
namespace {

using Outcome = TransportResponse::Outcome;

constexpr std::size_t kErrorBodyMax = std::size_t{1} << 20;

SteadyTime now() {
    return SystemClock::instance().now();
}

}  // namespace

LiveThread::LiveThread(ServerUrl server, HttpTransportOptions options, LiveRequest request,
                       LiveHandler handler)
    : server_(std::move(server)),
      options_(std::move(options)),
      request_(std::move(request)),
      handler_(std::move(handler)),
      deadline_(now() + options_.connect_timeout + options_.live_silence_max),
      frames_(options_.frame_bytes_max),
      last_byte_(now()) {}

void LiveThread::run() {
    CallResult result;
    if (goes_on()) {
        Connection connection(server_, options_, control_);
        Call request;
        request.method = "GET";
        request.target = live_target(request_);
        request.token = request_.token;
        request.read_timeout = options_.live_silence_max;
        request.may_go_on = [&] { return goes_on(); };
        request.on_head = [&](const ResponseHead& head) { return take_head(head); };
        request.on_body = [&](ByteView bytes) { return take_bytes(bytes); };
        result = connection.run(request);
    }
    TransportResponse response = closing(result);
    // Whoever ends a stream that is not open yet closes it, too.
    close(Phase::connecting, response);
    close(Phase::open, std::move(response));
}

bool LiveThread::take_head(const ResponseHead& head) {
    last_byte_ = now();
    answer_.status = head.status;
    answer_.retry_after = head.retry_after;
    if (head.status != 200) return goes_on();
    Phase expected = Phase::connecting;
    if (!phase_.compare_exchange_strong(expected, Phase::open)) return false;
    deadline_ = SteadyTime::max();
    call(handler_.on_open);
    return goes_on();
}

bool LiveThread::take_bytes(ByteView bytes) {
    last_byte_ = now();
    if (phase_ != Phase::open) {
        if (answer_.body.size() + bytes.size() > kErrorBodyMax) return false;
        answer_.body.insert(answer_.body.end(), bytes.begin(), bytes.end());
        return goes_on();
    }
    frame_too_long_ = !frames_.read(bytes, [&](Bytes frame) {
        if (goes_on()) call(handler_.on_frame, std::move(frame));
    });
    return !frame_too_long_ && goes_on();
}

TransportResponse LiveThread::closing(const CallResult& result) {
    if (result.complete && answer_.status != 200) {
        answer_.outcome = Outcome::answered;
        return std::move(answer_);
    }
    TransportResponse response;
    response.outcome = result.complete ? Outcome::cut : result.outcome;
    response.detail = result.complete ? "the server ended the stream" : result.detail;
    if (ended_) {
        response.outcome = end_outcome_;
    } else if (frame_too_long_) {
        response.detail = "a frame is longer than this client takes";
    } else if (!result.complete && response.outcome == Outcome::cut &&
               now() - last_byte_ >= options_.live_silence_max) {
        response.outcome = Outcome::timed_out;
        response.detail = "the server was silent for too long";
    }
    return response;
}

void LiveThread::abandon() {
    abandoned_ = true;
    control_.interrupt();
}

void LiveThread::end(Outcome outcome) {
    end_outcome_ = outcome;
    ended_ = true;
    TransportResponse response;
    response.outcome = outcome;
    response.detail =
        outcome == Outcome::timed_out ? "the server did not open the stream in time" : "cancelled";
    close(Phase::connecting, std::move(response));
    control_.interrupt();
}

void LiveThread::close(Phase from, TransportResponse response) {
    if (!phase_.compare_exchange_strong(from, Phase::closed)) return;
    call(handler_.on_close, std::move(response));
}

template <class Handler, class... Args>
void LiveThread::call(const Handler& handler, Args&&... args) {
    if (abandoned_ || !handler) return;
    try {
        handler(std::forward<Args>(args)...);
    } catch (...) {  // a handler's exception must not end the process
    }
}

}  // namespace syncline::http
