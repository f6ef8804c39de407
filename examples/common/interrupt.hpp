#pragma once

namespace examples {

/// Turns SIGINT and SIGTERM into an ordinary end, from its construction on.
///
/// One at a time. Thread-safety: `wait` from any thread.
class Interrupt {
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    /// Blocks until one of the signals came; at once if it did before.
    void wait() const;
};

}  // namespace examples
