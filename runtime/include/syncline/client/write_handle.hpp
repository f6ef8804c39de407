#pragma once

#include <chrono>
#include <memory>

#include "syncline/queue/tracked_writes.hpp"
#include "syncline/replica/replica.hpp"

namespace syncline {

class WriteRegistry;

/// What becomes of one write: `local`, `sent`, `applied` or `rejected`. Made by `Client::write`,
/// `last_write` and `find_write`; its outcome is kept durably from then on.
///
/// A value: copies are about the same write. It may outlive its client, and tells the last it knew
/// then. Thread-safety: any thread.
class WriteHandle {
public:
    /// The id to find it by again, also after a restart.
    MutationId id() const { return ticket().id; }
    MutationTicket ticket() const;

    /// A tracked read: re-runs the effect or computed when it changes, on the client's executor.
    WriteStatus status() const;
    WriteState state() const { return status().state; }

    /// Waits until it is applied or rejected, or for `timeout`, and returns what is so then.
    /// Throws: `InvalidState` on the sync thread, which it would wait for.
    WriteStatus wait(std::chrono::milliseconds timeout) const;

    struct Node;  ///< for the implementation

private:
    friend class Client;
    friend class WriteRegistry;
    explicit WriteHandle(std::shared_ptr<Node> node) : node_(std::move(node)) {}
    std::shared_ptr<Node> node_;
};

}  // namespace syncline
