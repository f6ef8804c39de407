#include "push_limits.hpp"

#include <algorithm>

namespace syncline {
namespace {

// No proxy has a lower limit in earnest; one that refuses this much refuses everything.
constexpr std::size_t kSurelySmall = 64 * 1024;

std::uint32_t limit(std::size_t value) {
    return static_cast<std::uint32_t>(std::clamp<std::size_t>(value, 1, 0xFFFF'FFFF));
}

}  // namespace

Limits PushLimits::current() const {
    Limits limits;
    limits.batch_mutations_max =
        std::min(announced_.batch_mutations_max, ceiling_.batch_mutations_max);
    limits.batch_bytes_max = std::min(announced_.batch_bytes_max, ceiling_.batch_bytes_max);
    limits.transaction_bytes_max =
        std::min(announced_.transaction_bytes_max, ceiling_.transaction_bytes_max);
    if (isolated_ > 0) limits.batch_mutations_max = 1;
    return limits;
}

void PushLimits::announce(const Limits& limits) {
    if (limits.batch_mutations_max > 0) announced_.batch_mutations_max = limits.batch_mutations_max;
    if (limits.batch_bytes_max > 0) announced_.batch_bytes_max = limits.batch_bytes_max;
    if (limits.transaction_bytes_max > 0) {
        announced_.transaction_bytes_max = limits.transaction_bytes_max;
    }
}

bool PushLimits::refused(const PushSize& size, const Limits& announced) {
    const Limits before = current();
    announce(announced);
    return size.transactions > 1 ? shrink_batch(size, before) : shrink_transaction(size, before);
}

// Each refusal must make something smaller, whatever the server announces: what it measures may
// differ from what the replica measures, and the same push must not go out again and again.
bool PushLimits::shrink_batch(const PushSize& size, const Limits& before) {
    const Limits now = current();
    const bool smaller = now.batch_mutations_max < before.batch_mutations_max ||
                         now.batch_bytes_max < before.batch_bytes_max;
    const bool excluded =
        size.mutations > now.batch_mutations_max || size.bytes > now.batch_bytes_max;
    if (smaller && excluded) return true;
    ceiling_.batch_mutations_max =
        limit(std::min<std::size_t>(size.mutations, now.batch_mutations_max) / 2);
    ceiling_.batch_bytes_max = limit(std::min<std::size_t>(size.bytes, now.batch_bytes_max) / 2);
    return true;
}

bool PushLimits::shrink_transaction(const PushSize& size, const Limits& before) {
    const Limits now = current();
    const bool excluded = size.bytes > now.transaction_bytes_max;
    if (excluded && now.transaction_bytes_max < before.transaction_bytes_max) {
        // A page that says otherwise afterwards is not believed: they would take turns for ever.
        ceiling_.transaction_bytes_max = now.transaction_bytes_max;
        return true;
    }
    if (!excluded && size.bytes < kSurelySmall) return false;
    const auto fitting = std::min<std::size_t>(size.bytes, now.transaction_bytes_max);
    ceiling_.transaction_bytes_max = limit(fitting - fitting / 8 - 1);
    return true;
}

void PushLimits::isolate(const PushSize& size) {
    if (size.transactions > 1) isolated_ = size.transactions;
}

void PushLimits::processed(std::size_t transactions) {
    isolated_ -= std::min(isolated_, transactions);
}

}  // namespace syncline
