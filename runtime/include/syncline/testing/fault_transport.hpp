#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>

#include "syncline/base/executor.hpp"
#include "syncline/protocol/transport.hpp"

namespace syncline::testing {

/// What can go wrong on the way to a server and back.
enum class Fault : std::uint8_t {
    none,
    lost_request,  ///< the server never saw it; the client is told `cut` or `timed_out`
    lost_answer,   ///< the server acted; the client is told `cut` or `timed_out`
    unreachable,   ///< the server never saw it; the client is told so at once
    no_answer,     ///< the server never saw it; the handler is not called before the very end
    duplicate,     ///< the server gets it twice, the second time later; the first answer counts
    delay,         ///< request and answer take up to `FaultOptions::delay_max` each
    truncated,     ///< only the first part of the answer arrives, as an answer
    garbage,       ///< an answer of status 200 with random bytes
    html,          ///< an answer of status 200 from a captive portal
    server_error,  ///< status 500, 502 or 503 without a body that we know, in place of the answer
    unauthorized,  ///< status 401 in place of the answer
    rate_limited,  ///< status 429 with Retry-After
    bad_request,   ///< a bit of the request is another one when it arrives
    bad_answer,    ///< a bit of the answer is another one when it arrives
    cut_stream,    ///< live only: the stream ends
    lost_frame,    ///< live only: a frame does not arrive
    bad_frame,     ///< live only: a bit of a frame is another one when it arrives
};

std::string_view to_string(Fault fault);

struct FaultOptions {
    std::uint64_t seed = 0;
    /// How often each fault happens, of 100 exchanges (or frames). One exchange has at most one.
    std::map<Fault, unsigned> percent = {};
    std::chrono::milliseconds delay_max{2000};
    /// Every exchange takes up to this long each way; order between exchanges is not kept.
    std::chrono::milliseconds latency_max{0};

    /// Every fault there is, each at `percent`.
    static FaultOptions all(std::uint64_t seed, unsigned percent);
};

/// Passes everything on to another transport, and lets things go wrong on the way: the same things
/// for the same seed and the same calls. Prints its seed to stderr when a test fails by exception.
///
/// Thread-safety: any thread.
class FaultTransport final : public Transport {
public:
    /// Both must outlive it; delays are timers of `executor`, measured on `clock`.
    FaultTransport(Transport& inner, Executor& executor, const Clock& clock, FaultOptions options);
    ~FaultTransport() override;

    void send(TransportRequest request, ResponseHandler handler) override;
    std::unique_ptr<LiveStream> open_live(LiveRequest request, LiveHandler handler) override;
    void cancel_all() override;

    /// Whether things go wrong (at first: yes). What is under way is not mended.
    void set_enabled(bool enabled);

    /// Does `fault` to the next exchange, or frame if it is one of those; before all others.
    void inject(Fault fault);

    /// How often each fault happened.
    std::map<Fault, std::uint64_t> counts() const;

    std::uint64_t seed() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace syncline::testing
