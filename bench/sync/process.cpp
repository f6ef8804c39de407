#include "process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace sync_bench {
namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

/// What is written into `in` comes out of `out`.
struct Pipe {
    Pipe() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe2");
        out = ends[0];
        in = ends[1];
    }
    ~Pipe() {
        ::close(out);
        close_in();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    /// So that `out` ends when the other process does.
    void close_in() {
        if (in >= 0) ::close(in);
        in = -1;
    }

    int out = -1;
    int in = -1;
};

/// Starts `command` with its standard output going to `output`.
pid_t start(const Command& command, int output) {
    std::vector<char*> words;
    for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);

    const pid_t process = ::fork();
    if (process < 0) fail("fork");
    if (process == 0) {
        ::dup2(output, STDOUT_FILENO);
        ::execv(words[0], words.data());
        ::_exit(127);
    }
    return process;
}

std::string read_all(int file) {
    std::string text;
    char buffer[4096];
    for (ssize_t size = 0; (size = ::read(file, buffer, sizeof buffer)) > 0;) {
        text.append(buffer, static_cast<std::size_t>(size));
    }
    return text;
}

std::map<std::string, double> parse(const std::string& text) {
    std::map<std::string, double> values;
    std::istringstream lines(text);
    std::string name;
    double value = 0;
    while (lines >> name >> value) values[name] = value;
    return values;
}

/// Reads the server's "listening on ADDRESS".
std::string read_address(int file) {
    std::string line;
    for (char c = 0; ::read(file, &c, 1) == 1 && c != '\n';) line += c;
    const std::string words = "listening on ";
    if (!line.starts_with(words)) throw std::runtime_error("the server did not start: " + line);
    return line.substr(words.size());
}

}  // namespace

StepResult run_step(const Command& command) {
    Pipe pipe;
    const pid_t process = start(command, pipe.in);
    pipe.close_in();
    const std::string output = read_all(pipe.out);

    int status = 0;
    rusage usage = {};
    if (::wait4(process, &status, 0, &usage) < 0) fail("wait4");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        std::string text = "a step failed:";
        for (const auto& word : command) text += " " + word;
        throw std::runtime_error(text);
    }
    return {parse(output), static_cast<double>(usage.ru_maxrss) / 1024};
}

double peak_memory_mb(pid_t process) {
    const std::string who = process == 0 ? "self" : std::to_string(process);
    std::ifstream status("/proc/" + who + "/status");
    for (std::string word; status >> word;) {
        if (word != "VmHWM:") continue;
        double kilobytes = 0;
        status >> kilobytes;
        return kilobytes / 1024;
    }
    throw std::runtime_error("no VmHWM of process " + who);
}

ServerProcess::ServerProcess(const std::string& program, const std::string& schema,
                             const std::string& database) {
    const Pipe pipe;
    process_ = start(
        {program, "--schema", schema, "--database", database, "--listen", "127.0.0.1:0"}, pipe.in);
    url_ = "http://" + read_address(pipe.out);
}

ServerProcess::~ServerProcess() {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
}

}  // namespace sync_bench
