#include "exchanges.hpp"

#include <algorithm>
#include <utility>

namespace syncline::http {
namespace {

using namespace std::chrono_literals;
using Outcome = TransportResponse::Outcome;

// Without a time-out of its own an exchange waits for the server this long between two bytes.
constexpr std::chrono::milliseconds kPatience = 1h;
constexpr std::size_t kReserveMax = std::size_t{1} << 20;

SteadyTime deadline_of(const TransportRequest& request) {
    if (request.timeout <= 0ms) return SteadyTime::max();
    return SystemClock::instance().now() +
           std::min<std::chrono::milliseconds>(request.timeout, 24h);
}

/// The watchdog ends an exchange in time; the connection's own time-out is only a second line.
std::chrono::milliseconds read_timeout(const Exchange& exchange) {
    if (exchange.deadline() == SteadyTime::max()) return kPatience;
    const auto left = exchange.deadline() - SystemClock::instance().now();
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(left), 0ms) + 1s;
}

const char* describe(Outcome outcome) {
    return outcome == Outcome::timed_out ? "no whole answer within the time-out" : "cancelled";
}

}  // namespace

Exchange::Exchange(TransportRequest request, Transport::ResponseHandler handler, Exchanges& owner)
    : request_(std::move(request)),
      handler_(std::move(handler)),
      owner_(owner),
      deadline_(deadline_of(request_)) {}

void Exchange::end(Outcome outcome) {
    if (ended_.exchange(true)) return;
    owner_.abandon(*this);
    TransportResponse response;
    response.outcome = outcome;
    response.detail = std::string(path(request_.endpoint)) + ": " + describe(outcome);
    call_handler(std::move(response));
}

void Exchange::finish(TransportResponse response) {
    if (!ended_.exchange(true)) call_handler(std::move(response));
}

void Exchange::call_handler(TransportResponse response) {
    const auto handler = std::exchange(handler_, nullptr);
    try {
        if (handler) handler(std::move(response));
    } catch (...) {  // a handler's exception must not end the thread that all others need
    }
}

Exchanges::Exchanges(ServerUrl server, HttpTransportOptions options, Watchdog& watchdog)
    : server_(std::move(server)), options_(std::move(options)), watchdog_(watchdog) {}

void Exchanges::send(TransportRequest request, Transport::ResponseHandler handler) {
    const auto exchange = std::make_shared<Exchange>(std::move(request), std::move(handler), *this);
    watchdog_.add(exchange);
    const std::lock_guard lock(mutex_);
    queue_.push_back(exchange);
    changed_.notify_one();
}

void Exchanges::run() {
    Connection connection(server_, options_, control_);
    while (const auto exchange = next()) {
        if (!exchange->ended()) perform(connection, *exchange);
        watchdog_.remove(*exchange);
    }
}

void Exchanges::stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_one();
}

void Exchanges::abandon(const Exchange& exchange) {
    const std::lock_guard lock(mutex_);
    if (current_.get() == &exchange) return control_.interrupt();
    std::erase_if(queue_, [&](const auto& waiting) { return waiting.get() == &exchange; });
}

std::shared_ptr<Exchange> Exchanges::next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopped_ || !queue_.empty(); });
    if (queue_.empty()) return nullptr;
    current_ = std::move(queue_.front());
    queue_.pop_front();
    control_.reset();
    return current_;
}

void Exchanges::perform(Connection& connection, Exchange& exchange) {
    TransportResponse response;
    bool too_long = false;
    Call call;
    call.method = "POST";
    call.target = path(exchange.request().endpoint);
    call.token = exchange.request().token;
    call.body = exchange.request().body;
    call.read_timeout = read_timeout(exchange);
    call.may_go_on = [&] { return !exchange.ended(); };
    call.on_head = [&](const ResponseHead& head) {
        response.status = head.status;
        response.retry_after = head.retry_after;
        too_long = head.length.value_or(0) > options_.body_bytes_max;
        response.body.reserve(std::min(head.length.value_or(0), kReserveMax));
        return !too_long && !exchange.ended();
    };
    call.on_body = [&](ByteView bytes) {
        too_long = response.body.size() + bytes.size() > options_.body_bytes_max;
        if (too_long || exchange.ended()) return false;
        response.body.insert(response.body.end(), bytes.begin(), bytes.end());
        return true;
    };
    const CallResult result = connection.run(call);
    {
        // From here on nobody may interrupt the connection on behalf of this exchange.
        const std::lock_guard lock(mutex_);
        current_ = nullptr;
    }
    if (!result.complete) {
        response = TransportResponse{};
        response.detail = result.detail;
    }
    response.outcome = result.outcome;
    if (too_long) response.detail += ", for it is longer than this client takes";
    exchange.finish(std::move(response));
}

}  // namespace syncline::http
