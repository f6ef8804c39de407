#include "worker.hpp"

#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace syncline::test {

Worker::Worker(boost::asio::io_context& context, std::vector<std::string> command)
    : context_(context),
      child_(std::move(command)),
      output_(context, ::dup(child_.output_handle())) {
    read();
}

Worker::~Worker() {
    kill();
}

void Worker::read() {
    boost::asio::async_read_until(output_, boost::asio::dynamic_buffer(text_), '\n',
                                  [this](const boost::system::error_code& error, std::size_t size) {
                                      if (error) {
                                          reading_ = false;
                                          return;
                                      }
                                      lines_.push_back(text_.substr(0, size - 1));
                                      text_.erase(0, size);
                                      read();
                                  });
}

void Worker::drain() {
    while (reading_) context_.run_one();
}

void Worker::kill() {
    child_.send_signal(SIGKILL);
    drain();
}

void Worker::finish() {
    drain();
    const ProcessEnd end = child_.wait();
    if (end.exit_code != 0) throw std::runtime_error("a client failed: " + end.errors);
}

}  // namespace syncline::test
