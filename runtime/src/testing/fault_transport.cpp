#include "syncline/testing/fault_transport.hpp"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <exception>
#include <mutex>
#include <utility>

#include "pending_calls.hpp"
#include "syncline/base/random.hpp"

namespace syncline::testing {
namespace {

using Outcome = TransportResponse::Outcome;

constexpr bool concerns_stream(Fault fault) {
    return fault == Fault::cut_stream || fault == Fault::lost_frame || fault == Fault::bad_frame;
}

constexpr Fault kExchangeFaults[] = {
    Fault::lost_request, Fault::lost_answer,  Fault::unreachable,  Fault::no_answer,
    Fault::duplicate,    Fault::delay,        Fault::truncated,    Fault::garbage,
    Fault::html,         Fault::server_error, Fault::unauthorized, Fault::rate_limited,
    Fault::bad_request,  Fault::bad_answer,
};

TransportResponse answered(int status, std::string_view body) {
    TransportResponse response;
    response.outcome = Outcome::answered;
    response.status = status;
    response.body = to_bytes(as_bytes(body));
    return response;
}

TransportResponse rate_limited_answer() {
    TransportResponse response = answered(429, "slow down");
    response.retry_after = std::chrono::seconds(3);
    return response;
}

}  // namespace

std::string_view to_string(Fault fault) {
    switch (fault) {
        case Fault::none:
            return "none";
        case Fault::lost_request:
            return "lost_request";
        case Fault::lost_answer:
            return "lost_answer";
        case Fault::unreachable:
            return "unreachable";
        case Fault::no_answer:
            return "no_answer";
        case Fault::duplicate:
            return "duplicate";
        case Fault::delay:
            return "delay";
        case Fault::truncated:
            return "truncated";
        case Fault::garbage:
            return "garbage";
        case Fault::html:
            return "html";
        case Fault::server_error:
            return "server_error";
        case Fault::unauthorized:
            return "unauthorized";
        case Fault::rate_limited:
            return "rate_limited";
        case Fault::bad_request:
            return "bad_request";
        case Fault::bad_answer:
            return "bad_answer";
        case Fault::cut_stream:
            return "cut_stream";
        case Fault::lost_frame:
            return "lost_frame";
        case Fault::bad_frame:
            return "bad_frame";
    }
    return "unknown";
}

FaultOptions FaultOptions::all(std::uint64_t seed, unsigned percent) {
    FaultOptions options;
    options.seed = seed;
    for (const Fault fault : kExchangeFaults) options.percent[fault] = percent;
    options.percent[Fault::cut_stream] = percent;
    options.percent[Fault::lost_frame] = percent;
    options.percent[Fault::bad_frame] = percent;
    return options;
}

struct FaultTransport::State : std::enable_shared_from_this<State> {
    State(Transport& to, Executor& tasks, const Clock& time, FaultOptions wanted)
        : inner(to),
          executor(tasks),
          clock(time),
          options(std::move(wanted)),
          random(options.seed) {}

    // --- What goes wrong next ---------------------------------------------------------------

    Fault draw(bool stream) {
        const std::lock_guard lock(mutex);
        const Fault fault = draw_locked(stream);
        if (fault != Fault::none) ++counts[fault];
        return fault;
    }

    Fault draw_locked(bool stream) {
        const auto wanted = std::find_if(injected.begin(), injected.end(),
                                         [&](Fault f) { return concerns_stream(f) == stream; });
        if (wanted != injected.end()) {
            const Fault fault = *wanted;
            injected.erase(wanted);
            return fault;
        }
        if (!enabled) return Fault::none;
        std::uint64_t dice = random.below(100);
        for (const auto& [fault, percent] : options.percent) {
            if (concerns_stream(fault) != stream) continue;
            if (dice < percent) return fault;
            dice -= percent;
        }
        return Fault::none;
    }

    std::uint64_t below(std::uint64_t bound) {
        const std::lock_guard lock(mutex);
        return random.below(bound);
    }

    std::chrono::milliseconds some(std::chrono::milliseconds longest) {
        if (longest.count() <= 0) return {};
        return std::chrono::milliseconds(below(static_cast<std::uint64_t>(longest.count()) + 1));
    }

    Bytes garbage() {
        Bytes bytes(below(200));
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(below(256));
        return bytes;
    }

    Bytes with_a_bit_changed(Bytes bytes) {
        if (!bytes.empty()) bytes[below(bytes.size())] ^= static_cast<std::uint8_t>(1U << below(8));
        return bytes;
    }

