#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "syncline/base/bytes.hpp"

namespace syncline::test {

struct RawResponse {
    int status = 0;
    std::map<std::string, std::string> headers;  // names in small letters
    std::string body;
};

/// One TCP connection to 127.0.0.1, for requests that no proper client would send. Reading gives up
/// after 20 seconds with an exception, so that a server that hangs fails a test.
class RawConnection {
public:
    explicit RawConnection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const timeval patience{20, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        sockaddr generic{};
        std::memcpy(&generic, &address, sizeof address);
        if (::connect(socket_, &generic, sizeof address) != 0) {
            ::close(socket_);
            throw std::runtime_error("cannot connect");
        }
    }
    RawConnection(RawConnection&& other) noexcept
        : socket_(std::exchange(other.socket_, -1)), buffer_(std::move(other.buffer_)) {}
    RawConnection& operator=(RawConnection&&) = delete;
    ~RawConnection() {
        if (socket_ >= 0) ::close(socket_);
    }

    /// False: the server has closed the connection.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    void finish_sending() { ::shutdown(socket_, SHUT_WR); }

    /// Whether the server closes the connection without another byte.
    bool is_closed() { return buffer_.empty() && !receive(); }

    /// Exactly so many bytes. Throws if there are fewer.
    std::string read(std::size_t size) {
        while (buffer_.size() < size) demand(receive());
        return take(size);
    }
    /// Up to and with `end`.
    std::string read_until(std::string_view end) {
        std::size_t found = 0;
        while ((found = buffer_.find(end)) == std::string::npos) demand(receive());
        return take(found + end.size());
    }

    RawResponse read_head() {
        RawResponse response;
        const std::string head = read_until("\r\n\r\n");
        response.status = std::stoi(head.substr(head.find(' ') + 1, 3));
        std::size_t at = head.find("\r\n") + 2;
        while (at + 2 < head.size()) {
            const std::size_t end = head.find("\r\n", at);
            const std::size_t colon = head.find(": ", at);
            std::string name = head.substr(at, colon - at);
            std::transform(name.begin(), name.end(), name.begin(),
                           [](unsigned char c) { return std::tolower(c); });
            response.headers[name] = head.substr(colon + 2, end - colon - 2);
            at = end + 2;
        }
        return response;
    }
    RawResponse read_response() {
        RawResponse response = read_head();
        response.body = read(std::stoul(response.headers.at("content-length")));
        return response;
    }

    /// One chunk of a chunked body; empty: the last one.
    std::string read_chunk() {
        const std::size_t size = std::stoul(read_until("\r\n"), nullptr, 16);
        std::string chunk = read(size);
        read(2);
        return chunk;
    }

    RawResponse request(std::string_view bytes) {
        send(bytes);
        return read_response();
    }

private:
    bool receive() {
        char bytes[16 * 1024];
        const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            throw std::runtime_error("the server is silent");
        }
        if (size <= 0) return false;
        buffer_.append(bytes, static_cast<std::size_t>(size));
        return true;
    }
    static void demand(bool received) {
        if (!received) throw std::runtime_error("the server closed the connection");
    }
    std::string take(std::size_t size) {
        std::string bytes = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return bytes;
    }

    int socket_;
    std::string buffer_;
};

inline std::string http_post(std::string_view target, ByteView body,
                             std::string_view more_headers = "") {
    return "POST " + std::string(target) +
           " HTTP/1.1\r\nHost: test\r\nContent-Type: application/x-flatbuffers\r\n" +
           std::string(more_headers) + "Content-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string(as_text(body));
}

inline std::string http_get(std::string_view target) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n\r\n";
}

}  // namespace syncline::test
