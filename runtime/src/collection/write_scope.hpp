#pragma once

#include <cstdint>
#include <memory>

#include "notices.hpp"

namespace syncline {

class Replica;

/// A write to a replica that runs on this thread, or the part of a transaction or whole-state read
/// that sees a state of its own; as a stack.
///
/// It gathers what has to be published when it has been left: what its writes committed, and what
/// was read in a state of its own and must be read again in the common one.
class WriteScope {
public:
    enum class Kind : std::uint8_t { write, own_state };

    /// `notices` must outlive the scope.
    WriteScope(const Replica& replica, Kind kind, Notices& notices);
    ~WriteScope();
    WriteScope(const WriteScope&) = delete;
    WriteScope& operator=(const WriteScope&) = delete;

    /// The innermost scope of `replica` on this thread, or nullptr.
    static WriteScope* current(const Replica& replica);

    /// The innermost scope of `replica` on this thread whose reads see a state of their own: an
    /// open transaction, or that of a whole-state read; nullptr if there is none.
    static WriteScope* with_own_state(const Replica& replica);

    Notices& notices() { return notices_; }

private:
    const Replica& replica_;
    const Kind kind_;
    WriteScope* const outer_;
    Notices& notices_;
};

/// Tracks `source` if somebody tracks. Its owner keeps it alive.
void track(const Replica& replica, const std::shared_ptr<Source>& source);

}  // namespace syncline
