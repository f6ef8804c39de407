#pragma once

#include <mutex>

namespace syncline::http {

// What the standard library does not have; all that differs between systems is in this file's .cpp.

/// Keeps a write to a closed connection from ending the process, on this thread.
void ignore_broken_pipes_on_this_thread();

/// Ends the connection that another thread is busy with. httplib's own `stop` waits while that
/// thread connects, so this holds a handle of its own to the socket.
///
/// Thread-safety: any thread; guarded by `mutex_`.
class SocketControl {
public:
    SocketControl() = default;
    ~SocketControl();
    SocketControl(const SocketControl&) = delete;
    SocketControl& operator=(const SocketControl&) = delete;

    /// A new socket is about to be used; sets its options. Called by the thread that uses it.
    void adopt(int socket);

    /// Makes every call that waits on the socket return, now and later, until `reset`.
    void interrupt();

    /// Before the next request: what follows is not interrupted.
    void reset();

    /// Whether the other side has closed the connection and all it sent has been read.
    bool peer_has_closed();

private:
    void shut_down();

    std::mutex mutex_;
    int handle_ = -1;
    bool interrupted_ = false;
};

}  // namespace syncline::http
