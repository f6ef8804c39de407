#include "progress.hpp"

#include <unistd.h>

#include <iomanip>
#include <iostream>
#include <sstream>

#include "text.hpp"

namespace examples {
namespace {

constexpr std::chrono::milliseconds kTerminalPace{100};
constexpr std::chrono::milliseconds kLinePace{1000};

std::string percentage(std::uint64_t done, std::uint64_t total) {
    return total == 0 ? ""
                      : " of " + grouped(total) + " (" + std::to_string(done * 100 / total) + " %)";
}

}  // namespace

Progress::Progress(std::string what)
    : what_(std::move(what)),
      on_terminal_(::isatty(STDERR_FILENO) == 1),
      next_(start_ + (on_terminal_ ? kTerminalPace : kLinePace)) {}

Progress::~Progress() {
    if (on_terminal_ && shown_) std::cerr << "\r\x1b[K" << std::flush;
}

void Progress::show(std::uint64_t done, std::uint64_t total) {
    const auto now = Clock::now();
    if (now < next_) return;
    next_ = now + (on_terminal_ ? kTerminalPace : kLinePace);
    shown_ = true;
    const std::string text = what_ + ": " + grouped(done) + percentage(done, total);
    std::cerr << (on_terminal_ ? "\r\x1b[K" + text : text + "\n") << std::flush;
}

std::chrono::duration<double> Progress::elapsed() const {
    return Clock::now() - start_;
}

std::string Progress::summary(std::uint64_t rows) const {
    const double seconds = elapsed().count();
    std::ostringstream text;
    text << grouped(rows) << " rows in " << std::fixed << std::setprecision(2) << seconds << " s ("
         << grouped(static_cast<std::uint64_t>(static_cast<double>(rows) / seconds)) << " rows/s)";
    return text.str();
}

}  // namespace examples
