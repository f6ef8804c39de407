#include "socket_control.hpp"

#ifdef _WIN32
#include <winsock2.h>
#else
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#endif

namespace syncline::http {
namespace {

#ifdef _WIN32
// A second handle of one socket must be made by WSADuplicateSocket and is a socket of its own
// there.
int duplicate(int socket) {
    WSAPROTOCOL_INFOW info;
    if (WSADuplicateSocketW(static_cast<SOCKET>(socket), GetCurrentProcessId(), &info) != 0) {
        return -1;
    }
    return static_cast<int>(WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO,
                                       &info, 0, WSA_FLAG_NO_HANDLE_INHERIT));
}
void close_handle(int handle) {
    closesocket(static_cast<SOCKET>(handle));
}
void shut_down_handle(int handle) {
    ::shutdown(static_cast<SOCKET>(handle), SD_BOTH);
}
// It cannot be asked there without waiting.
bool at_end(int) {
    return false;
}
#else
int duplicate(int socket) {
    return ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
}
void close_handle(int handle) {
    ::close(handle);
}
void shut_down_handle(int handle) {
    ::shutdown(handle, SHUT_RDWR);
}
bool at_end(int handle) {
    char byte = 0;
    return ::recv(handle, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}
#endif

/// A request goes out in two writes, header and body: the second must not wait for the first one's
/// acknowledgement.
void send_at_once(int socket) {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, reinterpret_cast<const char*>(&on), sizeof on);
}

}  // namespace

void ignore_broken_pipes_on_this_thread() {
#ifndef _WIN32
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
#endif
}

SocketControl::~SocketControl() {
    if (handle_ >= 0) close_handle(handle_);
}

void SocketControl::adopt(int socket) {
    send_at_once(socket);
    const std::lock_guard lock(mutex_);
    if (handle_ >= 0) close_handle(handle_);
    handle_ = duplicate(socket);
    if (interrupted_) shut_down();
}

void SocketControl::interrupt() {
    const std::lock_guard lock(mutex_);
    interrupted_ = true;
    shut_down();
}

void SocketControl::reset() {
    const std::lock_guard lock(mutex_);
    interrupted_ = false;
}

bool SocketControl::peer_has_closed() {
    const std::lock_guard lock(mutex_);
    return handle_ >= 0 && at_end(handle_);
}

void SocketControl::shut_down() {
    if (handle_ >= 0) shut_down_handle(handle_);
}

}  // namespace syncline::http
