#include "former_outcomes.hpp"

#include <algorithm>
#include <limits>

namespace syncline::server {

bool FormerOutcomes::has_origin(ClientId origin) {
    const auto known = has_origin_.find(origin);
    if (known != has_origin_.end()) return known->second;
    return has_origin_[origin] = writer_.has_origin(origin);
}

const FormerOutcomes::Receipts& FormerOutcomes::receipts_of(ClientId origin) {
    const auto known = receipts_.find(origin);
    if (known != receipts_.end()) return known->second;
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    Receipts& receipts = receipts_[origin];
    for (const Receipt& one : writer_.receipts(origin, Sequence{1}, Sequence{kMost})) {
        receipts.emplace(one.id.value, one.sequence);
    }
    return receipts;
}

std::optional<DecidedAs> FormerOutcomes::find(ClientId origin, MutationId id) {
    if (origin != client_) {
        const Receipts& receipts = receipts_of(origin);
        const auto receipt = receipts.find(id.value);
        if (receipt != receipts.end()) return DecidedAs{origin, receipt->second};
    }
    if (!has_origin(origin)) return std::nullopt;
    return writer_.decided_as(origin, id);
}

std::vector<std::optional<DecidedAs>> FormerOutcomes::find(const Transaction& transaction) {
    const ClientId origin = transaction.origin ? transaction.origin : client_;
    if (origin == client_ && !has_origin(origin)) return {};
    std::vector<std::optional<DecidedAs>> found;
    for (const Mutation& mutation : transaction.mutations) {
        found.push_back(find(origin, mutation.id));
    }
    // All of a transaction was decided together, so one receipt that is left speaks for the rest.
    const bool decided =
        std::any_of(found.begin(), found.end(), [](const auto& one) { return one.has_value(); });
    if (!decided) found.clear();
    return found;
}

}  // namespace syncline::server
