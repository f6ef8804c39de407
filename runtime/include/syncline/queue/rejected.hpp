#pragma once

#include <string>

#include "syncline/base/bytes.hpp"
#include "syncline/base/clock.hpp"
#include "syncline/base/ids.hpp"
#include "syncline/protocol/messages.hpp"

namespace syncline {

/// A mutation that the server refused, kept until the application retries or discards it.
struct RejectedMutation {
    MutationId id;
    Sequence sequence;
    MutationKind kind = MutationKind::create;
    std::string entity;  ///< or the mutator's name
    std::string key;
    Bytes payload;       ///< the row, the patch or the arguments, as they were sent
    std::string code;    ///< a word for programs: see docs/protocol.md, "Rejections"
    std::string reason;  ///< a sentence for people
    Bytes server_row;    ///< the row as the server had it; empty: it had none
    WallTime made_at;    ///< by the device's clock
};

}  // namespace syncline