    // --- The way there and back -------------------------------------------------------------

    void later(std::chrono::milliseconds delay, Task task) {
        if (delay.count() == 0) return executor.post(std::move(task));
        executor.post_at(clock.now() + delay, std::move(task));
    }

    // Passes the request on; the answer goes to `call`, changed by `change`.
    void pass(std::uint64_t call, TransportRequest request, std::chrono::milliseconds delay_max,
              std::function<TransportResponse(TransportResponse)> change) {
        const auto there = some(options.latency_max) + some(delay_max);
        const auto back = some(options.latency_max) + some(delay_max);
        auto go = [self = shared_from_this(), call, back, request = std::move(request),
                   change = std::move(change)]() mutable {
            self->forward(std::move(request), [self, call, back, change](TransportResponse r) {
                self->answer(call, change ? change(std::move(r)) : std::move(r), back);
            });
        };
        if (there.count() == 0) return go();
        later(there, std::move(go));
    }

    // What was on the way when the transport was closed is not sent any more.
    void forward(TransportRequest request, Transport::ResponseHandler handler) {
        {
            const std::lock_guard lock(mutex);
            if (closed) return;
        }
        inner.send(std::move(request), std::move(handler));
    }

    void answer(std::uint64_t call, TransportResponse response, std::chrono::milliseconds delay) {
        if (delay.count() == 0) return calls.finish(call, std::move(response));
        later(delay, [self = shared_from_this(), call, response = std::move(response)]() mutable {
            self->calls.finish(call, std::move(response));
        });
    }

    // Half of what gets lost shows at once, the other half when the time is over.
    void lose(std::uint64_t call, std::chrono::milliseconds timeout) {
        const bool at_once = below(2) == 0;
        auto response =
            not_answered(at_once ? Outcome::cut : Outcome::timed_out, "lost on the way");
        later(at_once ? std::chrono::milliseconds(0) : timeout,
              [self = shared_from_this(), call, response = std::move(response)]() mutable {
                  self->calls.finish(call, std::move(response));
              });
    }

    void reply(std::uint64_t call, TransportResponse response) {
        later({}, [self = shared_from_this(), call, response = std::move(response)]() mutable {
            self->calls.finish(call, std::move(response));
        });
    }

    void send(Fault fault, TransportRequest request, std::uint64_t call) {
        const auto timeout = request.timeout;
        switch (fault) {
            case Fault::lost_request:
                return lose(call, timeout);
            case Fault::lost_answer:
                forward(std::move(request), [](const TransportResponse&) {});
                return lose(call, timeout);
            case Fault::unreachable:
                return reply(call, not_answered(Outcome::unreachable, "connection refused"));
            case Fault::no_answer:
                return;  // until `cancel_all` or the destructor
            case Fault::duplicate:
                pass(call, request, {}, {});
                later(some(options.delay_max),
                      [self = shared_from_this(), request = std::move(request)] {
                          self->forward(request, [](const TransportResponse&) {});
                      });
                return;
            case Fault::delay:
                return pass(call, std::move(request), options.delay_max, {});
            case Fault::truncated:
                return pass(call, std::move(request), {},
                            [self = shared_from_this()](TransportResponse response) {
                                const auto size = response.body.size();
                                if (size > 0) response.body.resize(self->below(size));
                                return response;
                            });
            case Fault::garbage:
                return pass(call, std::move(request), {},
                            [self = shared_from_this()](TransportResponse response) {
                                response.status = 200;
                                response.body = self->garbage();
                                return response;
                            });
            case Fault::html:
                return reply(call, answered(200, "<html><body>Welcome to the hotel</body></html>"));
            case Fault::server_error: {
                static constexpr int kStatus[] = {500, 502, 503};
                return reply(call, answered(kStatus[below(3)], "<html>Bad gateway</html>"));
            }
            case Fault::unauthorized:
                return reply(call, answered(401, "who are you?"));
            case Fault::rate_limited:
                return reply(call, rate_limited_answer());
            case Fault::bad_request:
                request.body = with_a_bit_changed(std::move(request.body));
                return pass(call, std::move(request), {}, {});
            case Fault::bad_answer:
                return pass(call, std::move(request), {},
                            [self = shared_from_this()](TransportResponse response) {
                                response.body = self->with_a_bit_changed(std::move(response.body));
                                return response;
                            });
            case Fault::none:
            case Fault::cut_stream:
            case Fault::lost_frame:
            case Fault::bad_frame:
                return pass(call, std::move(request), {}, {});
        }
    }

