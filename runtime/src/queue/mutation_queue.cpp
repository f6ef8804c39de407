#include "syncline/queue/mutation_queue.hpp"

#include <limits>

namespace syncline {
namespace {

constexpr const char* kTables[] = {
    "CREATE TABLE queue (scope INTEGER NOT NULL, sequence INTEGER NOT NULL, id INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, tx INTEGER NOT NULL, base INTEGER NOT NULL,"
    " made_at INTEGER NOT NULL, entity TEXT NOT NULL, key TEXT NOT NULL, payload BLOB,"
    " ticket INTEGER, origin_high INTEGER, origin_low INTEGER,"
    " PRIMARY KEY (scope, sequence)) WITHOUT ROWID",
    // Almost always empty, and then free: whether a rebase must replay everything.
    "CREATE INDEX queue_named ON queue (scope) WHERE kind = 3",
    "CREATE TABLE touched (scope INTEGER NOT NULL, sequence INTEGER NOT NULL,"
    " entity TEXT NOT NULL, key TEXT NOT NULL,"
    " PRIMARY KEY (scope, sequence, entity, key)) WITHOUT ROWID",
    "CREATE TABLE rejected (scope INTEGER NOT NULL, id INTEGER NOT NULL,"
    " sequence INTEGER NOT NULL, kind INTEGER NOT NULL, entity TEXT NOT NULL, key TEXT NOT NULL,"
    " payload BLOB NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL, server_row BLOB NOT NULL,"
    " made_at INTEGER NOT NULL, PRIMARY KEY (scope, id)) WITHOUT ROWID",
};

constexpr const char* kTracked =
    "CREATE TABLE tracked (number INTEGER PRIMARY KEY, scope INTEGER NOT NULL,"
    " id INTEGER NOT NULL, state INTEGER NOT NULL, cursor INTEGER NOT NULL, code TEXT NOT NULL,"
    " reason TEXT NOT NULL, UNIQUE (scope, id))";

constexpr std::string_view kSelectRange =
    "SELECT sequence, id, kind, tx, base, made_at, entity, key, payload, ticket,"
    " origin_high, origin_low"
    " FROM queue WHERE scope = ?1 AND sequence >= ?2 AND sequence <= ?3 ORDER BY sequence";
// Another text, so that one entry can be looked up while a range is gone through.
constexpr std::string_view kSelectOne =
    "SELECT sequence, id, kind, tx, base, made_at, entity, key, payload, ticket,"
    " origin_high, origin_low"
    " FROM queue WHERE scope = ?1 AND sequence >= ?2 ORDER BY sequence LIMIT 1";

QueueEntry read_entry(const Statement& row) {
    QueueEntry entry;
    entry.sequence = Sequence{row.unsigned_integer(0)};
    entry.id = MutationId{row.unsigned_integer(1)};
    entry.kind = static_cast<MutationKind>(row.integer(2));
    entry.transaction = Sequence{row.unsigned_integer(3)};
    entry.base = Cursor{row.unsigned_integer(4)};
    entry.made_at = WallTime(std::chrono::microseconds(row.integer(5)));
    entry.entity = row.text(6);
    entry.key = row.text(7);
    if (!row.is_null(8)) entry.payload = to_bytes(row.blob(8));
    entry.ticket = row.is_null(9) ? entry.id : MutationId{row.unsigned_integer(9)};
    if (!row.is_null(10)) {
        entry.origin = ClientId{{row.unsigned_integer(10), row.unsigned_integer(11)}};
    }
    return entry;
}

// SQLite compares as signed; no client makes that many mutations.
std::int64_t bound(Sequence sequence) {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    return sequence.value > static_cast<std::uint64_t>(most)
               ? most
               : static_cast<std::int64_t>(sequence.value);
}

std::optional<QueueEntry> first_from(Connection& connection, std::int64_t scope,
                                     Sequence sequence) {
    StatementUse row(connection.prepare(kSelectOne));
    if (!row->bind(1, scope).bind(2, bound(sequence)).step()) return std::nullopt;
    return read_entry(*row);
}

void give_number(Connection& connection, std::int64_t scope, Sequence old, Sequence sequence,
                 Sequence transaction) {
    connection.prepare("UPDATE queue SET sequence = ?3, tx = ?4 WHERE scope = ?1 AND sequence = ?2")
        .bind(1, scope)
        .bind(2, old.value)
        .bind(3, sequence.value)
        .bind(4, transaction.value)
        .run();
    connection.prepare("UPDATE touched SET sequence = ?3 WHERE scope = ?1 AND sequence = ?2")
        .bind(1, scope)
        .bind(2, old.value)
        .bind(3, sequence.value)
        .run();
}

}  // namespace

void create_queue_tables(Connection& connection) {
    for (const char* sql : kTables) connection.execute(sql);
    connection.execute(kTracked);
}

void migrate_queue_tables(Connection& connection, std::uint32_t from) {
    if (from < 2) connection.execute("ALTER TABLE queue ADD COLUMN ticket INTEGER");
    if (from < 2) connection.execute(kTracked);
    // Each scope numbers its own; see tracked_writes.cpp.
    if (from == 2) connection.execute("UPDATE tracked SET number = (scope << 32) | number");
    connection.execute("ALTER TABLE queue ADD COLUMN origin_high INTEGER");
    connection.execute("ALTER TABLE queue ADD COLUMN origin_low INTEGER");
}

void MutationQueue::append(Connection& connection, const Mutation& mutation, Sequence transaction,
                           bool payload_in_row) const {
    StatementUse row(connection.prepare(
        "INSERT INTO queue (scope, sequence, id, kind, tx, base, made_at, entity, key, payload)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"));
    row->bind(1, scope_).bind(2, mutation.sequence.value).bind(3, mutation.id.value);
    row->bind(4, static_cast<int>(mutation.kind)).bind(5, transaction.value);
    row->bind(6, mutation.base.value);
    row->bind(7, std::int64_t{mutation.time.time_since_epoch().count()});
    row->bind(8, mutation.entity).bind(9, mutation.key);
    const bool has_payload = mutation.kind != MutationKind::remove && !payload_in_row;
    if (has_payload) row->bind(10, mutation.payload);
    row->run();
}

void MutationQueue::set_payload(Connection& connection, Sequence sequence, ByteView payload) const {
    connection.prepare("UPDATE queue SET payload = ?3 WHERE scope = ?1 AND sequence = ?2")
        .bind(1, scope_)
        .bind(2, sequence.value)
        .bind(3, payload)
        .run();
}

void MutationQueue::replace(Connection& connection, Sequence sequence, MutationId id,
                            ByteView payload, WallTime time) const {
    StatementUse row(connection.prepare(
        "UPDATE queue SET ticket = coalesce(ticket, id), id = ?3, payload = ?4, made_at = ?5"
        " WHERE scope = ?1 AND sequence = ?2"));
    row->bind(1, scope_).bind(2, sequence.value).bind(3, id.value).bind(4, payload);
    row->bind(5, std::int64_t{time.time_since_epoch().count()});
    row->run();
}

void MutationQueue::for_each(Connection& connection, Sequence first, Sequence last,
                             const std::function<bool(const QueueEntry&)>& visit) const {
    StatementUse row(connection.prepare(kSelectRange));
    row->bind(1, scope_).bind(2, bound(first)).bind(3, bound(last));
    while (row->step()) {
        if (!visit(read_entry(*row))) return;
    }
}

std::optional<QueueEntry> MutationQueue::find(Connection& connection, Sequence sequence) const {
    auto found = first_from(connection, scope_, sequence);
    if (found && found->sequence != sequence) found.reset();
    return found;
}

std::optional<QueueEntry> MutationQueue::find_ticket(Connection& connection,
                                                     MutationId ticket) const {
    StatementUse row(connection.prepare(
        "SELECT sequence FROM queue WHERE scope = ?1 AND coalesce(ticket, id) = ?2"));
    if (!row->bind(1, scope_).bind(2, ticket.value).step()) return std::nullopt;
    return find(connection, Sequence{row->unsigned_integer(0)});
}

std::optional<QueueEntry> MutationQueue::next(Connection& connection, Sequence sequence) const {
    return first_from(connection, scope_, Sequence{sequence.value + 1});
}

void MutationQueue::for_each_key(
    Connection& connection,
    const std::function<void(Sequence, std::string_view, std::string_view)>& visit) const {
    StatementUse row(connection.prepare(
        "SELECT sequence, entity, key FROM queue WHERE scope = ? ORDER BY sequence"));
    row->bind(1, scope_);
    while (row->step()) visit(Sequence{row->unsigned_integer(0)}, row->text(1), row->text(2));
}

std::vector<Sequence> MutationQueue::concerning(Connection& connection, std::string_view entity,
                                                std::string_view key) const {
    std::vector<Sequence> result;
    StatementUse row(connection.prepare(
        "SELECT sequence FROM queue WHERE scope = ?1 AND entity = ?2 AND key = ?3 AND kind <> 3"
        " UNION SELECT sequence FROM touched WHERE scope = ?1 AND entity = ?2 AND key = ?3"
        " ORDER BY sequence"));
    row->bind(1, scope_).bind(2, entity).bind(3, key);
    while (row->step()) result.push_back(Sequence{row->unsigned_integer(0)});
    return result;
}

std::uint64_t MutationQueue::count(Connection& connection, Sequence first, Sequence last) const {
    StatementUse rows(connection.prepare(
        "SELECT count(*) FROM queue WHERE scope = ?1 AND sequence >= ?2 AND sequence <= ?3"));
    rows->bind(1, scope_).bind(2, bound(first)).bind(3, bound(last)).step();
    return rows->unsigned_integer(0);
}

Sequence MutationQueue::last(Connection& connection) const {
    StatementUse row(connection.prepare("SELECT max(sequence) FROM queue WHERE scope = ?"));
    row->bind(1, scope_).step();
    return Sequence{row->unsigned_integer(0)};
}

bool MutationQueue::has_named(Connection& connection) const {
    StatementUse row(
        connection.prepare("SELECT 1 FROM queue WHERE scope = ? AND kind = 3 LIMIT 1"));
    return row->bind(1, scope_).step();
}

std::uint64_t MutationQueue::count_named(Connection& connection) const {
    StatementUse row(connection.prepare("SELECT count(*) FROM queue WHERE scope = ? AND kind = 3"));
    row->bind(1, scope_).step();
    return row->unsigned_integer(0);
}

void MutationQueue::erase(Connection& connection, Sequence sequence) const {
    for (const char* sql : {"DELETE FROM queue WHERE scope = ? AND sequence = ?",
                            "DELETE FROM touched WHERE scope = ? AND sequence = ?"}) {
        connection.prepare(sql).bind(1, scope_).bind(2, sequence.value).run();
    }
}

void MutationQueue::erase_to(Connection& connection, Sequence last) const {
    for (const char* sql : {"DELETE FROM queue WHERE scope = ? AND sequence <= ?",
                            "DELETE FROM touched WHERE scope = ? AND sequence <= ?"}) {
        connection.prepare(sql).bind(1, scope_).bind(2, bound(last)).run();
    }
}

Sequence MutationQueue::renumber(
    Connection& connection, ClientId former,
    const std::function<void(const QueueEntry&, Sequence)>& renamed) const {
    connection
        .prepare(
            "UPDATE queue SET origin_high = ?2, origin_low = ?3"
            " WHERE scope = ?1 AND origin_high IS NULL")
        .bind(1, scope_)
        .bind(2, former.high)
        .bind(3, former.low)
        .run();
    // A new number is never larger than the old one, nor in use: those before it are renamed.
    Sequence number;
    Sequence transaction;
    Sequence old_transaction;
    auto entry = first_from(connection, scope_, Sequence{1});
    while (entry) {
        ++number.value;
        if (entry->transaction != old_transaction) transaction = number;
        old_transaction = entry->transaction;
        give_number(connection, scope_, entry->sequence, number, transaction);
        renamed(*entry, number);
        entry = first_from(connection, scope_, Sequence{entry->sequence.value + 1});
    }
    return number;
}

bool MutationQueue::touch(Connection& connection, Sequence sequence, std::string_view entity,
                          std::string_view key) const {
    StatementUse row(connection.prepare("INSERT OR IGNORE INTO touched VALUES (?, ?, ?, ?)"));
    row->bind(1, scope_).bind(2, sequence.value).bind(3, entity).bind(4, key);
    return row->run() > 0;
}

void MutationQueue::for_each_touched(
    Connection& connection,
    const std::function<void(std::string_view, std::string_view)>& visit) const {
    StatementUse row(
        connection.prepare("SELECT DISTINCT entity, key FROM touched WHERE scope = ?"));
    row->bind(1, scope_);
    while (row->step()) visit(row->text(0), row->text(1));
}

void MutationQueue::for_each_touch(
    Connection& connection,
    const std::function<void(Sequence, std::string_view, std::string_view)>& visit) const {
    StatementUse row(
        connection.prepare("SELECT sequence, entity, key FROM touched WHERE scope = ? ORDER BY "
                           "sequence, entity, key"));
    row->bind(1, scope_);
    while (row->step()) visit(Sequence{row->unsigned_integer(0)}, row->text(1), row->text(2));
}

void MutationQueue::forget_touched(Connection& connection) const {
    connection.prepare("DELETE FROM touched WHERE scope = ?").bind(1, scope_).run();
}

}  // namespace syncline
