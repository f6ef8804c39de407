#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "syncline/server/authority.hpp"

namespace syncline::server {

/// Finds what was decided under another client id.
///
/// Databases that are copies of one another have mutations in common. Once the copies are noticed,
/// all but one of them number what they still have to send anew, under client ids of their own. A
/// mutation is known again by its id and by the client id under which it was made (its origin),
/// whoever was first to send it, and under whatever number.
class FormerOutcomes {
public:
    /// For the push of `client`. `writer` must outlive it.
    FormerOutcomes(ScopeWriter& writer, ClientId client) : writer_(writer), client_(client) {}

    /// Under which id and number each mutation of a transaction that is new under this client id
    /// was decided; none where that is not known any more. Empty: it was not decided.
    std::vector<std::optional<DecidedAs>> find(const Transaction& transaction);

private:
    using Receipts = std::unordered_map<std::uint64_t, Sequence>;

    std::optional<DecidedAs> find(ClientId origin, MutationId id);
    const Receipts& receipts_of(ClientId origin);
    bool has_origin(ClientId origin);

    ScopeWriter& writer_;
    ClientId client_;
    std::map<ClientId, Receipts> receipts_;  // of the origins of this push
    std::map<ClientId, bool> has_origin_;
};

}  // namespace syncline::server
