#include "interrupt.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace examples {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM};

// A signal handler may do next to nothing, but it may write to a pipe.
int pipe_ends[2] = {-1, -1};

void on_signal(int) {
    const int saved = errno;
    [[maybe_unused]] const auto written = ::write(pipe_ends[1], "!", 1);
    errno = saved;
}

void handle_signals(void (*handler)(int)) {
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    for (const int signal : kSignals) ::sigaction(signal, &action, nullptr);
}

}  // namespace

Interrupt::Interrupt() {
    if (::pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        throw std::system_error(errno, std::generic_category(), "pipe2");
    }
    handle_signals(on_signal);
}

Interrupt::~Interrupt() {
    handle_signals(SIG_DFL);
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
}

void Interrupt::wait() const {
    pollfd readable = {pipe_ends[0], POLLIN, 0};
    while (::poll(&readable, 1, -1) < 0 && errno == EINTR) {
    }
}

}  // namespace examples
