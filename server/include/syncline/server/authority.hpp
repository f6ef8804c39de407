#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "syncline/base/bytes.hpp"
#include "syncline/base/clock.hpp"
#include "syncline/base/ids.hpp"
#include "syncline/protocol/hash.hpp"
#include "syncline/protocol/messages.hpp"

// Where the engine keeps scopes. It stores and finds; every rule is the engine's. SqliteAuthority
// is the implementation that syncline ships.

namespace syncline::server {

/// The storage's number for an entity's name.
using EntityNumber = std::uint32_t;

struct ScopeState {
    Cursor head;
    Cursor purged_below;     ///< tombstones older than this are gone
    std::uint64_t rows = 0;  ///< tombstones included
};

/// A row as it is stored. No data and not live: it was deleted.
struct StoredRow {
    std::uint64_t place = 0;   ///< the storage's identity for it; never 0
    Cursor cursor;             ///< that changed it last
    Cursor created;            ///< that made it, or made it again after a delete
    std::uint64_t writer = 0;  ///< tag of the client that changed it last
    Cursor others;  ///< its last change before the unbroken run of that client's changes, or 0:
                    ///< none since it was made, or made again
    bool live = false;
    Bytes data;
};

/// What `ScopeWriter::put` writes.
struct RowWrite {
    std::uint64_t place = 0;  ///< of the row that is there; 0: there is none yet
    Cursor cursor;
    Cursor created;
    std::uint64_t writer = 0;
    Cursor others;
    std::optional<ByteView> data;  ///< nothing: a tombstone
};

/// Position in the order of a pull: by cursor, then by place.
struct RowPosition {
    Cursor cursor;
    std::uint64_t place = 0;
    friend auto operator<=>(RowPosition, RowPosition) = default;
};

/// A row met by a scan; its views are valid during the visit.
struct ScannedRow {
    RowPosition position;
    std::string_view entity;  ///< valid as long as the storage
    std::string_view key;
    std::optional<ByteView> data;
};

/// The live rows of one entity in one scope.
struct Tally {
    SetHash hash;
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;  ///< of the rows and their keys

    friend bool operator==(const Tally&, const Tally&) = default;
};

/// What is known of one client in one scope; all zero if nothing is.
struct ClientState {
    Sequence last;  ///< its last mutation that was looked at
    MutationId last_id;
};

/// That a mutation was looked at; it was applied unless there is a rejection too.
struct Receipt {
    Sequence sequence;
    MutationId id;
};

/// Under which client id and number a mutation was looked at.
struct DecidedAs {
    ClientId client;
    Sequence sequence;
};

/// One whole state of one scope. Throws `StorageError`. Thread-safety: one thread at a time.
class ScopeReader {
public:
    virtual ~ScopeReader() = default;

    virtual ScopeState state() = 0;
    virtual ClientState client(ClientId client) = 0;
    virtual Tally tally(EntityNumber entity) = 0;
    /// Of all entities that ever had a row here, by number.
    virtual std::vector<std::pair<EntityNumber, Tally>> tallies() = 0;

    using RowVisitor = std::function<bool(const ScannedRow&)>;
    /// Visits rows after `after`, in order of their positions, until `visit` returns false.
    virtual void scan(RowPosition after, const RowVisitor& visit) = 0;

    /// Visits rows of one entity with an id after `after`, in order of their ids, likewise.
    virtual void scan_entity(EntityNumber entity, std::string_view after,
                             const RowVisitor& visit) = 0;

    /// Number of rows changed after `after`, tombstones included; counts no further than `limit`.
    virtual std::uint64_t count_after(Cursor after, std::uint64_t limit) = 0;

    using RejectionVisitor = std::function<void(const Rejection&)>;
    /// Visits the rejections of `client` in (after, up_to], ascending.
    virtual void rejections(ClientId client, Sequence after, Sequence up_to,
                            const RejectionVisitor& visit) = 0;
};

/// The right to change one scope; sees its own changes. Without `commit` nothing happened.
class ScopeWriter : public ScopeReader {
public:
    /// False: there is no such row, not even a tombstone; `row` is reset then.
    virtual bool find(EntityNumber entity, std::string_view key, StoredRow& row) = 0;
    virtual void put(EntityNumber entity, std::string_view key, const RowWrite& row) = 0;

    /// The receipts of `client` in [first, last] that are still kept, ascending.
    virtual std::vector<Receipt> receipts(ClientId client, Sequence first, Sequence last) = 0;

    /// Whether other clients' receipts are kept of mutations made under `origin`. Cost: O(log).
    virtual bool has_origin(ClientId origin) = 0;
    /// The one of these for the mutation `id`; the latest, if there are several.
    virtual std::optional<DecidedAs> decided_as(ClientId origin, MutationId id) = 0;

    virtual void save_client(ClientId client, const ClientState& state) = 0;
    /// `receipts` ascend, and follow on all that are there. Needs `save_client` before.
    virtual void add_receipts(ClientId client, std::span<const Receipt> receipts) = 0;
    /// Notes that the mutation of this receipt of `client` was made under `origin`, another client
    /// id. Needs `save_client` before.
    virtual void add_origin(ClientId client, ClientId origin, const Receipt& receipt) = 0;
    virtual void add_rejection(ClientId client, const Rejection& rejection) = 0;
    /// Drops receipts, and the rejections and origins that go with them, up to `up_to`; may keep
    /// some longer.
    virtual void forget_outcomes(ClientId client, Sequence up_to) = 0;

    virtual void save_tally(EntityNumber entity, const Tally& tally) = 0;
    virtual void save_head(Cursor head) = 0;

    /// Remembers when the head was reached, for `cursor_at`; once an hour is enough.
    virtual void note_time(Cursor head, WallTime now) = 0;
    /// The last head known to have been reached at `time` or before; 0: none.
    virtual Cursor cursor_at(WallTime time) = 0;
    /// Deletes tombstones with a cursor below `below` and remembers that.
    virtual void purge(Cursor below) = 0;

    /// Makes it durable. Throws: `StorageError`; nothing was changed then.
    virtual void commit() = 0;
};

/// All scopes of one server history. Thread-safety: any thread.
class Authority {
public:
    virtual ~Authority() = default;

    virtual Epoch epoch() const = 0;

    /// Numbers for `names`, the same for ever. Called once, before anything else.
    virtual std::vector<EntityNumber> register_entities(
        const std::vector<std::string_view>& names) = 0;

    virtual std::unique_ptr<ScopeReader> begin_read(std::string_view scope) = 0;
    /// Blocks while another thread writes this scope. Cursors become visible in their order.
    virtual std::unique_ptr<ScopeWriter> begin_write(std::string_view scope) = 0;

    /// Names of the scopes there are.
    virtual std::vector<std::string> scopes() = 0;
};

}  // namespace syncline::server
