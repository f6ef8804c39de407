#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "syncline/server/authorizer.hpp"
#include "syncline/server/engine.hpp"

namespace syncline::server {

struct HttpOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: any free one
    unsigned threads = 4;    ///< for reading requests; pushes have one of their own
    std::size_t body_bytes_max = 66 << 20;
    std::size_t connections_max = 20'000;
    std::chrono::milliseconds header_timeout{75'000};    ///< until the next request's header is in
    std::chrono::milliseconds progress_timeout{30'000};  ///< without a byte read or written
    std::chrono::milliseconds heartbeat{15'000};         ///< of live streams
    std::chrono::milliseconds stop_timeout{5'000};       ///< for running requests, when stopped
    bool stop_on_signals = false;                        ///< SIGTERM and SIGINT call `stop`
};

/// Serves an engine over HTTP/1.1: docs/protocol.md. One thread for all connections, a few for the
/// engine's work.
///
/// Thread-safety: `stop` from any thread.
class HttpServer {
public:
    /// Listens, but answers nobody yet; engine and authorizer must outlive it.
    /// Throws: `InvalidArgument` for an address that cannot be listened on.
    HttpServer(Engine& engine, const Authorizer& authorizer, HttpOptions options = {});
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    std::uint16_t port() const;

    /// Serves until `stop`, on this thread and others of its own. Call once.
    void run();

    /// Takes no more requests, ends live streams, lets running requests finish, then ends `run`.
    void stop();

    /// Runs `task` on the thread that runs pushes, when it gets to it; dropped when stopped.
    void post_write(std::function<void()> task);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace syncline::server
