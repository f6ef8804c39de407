#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "syncline/base/bytes.hpp"
#include "syncline/base/clock.hpp"
#include "syncline/base/ids.hpp"
#include "syncline/protocol/row.hpp"
#include "syncline/protocol/schema.hpp"
#include "syncline/server/refusal.hpp"

namespace syncline::server {

/// What a named mutator may do: read and write rows of its scope, as part of the transaction that
/// the mutation belongs to. Lives only during the call.
///
/// Entities, rows and patches are checked as those of clients are; the writers throw `Reject` with
/// the codes of docs/protocol.md ("invalid", "already_exists", …), and a mutator that lets it pass
/// rejects its mutation.
class MutatorContext {
public:
    virtual ~MutatorContext() = default;

    virtual const Schema& schema() const = 0;
    virtual std::string_view scope() const = 0;
    virtual ClientId client() const = 0;
    /// The server's time; the same throughout a push.
    virtual WallTime now() const = 0;

    /// The row as the transaction sees it, its own writes included.
    virtual std::optional<Row> find(std::string_view entity, std::string_view id) = 0;

    virtual void create(std::string_view entity, ByteView row) = 0;
    /// Makes the row, or replaces the whole of it.
    virtual void put(std::string_view entity, ByteView row) = 0;
    virtual void update(std::string_view entity, std::string_view id, ByteView patch) = 0;
    /// False: there was none.
    virtual bool remove(std::string_view entity, std::string_view id) = 0;
};

/// A named mutator. `arguments` come from the client and are *not* verified. Must decide from its
/// context and arguments alone, must not block, and may run on any thread.
using Mutator = std::function<void(MutatorContext&, ByteView arguments)>;

}  // namespace syncline::server
