#include "syncline/server/http_server.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <csignal>
#include <utility>
#include <vector>

#include "context.hpp"
#include "http_session.hpp"
#include "syncline/base/error.hpp"

namespace syncline::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// After an accept that failed for want of descriptors, so that it does not spin.
constexpr std::chrono::milliseconds kAcceptPause{100};

tcp::endpoint endpoint_of(const HttpOptions& options) {
    error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error) {
        throw InvalidArgument("\"" + options.address + "\" is no IP address to listen on");
    }
    return {address, options.port};
}

tcp::acceptor listen(asio::io_context& io, const HttpOptions& options) {
    const tcp::endpoint endpoint = endpoint_of(options);
    tcp::acceptor acceptor(io);
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
        throw InvalidArgument("cannot listen on " + options.address + ":" +
                              std::to_string(options.port) + ": " + error.message());
    }
    return acceptor;
}

}  // namespace

// All but the pools belongs to the thread in `run`. Connections hang on `context` and may be held
// by tasks that the pools never ran: it goes last.
struct HttpServer::Impl {
    Impl(Engine& engine, const Authorizer& authorizer, HttpOptions options_)
        : options(std::move(options_)),
          context{service, reads, writes, options, false, {}, [this] { finish(); }},
          reads(std::max(1U, options.threads)),
          writes(1),
          service(engine, authorizer,
                  {.run_later = [this](Task task) { asio::post(reads, std::move(task)); },
                   .frame_bytes_max = 64 << 10}),
          acceptor(listen(context.io, options)),
          signals(context.io),
          accept_pause(context.io),
          stop_timer(context.io),
          work(context.io.get_executor()) {
        // Before anybody is told that the server is there, and may end it.
        if (options.stop_on_signals) listen_to_signals();
    }

    ~Impl() {
        join();
        context.on_last_connection = {};
    }

    void accept() {
        acceptor.async_accept([this](error_code error, tcp::socket socket) {
            if (!acceptor.is_open()) return;
            if (error) return pause_accepting(error);
            take(std::move(socket));
            accept();
        });
    }

    void take(tcp::socket socket) {
        if (context.connections.size() >= options.connections_max) {
            spdlog::warn("a connection is refused: {} are open", context.connections.size());
            return;
        }
        std::make_shared<HttpSession>(context, std::move(socket))->start();
    }

    void pause_accepting(error_code error) {
        spdlog::warn("cannot accept connections: {}", error.message());
        accept_pause.expires_after(kAcceptPause);
        accept_pause.async_wait([this](error_code cancelled) {
            if (!cancelled && acceptor.is_open()) accept();
        });
    }

    void listen_to_signals() {
        signals.add(SIGTERM);
        signals.add(SIGINT);
        signals.async_wait([this](error_code error, int signal) {
            if (error) return;
            spdlog::info("signal {}: stopping", signal);
            stop();
        });
    }

    void stop() {
        if (std::exchange(context.stopping, true)) return;
        error_code ignored;
        acceptor.close(ignored);
        accept_pause.cancel();
        signals.cancel(ignored);
        for_all_connections([](Connection& connection) { connection.stop(); });
        if (context.connections.empty()) return finish();
        stop_timer.expires_after(options.stop_timeout);
        stop_timer.async_wait([this](error_code error) {
            if (error) return;
            spdlog::warn("{} connections did not end in time", context.connections.size());
            for_all_connections([](Connection& connection) { connection.abort(); });
            asio::post(context.io, [this] { context.io.stop(); });
        });
    }

    template <class Action>
    void for_all_connections(Action action) {
        // A connection may leave the set while it is walked.
        const std::vector<Connection*> all(context.connections.begin(), context.connections.end());
        for (Connection* connection : all) {
            if (context.connections.contains(connection)) action(*connection);
        }
    }

    void finish() {
        stop_timer.cancel();
        work.reset();
    }

    void join() {
        reads.stop();
        writes.stop();
        reads.join();
        writes.join();
    }

    HttpOptions options;
    HttpContext context;
    asio::thread_pool reads;
    asio::thread_pool writes;
    Service service;
    tcp::acceptor acceptor;
    asio::signal_set signals;
    asio::steady_timer accept_pause;
    asio::steady_timer stop_timer;
    asio::executor_work_guard<asio::io_context::executor_type> work;
};

HttpServer::HttpServer(Engine& engine, const Authorizer& authorizer, HttpOptions options)
    : impl_(std::make_unique<Impl>(engine, authorizer, std::move(options))) {}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const {
    return impl_->acceptor.local_endpoint().port();
}

void HttpServer::run() {
    impl_->accept();
    impl_->context.io.run();
    impl_->join();
}

void HttpServer::stop() {
    asio::post(impl_->context.io, [this] { impl_->stop(); });
}

void HttpServer::post_write(std::function<void()> task) {
    asio::post(impl_->writes, std::move(task));
}

}  // namespace syncline::server
