#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "syncline/client/write_handle.hpp"
#include "syncline/reactive/source.hpp"
#include "syncline/replica/replica.hpp"

namespace syncline {

/// The writes whose handles are held, as signals. Shared with the handles, which may outlive the
/// client.
///
/// Thread-safety: any thread; guarded by `mutex_`, under which nothing is called but the replica's
/// reads in `refresh`.
class WriteRegistry {
public:
    WriteRegistry(const Replica& replica, std::function<bool()> on_sync_thread)
        : replica_(&replica), on_sync_thread_(std::move(on_sync_thread)) {}

    /// The node of `ticket`, which is tracked.
    static std::shared_ptr<WriteHandle::Node> node(const std::shared_ptr<WriteRegistry>& self,
                                                   MutationTicket ticket);
    WriteStatus status(const WriteHandle::Node& node) const;
    WriteStatus wait(const WriteHandle::Node& node, std::chrono::milliseconds timeout);

    /// Reads anew what has no outcome yet, and wakes who waits. Who observes is told by `tell`.
    /// Returns whether there is something to tell.
    bool refresh();
    void tell();

    /// The replica goes.
    void close();

private:
    std::vector<std::shared_ptr<WriteHandle::Node>> live() const;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    const Replica* replica_;  // none: closed
    std::function<bool()> on_sync_thread_;
    std::unordered_map<std::uint64_t, std::weak_ptr<WriteHandle::Node>> nodes_;  // by mutation id
    std::vector<std::shared_ptr<WriteHandle::Node>> untold_;
};

struct WriteHandle::Node {
    std::shared_ptr<WriteRegistry> registry;
    MutationTicket ticket;
    WriteStatus status;  // guarded by the registry's mutex
    Source source;
};

}  // namespace syncline
