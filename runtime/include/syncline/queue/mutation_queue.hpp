#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "syncline/base/ids.hpp"
#include "syncline/protocol/messages.hpp"
#include "syncline/storage/database.hpp"

namespace syncline {

/// Makes the queue's and the rejections' tables.
void create_queue_tables(Connection& connection);
/// Brings them up to date from format `from`.
void migrate_queue_tables(Connection& connection, std::uint32_t from);

/// A mutation as it waits in the queue.
struct QueueEntry {
    Sequence sequence;
    MutationId id;      ///< as it is sent
    MutationId ticket;  ///< as the application knows it: `id`, until patches are joined
    MutationKind kind = MutationKind::create;
    std::string entity;
    std::string key;
    /// None: a remove, or a create whose payload is the data of the row that it made.
    std::optional<Bytes> payload;
    Cursor base;
    WallTime made_at;
    Sequence transaction;  ///< first sequence of the transaction it belongs to
    ClientId origin;       ///< under which it was made; zero: the present one

    bool payload_is_in_row() const { return kind == MutationKind::create && !payload; }
};

/// The mutations of one scope that the base does not include yet, in the order they were made.
///
/// Nothing of the table is cached: a rollback would leave the copy ahead of the file.
/// Thread-safety: immutable; the connections passed in are used by one thread at a time.
class MutationQueue {
public:
    explicit MutationQueue(std::int64_t scope) : scope_(scope) {}

    /// Adds `mutation` at the end; its payload is not kept if `payload_in_row`.
    void append(Connection& connection, const Mutation& mutation, Sequence transaction,
                bool payload_in_row) const;

    /// Gives a create the payload that was in its row until now.
    void set_payload(Connection& connection, Sequence sequence, ByteView payload) const;

    /// Makes the update `sequence` be `payload`, which does what it did and more. It is another
    /// mutation to the server from now on, and keeps its ticket.
    void replace(Connection& connection, Sequence sequence, MutationId id, ByteView payload,
                 WallTime time) const;

    /// Calls `visit` for the entries in [first, last], oldest first, until it returns false.
    void for_each(Connection& connection, Sequence first, Sequence last,
                  const std::function<bool(const QueueEntry&)>& visit) const;
    std::optional<QueueEntry> find(Connection& connection, Sequence sequence) const;
    /// Cost: O(queue).
    std::optional<QueueEntry> find_ticket(Connection& connection, MutationId ticket) const;
    /// The oldest entry after `sequence`; the queue may be written between two calls.
    std::optional<QueueEntry> next(Connection& connection, Sequence sequence) const;
    /// Calls `visit` with the row that each entry concerns; a named mutation has no key.
    void for_each_key(Connection& connection,
                      const std::function<void(Sequence, std::string_view entity,
                                               std::string_view key)>& visit) const;

    /// The entries that concern a row, oldest first, predictions of named ones included.
    /// Cost: O(queue).
    std::vector<Sequence> concerning(Connection& connection, std::string_view entity,
                                     std::string_view key) const;

    std::uint64_t count(Connection& connection, Sequence first, Sequence last) const;
    /// Of the newest entry; 0 if the queue is empty.
    Sequence last(Connection& connection) const;
    bool has_named(Connection& connection) const;
    /// Cost: O(named mutations).
    std::uint64_t count_named(Connection& connection) const;

    void erase(Connection& connection, Sequence sequence) const;
    /// Erases the entries up to `last`, and what they touched.
    void erase_to(Connection& connection, Sequence last) const;

    /// Numbers the entries from 1 on, in order, and calls `renamed` for each. Those made under the
    /// client id that ends, `former`, keep it as their origin. Returns the last number given.
    Sequence renumber(Connection& connection, ClientId former,
                      const std::function<void(const QueueEntry&, Sequence)>& renamed) const;

    // --- Rows that the predictions of named mutations changed -----------------------------------

    /// Notes that the named mutation `sequence` changed a row; false if that was known.
    bool touch(Connection& connection, Sequence sequence, std::string_view entity,
               std::string_view key) const;
    void for_each_touched(
        Connection& connection,
        const std::function<void(std::string_view entity, std::string_view key)>& visit) const;
    /// Calls `visit` for each row that each named mutation changed, in order.
    void for_each_touch(Connection& connection,
                        const std::function<void(Sequence, std::string_view entity,
                                                 std::string_view key)>& visit) const;
    void forget_touched(Connection& connection) const;

private:
    std::int64_t scope_;
};

}  // namespace syncline
