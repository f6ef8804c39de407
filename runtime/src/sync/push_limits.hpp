#pragma once

#include <cstddef>

#include "syncline/protocol/messages.hpp"

namespace syncline {

/// How much a push was: what a refusal as too large is measured by.
struct PushSize {
    std::size_t transactions = 0;
    std::size_t mutations = 0;
    std::size_t bytes = 0;
};

/// How much a push may hold: what the server announced, and what turned out not to get through.
///
/// Thread-safety: none.
class PushLimits {
public:
    /// For the next push. Before the server said anything: 1000 mutations, 1 MiB.
    Limits current() const;

    /// Takes the server's word; zeros in it mean: not said.
    void announce(const Limits& limits);

    /// A push of `size` was refused as too large: the next one is smaller, down to one transaction;
    /// one that is refused alone is made to exceed `transaction_bytes_max`, unless it is so small
    /// that something else must be wrong: then false, and nothing is changed.
    bool refused(const PushSize& size, const Limits& announced);

    /// A push of `size` was refused for a reason unknown: its transactions go one by one, so that
    /// those which are good arrive.
    void isolate(const PushSize& size);

    /// Transactions of a push were processed.
    void processed(std::size_t transactions);

private:
    bool shrink_batch(const PushSize& size, const Limits& before);
    bool shrink_transaction(const PushSize& size, const Limits& before);

    Limits announced_{1000, 1U << 20, 0xFFFF'FFFF};
    Limits ceiling_{0xFFFF'FFFF, 0xFFFF'FFFF, 0xFFFF'FFFF};
    std::size_t isolated_ = 0;
};

}  // namespace syncline
