#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "syncline/queue/mutation_queue.hpp"
#include "syncline/queue/rejected.hpp"

namespace syncline {

/// The durable record of the mutations of one scope that were rejected.
///
/// Thread-safety: immutable; the connections passed in are used by one thread at a time.
class Rejections {
public:
    explicit Rejections(std::int64_t scope) : scope_(scope) {}

    /// Records it; nothing if its id is recorded already.
    void add(Connection& connection, const RejectedMutation& rejected) const;
    std::vector<RejectedMutation> all(Connection& connection) const;
    std::optional<RejectedMutation> find(Connection& connection, MutationId id) const;
    bool erase(Connection& connection, MutationId id) const;
    std::uint64_t count(Connection& connection) const;

private:
    std::int64_t scope_;
};

}  // namespace syncline
