#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

namespace syncline::test {

/// The server's end of one connection, for scripts that say byte by byte what goes over it.
class Peer {
public:
    explicit Peer(int socket) : socket_(socket) {}
    ~Peer() { close(); }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    /// Header and body of the next request; empty: the client has closed the connection.
    std::string read_request() {
        std::string request;
        std::size_t head = std::string::npos;
        while ((head = request.find("\r\n\r\n")) == std::string::npos) {
            if (!read_more(request)) return {};
        }
        const std::size_t field = request.find("Content-Length: ");
        const std::size_t length =
            field == std::string::npos || field > head ? 0 : std::stoul(request.substr(field + 16));
        while (request.size() < head + 4 + length) {
            if (!read_more(request)) return {};
        }
        return request;
    }

    /// False: the client has closed the connection.
    bool send(std::string_view text) {
        while (!text.empty()) {
            const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    bool answer(std::string_view body, std::string_view status = "200 OK",
                const std::string& headers = "") {
        return send("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n" + headers + "\r\n" + std::string(body));
    }

    bool open_stream() { return send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"); }

    bool chunk(std::string_view data) {
        char size[20];
        std::snprintf(size, sizeof size, "%zx\r\n", data.size());
        return send(size + std::string(data) + "\r\n");
    }

    /// Until the client has closed the connection; what it sends is dropped.
    void wait_closed() {
        std::string dropped;
        while (read_more(dropped)) dropped.clear();
    }

    void shut_down() { ::shutdown(socket_, SHUT_RDWR); }

    void close() {
        const int socket = socket_.exchange(-1);
        if (socket >= 0) ::close(socket);
    }

private:
    bool read_more(std::string& text) {
        char buffer[4096];
        const ssize_t size = ::recv(socket_, buffer, sizeof buffer, 0);
        if (size <= 0) return false;
        text.append(buffer, static_cast<std::size_t>(size));
        return true;
    }

    std::atomic<int> socket_;
};

/// A socket on 127.0.0.1 that listens.
class Listener {
public:
    explicit Listener(int backlog = 16)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(socket_, generic, size) != 0 || ::listen(socket_, backlog) != 0 ||
            ::getsockname(socket_, generic, &size) != 0) {
            throw std::runtime_error("no socket to listen on");
        }
        port_ = ntohs(address.sin_port);
    }
    ~Listener() { ::close(socket_); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    int socket() const { return socket_; }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    std::uint16_t port() const { return port_; }

private:
    int socket_;
    std::uint16_t port_ = 0;
};

/// Runs a script for every connection, each on a thread of its own, at real sockets.
class RawServer {
public:
    /// `number`: 0 for the first connection, and so on.
    using Script = std::function<void(Peer&, int number)>;

    explicit RawServer(Script script) : script_(std::move(script)), acceptor_([this] { run(); }) {}

    ~RawServer() {
        stopped_ = true;
        ::shutdown(listener_.socket(), SHUT_RDWR);
        acceptor_.join();
        for (Peer& peer : peers_) peer.shut_down();
        for (std::thread& thread : threads_) thread.join();
    }

    std::string url() const { return listener_.url(); }
    int connections() const { return connections_; }

private:
    void run() {
        while (!stopped_) {
            const int socket = ::accept4(listener_.socket(), nullptr, nullptr, SOCK_CLOEXEC);
            if (socket < 0) break;
            const int on = 1;
            ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            Peer& peer = peers_.emplace_back(socket);
            threads_.emplace_back([this, &peer, number = connections_++] {
                script_(peer, number);
                peer.shut_down();
            });
        }
    }

    Listener listener_;
    Script script_;
    std::atomic<bool> stopped_ = false;
    std::atomic<int> connections_ = 0;
    std::list<Peer> peers_;
    std::list<std::thread> threads_;
    std::thread acceptor_;
};

/// What `future` gets, or a failure after a time that no test should need.
template <class T>
T soon(std::future<T> future) {
    if (future.wait_for(std::chrono::seconds(60)) != std::future_status::ready) {
        throw std::runtime_error("nothing came within a minute");
    }
    return future.get();
}

}  // namespace syncline::test