    Transport& inner;
    Executor& executor;
    const Clock& clock;
    const FaultOptions options;
    PendingCalls calls;
    mutable std::mutex mutex;
    Random random;                          // guarded by mutex
    bool enabled = true;                    // guarded by mutex
    bool closed = false;                    // guarded by mutex
    std::deque<Fault> injected;             // guarded by mutex
    std::map<Fault, std::uint64_t> counts;  // guarded by mutex
};

namespace {

// What a stream's handle and its handlers share. The inner stream is dropped when it is cut.
struct FaultyStream {
    explicit FaultyStream(LiveHandler wanted) : handler(std::move(wanted)) {}

    void set_inner(std::unique_ptr<LiveStream> stream) {
        const std::lock_guard lock(mutex);
        if (!ended) inner = std::move(stream);
    }

    // False: it had ended before.
    bool end() {
        std::unique_ptr<LiveStream> dropped;
        const std::lock_guard lock(mutex);
        dropped = std::move(inner);
        return !std::exchange(ended, true);
    }

    bool is_open() const {
        const std::lock_guard lock(mutex);
        return !ended;
    }

    void cut(TransportResponse response) {
        if (end() && handler.on_close) handler.on_close(std::move(response));
    }

    const LiveHandler handler;
    mutable std::mutex mutex;
    std::unique_ptr<LiveStream> inner;  // guarded by mutex
    bool ended = false;                 // guarded by mutex
};

class FaultyStreamHandle final : public LiveStream {
public:
    explicit FaultyStreamHandle(std::shared_ptr<FaultyStream> stream)
        : stream_(std::move(stream)) {}
    ~FaultyStreamHandle() override { stream_->end(); }

private:
    std::shared_ptr<FaultyStream> stream_;
};

}  // namespace

FaultTransport::FaultTransport(Transport& inner, Executor& executor, const Clock& clock,
                               FaultOptions options)
    : state_(std::make_shared<State>(inner, executor, clock, std::move(options))) {}

FaultTransport::~FaultTransport() {
    if (std::uncaught_exceptions() > 0) {
        std::fprintf(stderr, "FaultTransport: seed %llu\n",
                     static_cast<unsigned long long>(seed()));
    }
    {
        const std::lock_guard lock(state_->mutex);
        state_->closed = true;
    }
    state_->calls.cancel_all();
}

void FaultTransport::send(TransportRequest request, ResponseHandler handler) {
    const std::uint64_t call = state_->calls.add(std::move(handler));
    state_->send(state_->draw(false), std::move(request), call);
}

std::unique_ptr<LiveStream> FaultTransport::open_live(LiveRequest request, LiveHandler handler) {
    auto stream = std::make_shared<FaultyStream>(std::move(handler));
    auto handle = std::make_unique<FaultyStreamHandle>(stream);
    if (state_->draw(true) == Fault::cut_stream) {
        state_->executor.post(
            [stream] { stream->cut(not_answered(Outcome::unreachable, "connection refused")); });
        return handle;
    }
    LiveHandler through;
    through.on_open = [stream] {
        if (stream->is_open() && stream->handler.on_open) stream->handler.on_open();
    };
    through.on_frame = [stream, state = state_](Bytes frame) {
        const Fault fault = state->draw(true);
        if (fault == Fault::cut_stream) {
            return stream->cut(not_answered(Outcome::cut, "the stream was cut"));
        }
        if (fault == Fault::lost_frame || !stream->is_open()) return;
        if (fault == Fault::bad_frame) frame = state->with_a_bit_changed(std::move(frame));
        if (stream->handler.on_frame) stream->handler.on_frame(std::move(frame));
    };
    through.on_close = [stream](TransportResponse response) { stream->cut(std::move(response)); };
    stream->set_inner(state_->inner.open_live(std::move(request), std::move(through)));
    return handle;
}

void FaultTransport::cancel_all() {
    state_->calls.cancel_all();
    state_->inner.cancel_all();
}

void FaultTransport::set_enabled(bool enabled) {
    const std::lock_guard lock(state_->mutex);
    state_->enabled = enabled;
}

void FaultTransport::inject(Fault fault) {
    const std::lock_guard lock(state_->mutex);
    state_->injected.push_back(fault);
}

std::map<Fault, std::uint64_t> FaultTransport::counts() const {
    const std::lock_guard lock(state_->mutex);
    return state_->counts;
}

std::uint64_t FaultTransport::seed() const {
    return state_->options.seed;
}

}  // namespace syncline::testing
