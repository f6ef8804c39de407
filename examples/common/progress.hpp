#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace examples {

/// Says on standard error how far something has come: in place on a terminal, else in lines. At
/// most a few times a second, so it may be told of every row.
///
/// Thread-safety: one thread at a time.
class Progress {
public:
    /// `what` as in "importing places".
    explicit Progress(std::string what);

    /// Wipes what stands on the terminal.
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// `total` 0: not known.
    void show(std::uint64_t done, std::uint64_t total);

    /// Since the construction.
    std::chrono::duration<double> elapsed() const;

    /// "25,000 rows in 0.42 s (59,523 rows/s)"
    std::string summary(std::uint64_t rows) const;

private:
    using Clock = std::chrono::steady_clock;
    std::string what_;
    bool on_terminal_;
    bool shown_ = false;
    Clock::time_point start_ = Clock::now();
    Clock::time_point next_;
};

}  // namespace examples
