#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <string>
#include <vector>

#include "support/server_process.hpp"

namespace syncline::test {

/// A client's process, whose lines are gathered while the context runs.
class Worker {
public:
    Worker(boost::asio::io_context& context, std::vector<std::string> command);
    ~Worker();

    /// The lines so far.
    const std::vector<std::string>& lines() const { return lines_; }

    /// Whether it has ended by itself.
    bool ended() const { return child_.ended(); }

    /// Kills it, and waits until all that it ever wrote is in `lines`.
    void kill();

    /// Waits for its own end, while the context runs. Throws: `std::runtime_error` with what it
    /// complained of, if that is no success.
    void finish();

private:
    void read();
    void drain();

    boost::asio::io_context& context_;
    ChildProcess child_;
    boost::asio::posix::stream_descriptor output_;
    std::string text_;
    std::vector<std::string> lines_;
    bool reading_ = true;
};

}  // namespace syncline::test
