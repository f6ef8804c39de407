#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "syncline/protocol/transport.hpp"

namespace syncline {

struct HttpTransportOptions {
    std::chrono::milliseconds connect_timeout{10'000};
    /// A live stream that brings no byte for so long is closed as timed out; the server sends a
    /// heartbeat every 15 s.
    std::chrono::milliseconds live_silence_max{45'000};
    /// Sent with every request, as they are.
    std::vector<std::pair<std::string, std::string>> headers;
    /// PEM file of the authorities that an https server's certificate may come from; empty: those
    /// that the system trusts.
    std::string ca_file;
    std::size_t body_bytes_max = std::size_t{128} << 20;   ///< a longer answer is cut
    std::size_t frame_bytes_max = std::size_t{128} << 20;  ///< a longer live frame ends the stream
};

/// Speaks HTTP/1.1 with a syncline server. Exchanges go one after the other, in the order they were
/// sent, over one connection that is kept open; every live stream has its own connection.
///
/// An exchange whose connection had been kept open and turns out to be dead before the answer
/// begins is sent a second time on a new one: the server may have seen it twice, which the protocol
/// allows. A redirection is an answer like any other.
///
/// Thread-safety: any thread. Threads of its own: one for exchanges, one for their time-outs, one
/// for each live stream. Exceptions that handlers throw are dropped.
class HttpTransport final : public Transport {
public:
    /// `server` is `http://HOST[:PORT][/PATH]` or the same with `https`; the endpoints' paths are
    /// put behind its own. Connects when the first request is sent.
    /// Throws: `InvalidArgument` if `server` is not such an address, or a header could not be sent.
    explicit HttpTransport(const std::string& server, HttpTransportOptions options = {});

    /// Ends as `cancel_all` does. All handlers have been called when it returns, and none still
    /// runs, unless one of them called it. Blocks for at most about 2 s, also when the server or
    /// the resolver of names hangs.
    ~HttpTransport() override;
    HttpTransport(const HttpTransport&) = delete;
    HttpTransport& operator=(const HttpTransport&) = delete;

    /// The time-out counts from here on, the wait for exchanges before this one included.
    void send(TransportRequest request, ResponseHandler handler) override;
    std::unique_ptr<LiveStream> open_live(LiveRequest request, LiveHandler handler) override;
    void cancel_all() override;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace syncline
