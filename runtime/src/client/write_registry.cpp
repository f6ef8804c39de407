#include "write_registry.hpp"

#include <algorithm>
#include <utility>

#include "syncline/base/clock.hpp"
#include "syncline/base/error.hpp"
#include "syncline/reactive/batch.hpp"

namespace syncline {

using Node = WriteHandle::Node;

std::shared_ptr<Node> WriteRegistry::node(const std::shared_ptr<WriteRegistry>& self,
                                          MutationTicket ticket) {
    const std::lock_guard lock(self->mutex_);
    std::erase_if(self->nodes_, [](const auto& entry) { return entry.second.expired(); });
    auto& place = self->nodes_[ticket.id.value];
    if (auto known = place.lock()) return known;
    auto fresh = std::make_shared<Node>();
    fresh->registry = self;
    fresh->ticket = ticket;
    if (self->replica_ != nullptr) {
        fresh->status = self->replica_->write_status(ticket).value_or(WriteStatus{});
    }
    place = fresh;
    return fresh;
}

WriteStatus WriteRegistry::status(const Node& node) const {
    const std::lock_guard lock(mutex_);
    return node.status;
}

WriteStatus WriteRegistry::wait(const Node& node, std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    if (!node.status.decided() && on_sync_thread_ && on_sync_thread_()) {
        throw InvalidState("wait() would wait for the sync thread, on which it was called");
    }
    changed_.wait_for(lock, bounded_wait(timeout),
                      [&] { return node.status.decided() || replica_ == nullptr; });
    return node.status;
}

std::vector<std::shared_ptr<Node>> WriteRegistry::live() const {
    std::vector<std::shared_ptr<Node>> result;
    for (const auto& [id, weak] : nodes_) {
        auto node = weak.lock();
        if (node && !node->status.decided()) result.push_back(std::move(node));
    }
    return result;
}

bool WriteRegistry::refresh() {
    // Declared first: a node that nobody else holds any more must go with the mutex free.
    std::vector<std::shared_ptr<Node>> open;
    const std::lock_guard lock(mutex_);
    if (replica_ == nullptr) return false;
    open = live();
    for (const auto& node : open) {
        // Nothing: it is in a state between two; the next refresh tells.
        auto status = replica_->write_status(node->ticket);
        if (!status || *status == node->status) continue;
        node->status = std::move(*status);
        untold_.push_back(node);
    }
    changed_.notify_all();
    return !untold_.empty();
}

void WriteRegistry::tell() {
    std::vector<std::shared_ptr<Node>> untold;
    {
        const std::lock_guard lock(mutex_);
        untold = std::exchange(untold_, {});
    }
    batch([&] {
        for (const auto& node : untold) node->source.trigger();
    });
}

void WriteRegistry::close() {
    std::vector<std::shared_ptr<Node>> untold;  // they hold this, and go with the mutex free
    const std::lock_guard lock(mutex_);
    untold.swap(untold_);
    replica_ = nullptr;
    on_sync_thread_ = nullptr;
    changed_.notify_all();
}

MutationTicket WriteHandle::ticket() const {
    return node_->ticket;
}

WriteStatus WriteHandle::status() const {
    node_->source.track();  // before the value is read, so that no change falls in between
    return node_->registry->status(*node_);
}

WriteStatus WriteHandle::wait(std::chrono::milliseconds timeout) const {
    return node_->registry->wait(*node_, timeout);
}

}  // namespace syncline
