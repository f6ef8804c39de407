#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

extern char** environ;

namespace syncline::test {

/// How a process ended.
struct ProcessEnd {
    int exit_code = -1;  ///< -1: by a signal
    int signal = 0;
    std::string output;
    std::string errors;
};

/// A child process with its output in pipes; killed when it goes out of scope.
class ChildProcess {
public:
    explicit ChildProcess(std::vector<std::string> command) {
        int output[2];
        int errors[2];
        if (::pipe2(output, O_CLOEXEC) != 0 || ::pipe2(errors, O_CLOEXEC) != 0) {
            throw std::runtime_error("no pipes");
        }
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions, errors[1], STDERR_FILENO);
        std::vector<char*> arguments;
        for (std::string& argument : command) arguments.push_back(argument.data());
        arguments.push_back(nullptr);
        const int failed = ::posix_spawn(&process_, command.front().c_str(), &actions, nullptr,
                                         arguments.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        ::close(output[1]);
        ::close(errors[1]);
        output_ = output[0];
        errors_ = errors[0];
        if (failed != 0) throw std::runtime_error("cannot run " + command.front());
    }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ~ChildProcess() {
        if (process_ > 0) {
            send_signal(SIGKILL);
            ::waitpid(process_, nullptr, 0);
        }
        ::close(output_);
        ::close(errors_);
    }

    /// To this process, as long as it has not been waited for: -1 would mean every process there
    /// is.
    void send_signal(int signal) const {
        if (process_ > 0) ::kill(process_, signal);
    }

    /// For readers of their own; not together with `read_line`.
    int output_handle() const { return output_; }

    /// Whether it has ended by itself.
    bool ended() const {
        siginfo_t info{};
        const int options = WEXITED | WNOHANG | WNOWAIT;
        return ::waitid(P_PID, static_cast<id_t>(process_), &info, options) == 0 &&
               info.si_pid != 0;
    }

    /// The first line of the output; throws if the process ends, or is silent for 20 seconds.
    std::string read_line() {
        while (text_.find('\n') == std::string::npos) {
            pollfd ready{output_, POLLIN, 0};
            char byte = 0;
            if (::poll(&ready, 1, 20'000) <= 0 || ::read(output_, &byte, 1) != 1) {
                throw std::runtime_error("no line from the process; it said: " + drain(errors_));
            }
            text_ += byte;
        }
        return text_.substr(0, text_.find('\n'));
    }

    /// Waits for the end.
    ProcessEnd wait() {
        ProcessEnd end;
        end.errors = drain(errors_);
        end.output = text_ + drain(output_);
        int status = 0;
        ::waitpid(std::exchange(process_, -1), &status, 0);
        if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
        if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
        return end;
    }

private:
    static std::string drain(int pipe) {
        std::string text;
        char bytes[4096];
        for (ssize_t size = 0; (size = ::read(pipe, bytes, sizeof bytes)) > 0;) {
            text.append(bytes, static_cast<std::size_t>(size));
        }
        return text;
    }

    pid_t process_ = -1;
    int output_ = -1;
    int errors_ = -1;
    std::string text_;
};

/// A running `syncline-server`, listening on a port of its own choice.
class ServerProcess {
public:
    ServerProcess(const std::string& program, const std::string& schema,
                  const std::string& database, const std::vector<std::string>& more = {})
        : child_(command(program, schema, database, more)) {
        const std::string line = child_.read_line();
        port_ = static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
    }

    std::uint16_t port() const { return port_; }
    ChildProcess& child() { return child_; }

    ProcessEnd stop(int signal) {
        child_.send_signal(signal);
        return child_.wait();
    }

    static std::vector<std::string> command(const std::string& program, const std::string& schema,
                                            const std::string& database,
                                            const std::vector<std::string>& more) {
        std::vector<std::string> command{program, "--schema", schema, "--database", database};
        if (std::find(more.begin(), more.end(), "--listen") == more.end()) {
            command.insert(command.end(), {"--listen", "127.0.0.1:0"});
        }
        command.insert(command.end(), more.begin(), more.end());
        return command;
    }

private:
    ChildProcess child_;
    std::uint16_t port_ = 0;
};

}  // namespace syncline::test
