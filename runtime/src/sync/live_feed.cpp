#include "live_feed.hpp"

#include <utility>

namespace syncline {
namespace {

// A stream that lived this long was worth opening: the next one is not held back.
constexpr std::chrono::seconds kGoodLife{5};

}  // namespace

LiveFeed::LiveFeed(Transport& transport, std::shared_ptr<TaskGate> gate, const Clock& clock,
                   Random random, Backoff backoff, Handlers handlers)
    : transport_(transport),
      gate_(std::move(gate)),
      clock_(clock),
      random_(random),
      backoff_(backoff),
      handlers_(std::move(handlers)) {}

void LiveFeed::tend(const std::function<LiveRequest()>& request) {
    if (stream_ || clock_.now() < next_attempt_) return;
    const std::uint64_t number = ++stream_number_;
    // The handlers run on threads of the transport, and may outlive this: they share the gate,
    // whose tasks do not.
    auto here = [this, gate = gate_, number](auto&& call) {
        gate->post([this, number, call = std::forward<decltype(call)>(call)]() mutable {
            if (stream_ && stream_number_ == number) call();
        });
    };
    LiveHandler handler;
    handler.on_open = [this, here] { here([this] { opened(); }); };
    handler.on_frame = [this, here](Bytes page) {
        here([this, page = std::move(page)] { handlers_.on_frame(page); });
    };
    handler.on_close = [this, here](TransportResponse response) {
        here([this, response = std::move(response)] { ended(response); });
    };
    open_since_.reset();
    stream_ = transport_.open_live(request(), std::move(handler));
}

void LiveFeed::close() {
    stream_.reset();
    open_since_.reset();
}

void LiveFeed::fail() {
    close();
    retry_later();
}

void LiveFeed::hurry() {
    backoff_.reset();
    next_attempt_ = {};
}

std::optional<SteadyTime> LiveFeed::next_attempt() const {
    if (stream_) return std::nullopt;
    return next_attempt_;
}

void LiveFeed::opened() {
    open_since_ = clock_.now();
}

void LiveFeed::ended(const TransportResponse& response) {
    if (open_since_ && clock_.now() - *open_since_ >= kGoodLife) backoff_.reset();
    close();
    retry_later();
    handlers_.on_close(response);
}

void LiveFeed::retry_later() {
    next_attempt_ = clock_.now() + backoff_.next(random_);
}

}  // namespace syncline
