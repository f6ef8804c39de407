#pragma once

#include <functional>
#include <string_view>

#include "syncline/base/bytes.hpp"
#include "syncline/base/clock.hpp"
#include "syncline/base/ids.hpp"
#include "syncline/protocol/row.hpp"
#include "syncline/protocol/row_access.hpp"
#include "syncline/protocol/schema.hpp"
#include "syncline/server/refusal.hpp"

namespace syncline::server {

/// What a named mutator may do: read and write rows of its scope, as part of the transaction that
/// the mutation belongs to. Lives only during the call.
///
/// Entities, rows and patches are checked as those of clients are; the writers throw `Reject` with
/// the codes of docs/protocol.md ("invalid", "already_exists", …), and a mutator that lets it pass
/// rejects its mutation.
class MutatorContext : public RowAccess {
public:
    virtual const Schema& schema() const = 0;
    virtual std::string_view scope() const = 0;
    virtual ClientId client() const = 0;
    /// The server's time; the same throughout a push.
    virtual WallTime now() const = 0;

    /// Makes the row, or replaces the whole of it.
    virtual void put(std::string_view entity, ByteView row) = 0;
};

/// A named mutator. `arguments` come from the client; they are verified if the engine's schema
/// declares the mutator, and else *not*. Must decide from its context and arguments alone, must not
/// block, and may run on any thread. Whatever it throws rejects its mutation.
using Mutator = std::function<void(MutatorContext&, ByteView arguments)>;

}  // namespace syncline::server
