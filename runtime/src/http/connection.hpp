#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server_url.hpp"
#include "syncline/http/http_transport.hpp"
#include "syncline/protocol/transport.hpp"

namespace syncline::http {

class SocketControl;

/// The first part of an answer.
struct ResponseHead {
    int status = 0;
    std::optional<std::chrono::milliseconds> retry_after;
    std::optional<std::size_t> length;  ///< of the body, as announced
};

/// One HTTP request and what to do with its answer. All functions return whether to go on.
struct Call {
    std::string method;
    std::string target;
    std::string token;
    ByteView body;
    std::chrono::milliseconds read_timeout{0};  ///< for each wait for bytes
    std::function<bool()> may_go_on;            ///< asked before a request is sent
    std::function<bool(const ResponseHead&)> on_head;
    std::function<bool(ByteView)> on_body;
};

struct CallResult {
    bool complete = false;  ///< the whole answer was taken
    TransportResponse::Outcome outcome = TransportResponse::Outcome::cut;
    std::string detail;  ///< if not complete
};

/// A kept-open connection to one server: all there is of httplib. Used and destroyed by one thread,
/// which has called `ignore_broken_pipes_on_this_thread`; `control` can end what it waits for.
class Connection {
public:
    Connection(const ServerUrl& server, const HttpTransportOptions& options,
               SocketControl& control);
    ~Connection();

    /// Blocks until the answer is there or an error ends it. Sends a second time if a connection
    /// that was kept open was dead.
    CallResult run(const Call& call);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace syncline::http
