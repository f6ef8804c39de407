#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "syncline/protocol/messages.hpp"
#include "syncline/protocol/transport.hpp"
#include "syncline/sync/status.hpp"

namespace syncline {

/// Why an exchange did not bring what was asked for.
struct Failure {
    enum class Kind : std::uint8_t {
        lost,     ///< no answer, or none of a syncline server: what it did is unknown
        busy,     ///< the server asks to come back later
        request,  ///< the server refuses this request, whatever the reason
        unauthorized,
        forbidden,
        schema_unknown,
        too_large,
        resync,  ///< cursor or epoch are of no use any more
        forked,
    };
    Kind kind = Kind::lost;
    SyncError error;
    std::optional<std::chrono::milliseconds> retry_after;
    Limits limits;         ///< of `too_large`; zeros: not said
    bool reached = false;  ///< a syncline server spoke
};

/// The failure that `response` reports; nothing if its body is the answer (status 200).
std::optional<Failure> failure_in(const TransportResponse& response);

/// The failure of an answer that cannot be used.
Failure invalid_answer(std::string text);

/// The failure of this side: the database could not be read or written.
Failure local_failure(std::string text);

/// The rows here and at the server differ.
Failure divergence();

/// Those of the server and its hashes of them do, of these entities.
SyncError server_difference(const std::vector<std::string>& entities);

}  // namespace syncline
