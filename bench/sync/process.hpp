#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace sync_bench {

using Command = std::vector<std::string>;

/// What a step measured: `name value` for each line that it printed.
struct StepResult {
    std::map<std::string, double> values;
    double peak_memory_mb = 0;  ///< resident, of the step's whole process
};

/// Runs a command to its end. Throws: `std::runtime_error` if it does not end with 0.
StepResult run_step(const Command& command);

/// The most memory that has been resident so far, of this process or of `process`.
double peak_memory_mb(pid_t process = 0);

/// A syncline-server on a free port of the loopback, with a database of its own.
class ServerProcess {
public:
    /// Returns when it listens.
    ServerProcess(const std::string& program, const std::string& schema,
                  const std::string& database);

    /// Ends it, and waits until it has.
    ~ServerProcess();
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    const std::string& url() const { return url_; }
    pid_t process() const { return process_; }

private:
    std::string url_;
    pid_t process_ = 0;
};

}  // namespace sync_bench
