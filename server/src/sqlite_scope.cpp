#include "sqlite_scope.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "syncline/base/error.hpp"

namespace syncline::server {
namespace {

// Ids of mutations without a gap in their sequences are kept in blocks of this many.
constexpr std::size_t kReceiptBlock = 1024;

constexpr std::int64_t kMomentDistance = 3'600'000'000;  // microseconds: an hour

std::int64_t microseconds(WallTime time) {
    return time.time_since_epoch().count();
}

std::uint64_t load_id(const std::uint8_t* data) {
    std::uint64_t value = 0;
    for (int i = 7; i >= 0; --i) value = value << 8 | data[i];
    return value;
}

Bytes pack_ids(std::span<const Receipt> receipts) {
    Bytes ids;
    ids.reserve(receipts.size() * 8);
    for (const Receipt& receipt : receipts) {
        for (int shift = 0; shift < 64; shift += 8) {
            ids.push_back(static_cast<std::uint8_t>(receipt.id.value >> shift));
        }
    }
    return ids;
}

std::optional<ByteView> optional_blob(const Statement& statement, int column) {
    if (statement.is_null(column)) return std::nullopt;
    return statement.blob(column);
}

Tally tally_in(const Statement& row) {
    return {{row.unsigned_integer(1), row.unsigned_integer(2)},
            row.unsigned_integer(0),
            row.unsigned_integer(3)};
}

void bind_optional(Statement& statement, int index, std::optional<ByteView> data) {
    if (data) {
        statement.bind(index, *data);
    } else {
        statement.bind_null(index);
    }
}

}  // namespace

void EntityNames::add(EntityNumber number, std::string name) {
    constexpr EntityNumber kNumberMax = 1 << 20;
    if (number > kNumberMax) {
        throw StorageError(ErrorCode::database_damaged,
                           "entity " + name + " has an impossible number");
    }
    if (number >= names_.size()) names_.resize(number + 1);
    names_[number] = std::move(name);
}

std::string_view EntityNames::name(EntityNumber number) const {
    if (number >= names_.size() || names_[number].empty()) {
        throw StorageError(ErrorCode::database_damaged, "a row of entity number " +
                                                            std::to_string(number) +
                                                            ", which the database does not name");
    }
    return names_[number];
}

SqliteScope::SqliteScope(Connection& connection, const EntityNames& names, std::string_view scope)
    : connection_(connection), names_(names), name_(scope) {
    StatementUse find(
        connection_.prepare("SELECT scope, head, purged_below, stored FROM scope WHERE name = ?1"));
    find->bind(1, scope);
    if (!find->step()) return;
    scope_ = find->integer(0);
    state_.head = Cursor{find->unsigned_integer(1)};
    state_.purged_below = Cursor{find->unsigned_integer(2)};
    state_.rows = find->unsigned_integer(3);
}

ScopeState SqliteScope::state() {
    return state_;
}

std::optional<std::int64_t> SqliteScope::client_number(ClientId client) {
    StatementUse find(connection_.prepare(
        "SELECT client FROM client WHERE scope = ?1 AND id_high = ?2 AND id_low = ?3"));
    find->bind(1, scope_).bind(2, client.high).bind(3, client.low);
    if (!find->step()) return std::nullopt;
    return find->integer(0);
}

ClientState SqliteScope::client(ClientId client) {
    StatementUse find(
        connection_.prepare("SELECT last_sequence, last_id FROM client "
                            "WHERE scope = ?1 AND id_high = ?2 AND id_low = ?3"));
    find->bind(1, scope_).bind(2, client.high).bind(3, client.low);
    if (!find->step()) return {};
    return {Sequence{find->unsigned_integer(0)}, MutationId{find->unsigned_integer(1)}};
}

Tally SqliteScope::tally(EntityNumber entity) {
    StatementUse find(
        connection_.prepare("SELECT live, hash_high, hash_low, bytes FROM tally "
                            "WHERE scope = ?1 AND entity = ?2"));
    find->bind(1, scope_).bind(2, std::int64_t{entity});
    if (!find->step()) return {};
    return tally_in(*find);
}

std::vector<std::pair<EntityNumber, Tally>> SqliteScope::tallies() {
    std::vector<std::pair<EntityNumber, Tally>> all;
    StatementUse find(
        connection_.prepare("SELECT live, hash_high, hash_low, bytes, entity FROM tally "
                            "WHERE scope = ?1 ORDER BY entity"));
    find->bind(1, scope_);
    while (find->step()) {
        all.emplace_back(static_cast<EntityNumber>(find->integer(4)), tally_in(*find));
    }
    return all;
}

bool SqliteScope::scan_with(Statement& statement, const ScopeReader::RowVisitor& visit) {
    while (statement.step()) {
        ScannedRow row;
        row.position = {Cursor{statement.unsigned_integer(0)}, statement.unsigned_integer(1)};
        row.entity = names_.name(static_cast<EntityNumber>(statement.integer(2)));
        row.key = statement.text(3);
        row.data = optional_blob(statement, 4);
        if (!visit(row)) return false;
    }
    return true;
}

void SqliteScope::scan(RowPosition after, const ScopeReader::RowVisitor& visit) {
    if (after.place != 0) {
        StatementUse rest(
            connection_.prepare("SELECT cursor, place, entity, id, data FROM entity_row "
                                "WHERE scope = ?1 AND cursor = ?2 AND place > ?3 ORDER BY place"));
        rest->bind(1, scope_).bind(2, after.cursor.value).bind(3, after.place);
        if (!scan_with(*rest, visit)) return;
    }
    StatementUse later(
        connection_.prepare("SELECT cursor, place, entity, id, data FROM entity_row "
                            "WHERE scope = ?1 AND cursor > ?2 ORDER BY cursor, place"));
    later->bind(1, scope_).bind(2, after.cursor.value);
    scan_with(*later, visit);
}

void SqliteScope::scan_entity(EntityNumber entity, std::string_view after,
                              const ScopeReader::RowVisitor& visit) {
    StatementUse rows(
        connection_.prepare("SELECT cursor, place, entity, id, data FROM entity_row "
                            "WHERE scope = ?1 AND entity = ?2 AND id > ?3 ORDER BY id"));
    rows->bind(1, scope_).bind(2, std::int64_t{entity}).bind(3, after);
    scan_with(*rows, visit);
}

std::uint64_t SqliteScope::count_after(Cursor after, std::uint64_t limit) {
    StatementUse count(
        connection_.prepare("SELECT count(*) FROM (SELECT 1 FROM entity_row WHERE scope = ?1 AND "
                            "cursor > ?2 LIMIT ?3)"));
    count->bind(1, scope_).bind(2, after.value).bind(3, limit);
    return count->step() ? count->unsigned_integer(0) : 0;
}

void SqliteScope::rejections(ClientId client, Sequence after, Sequence up_to,
                             const ScopeReader::RejectionVisitor& visit) {
    const auto number = client_number(client);
    if (!number) return;
    StatementUse find(
        connection_.prepare("SELECT sequence, code, reason, data FROM rejection "
                            "WHERE client = ?1 AND sequence > ?2 AND sequence <= ?3 "
                            "ORDER BY sequence"));
    find->bind(1, *number).bind(2, after.value).bind(3, up_to.value);
    while (find->step()) {
        visit({.sequence = Sequence{find->unsigned_integer(0)},
               .code = find->text(1),
               .reason = find->text(2),
               .row = find->blob(3)});
    }
}

bool SqliteScope::find(EntityNumber entity, std::string_view key, StoredRow& row) {
    row = {};
    if (scope_ == 0) return false;
    StatementUse find(
        connection_.prepare("SELECT place, cursor, created, writer, others, data "
                            "FROM entity_row WHERE scope = ?1 AND entity = ?2 AND id = ?3"));
    find->bind(1, scope_).bind(2, std::int64_t{entity}).bind(3, key);
    if (!find->step()) return false;
    row.place = find->unsigned_integer(0);
    row.cursor = Cursor{find->unsigned_integer(1)};
    row.created = Cursor{find->unsigned_integer(2)};
    row.writer = find->unsigned_integer(3);
    row.others = Cursor{find->unsigned_integer(4)};
    if (const auto data = optional_blob(*find, 5)) {
        row.live = true;
        row.data.assign(data->begin(), data->end());
    }
    return true;
}

void SqliteScope::make_scope() {
    if (scope_ != 0) return;
    StatementUse insert(connection_.prepare(
        "INSERT INTO scope (name, head, purged_below, stored) VALUES (?1, 0, 0, 0)"));
    insert->bind(1, name_);
    insert->run();
    StatementUse find(connection_.prepare("SELECT scope FROM scope WHERE name = ?1"));
    find->bind(1, name_);
    find->step();
    scope_ = find->integer(0);
}

void SqliteScope::put(EntityNumber entity, std::string_view key, const RowWrite& row) {
    make_scope();
    if (row.place != 0) {
        StatementUse update(connection_.prepare(
            "UPDATE entity_row SET cursor = ?2, created = ?3, writer = ?4, others = ?5, data = ?6 "
            "WHERE place = ?1"));
        update->bind(1, row.place).bind(2, row.cursor.value).bind(3, row.created.value);
        update->bind(4, row.writer).bind(5, row.others.value);
        bind_optional(*update, 6, row.data);
        update->run();
        return;
    }
    StatementUse insert(
        connection_.prepare("INSERT INTO entity_row "
                            "(scope, entity, id, cursor, created, writer, others, data) "
                            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"));
    insert->bind(1, scope_).bind(2, std::int64_t{entity}).bind(3, key);
    insert->bind(4, row.cursor.value).bind(5, row.created.value);
    insert->bind(6, row.writer).bind(7, row.others.value);
    bind_optional(*insert, 8, row.data);
    insert->run();
    ++state_.rows;
    state_changed_ = true;
}

std::vector<Receipt> SqliteScope::receipts(ClientId client, Sequence first, Sequence last) {
    std::vector<Receipt> result;
    const auto number = client_number(client);
    if (!number) return result;
    StatementUse find(
        connection_.prepare("SELECT first_sequence, ids FROM receipt "
                            "WHERE client = ?1 AND last_sequence >= ?2 AND first_sequence <= ?3 "
                            "ORDER BY last_sequence"));
    find->bind(1, *number).bind(2, first.value).bind(3, last.value);
    while (find->step()) {
        Sequence sequence{find->unsigned_integer(0)};
        const ByteView ids = find->blob(1);
        for (std::size_t at = 0; at + 8 <= ids.size(); at += 8, ++sequence.value) {
            if (sequence < first || sequence > last) continue;
            result.push_back({sequence, MutationId{load_id(ids.data() + at)}});
        }
    }
    return result;
}

bool SqliteScope::has_origin(ClientId origin) {
    StatementUse find(
        connection_.prepare("SELECT 1 FROM origin_receipt "
                            "WHERE scope = ?1 AND origin_high = ?2 AND origin_low = ?3 LIMIT 1"));
    return find->bind(1, scope_).bind(2, origin.high).bind(3, origin.low).step();
}

std::optional<DecidedAs> SqliteScope::decided_as(ClientId origin, MutationId id) {
    StatementUse find(connection_.prepare(
        "SELECT id_high, id_low, sequence FROM origin_receipt JOIN client USING (client) "
        "WHERE origin_receipt.scope = ?1 AND origin_high = ?2 AND origin_low = ?3 AND id = ?4"));
    find->bind(1, scope_).bind(2, origin.high).bind(3, origin.low).bind(4, id.value);
    if (!find->step()) return std::nullopt;
    return DecidedAs{ClientId{{find->unsigned_integer(0), find->unsigned_integer(1)}},
                     Sequence{find->unsigned_integer(2)}};
}

void SqliteScope::save_client(ClientId client, const ClientState& state) {
    make_scope();
    StatementUse save(
        connection_.prepare("INSERT INTO client (scope, id_high, id_low, last_sequence, last_id) "
                            "VALUES (?1, ?2, ?3, ?4, ?5) "
                            "ON CONFLICT (scope, id_high, id_low) DO UPDATE SET "
                            "last_sequence = ?4, last_id = ?5"));
    save->bind(1, scope_).bind(2, client.high).bind(3, client.low);
    save->bind(4, state.last.value).bind(5, state.last_id.value);
    save->run();
}

void SqliteScope::add_receipt_block(std::int64_t client, std::span<const Receipt> block) {
    const Bytes ids = pack_ids(block);
    StatementUse insert(
        connection_.prepare("INSERT INTO receipt (client, last_sequence, first_sequence, ids) "
                            "VALUES (?1, ?2, ?3, ?4)"));
    insert->bind(1, client)
        .bind(2, block.back().sequence.value)
        .bind(3, block.front().sequence.value)
        .bind(4, ByteView(ids));
    insert->run();
}

void SqliteScope::add_receipts(ClientId client, std::span<const Receipt> receipts) {
    const auto number = client_number(client);
    SYNCLINE_ASSERT(number.has_value(), "receipts of a client that was not saved");
    while (!receipts.empty()) {
        std::size_t size = 1;
        while (size < receipts.size() && size < kReceiptBlock &&
               receipts[size].sequence.value == receipts[size - 1].sequence.value + 1) {
            ++size;
        }
        add_receipt_block(*number, receipts.first(size));
        receipts = receipts.subspan(size);
    }
}

void SqliteScope::add_origin(ClientId client, ClientId origin, const Receipt& receipt) {
    const auto number = client_number(client);
    SYNCLINE_ASSERT(number.has_value(), "an origin for a client that was not saved");
    StatementUse insert(connection_.prepare(
        "INSERT OR REPLACE INTO origin_receipt "
        "(scope, origin_high, origin_low, id, client, sequence) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
    insert->bind(1, scope_).bind(2, origin.high).bind(3, origin.low).bind(4, receipt.id.value);
    insert->bind(5, *number).bind(6, receipt.sequence.value);
    insert->run();
}

void SqliteScope::add_rejection(ClientId client, const Rejection& rejection) {
    const auto number = client_number(client);
    SYNCLINE_ASSERT(number.has_value(), "a rejection of a client that was not saved");
    StatementUse insert(
        connection_.prepare("INSERT INTO rejection (client, sequence, code, reason, data) "
                            "VALUES (?1, ?2, ?3, ?4, ?5)"));
    insert->bind(1, *number)
        .bind(2, rejection.sequence.value)
        .bind(3, rejection.code)
        .bind(4, rejection.reason);
    if (rejection.row.empty()) {
        insert->bind_null(5);
    } else {
        insert->bind(5, rejection.row);
    }
    insert->run();
}

void SqliteScope::forget_outcomes(ClientId client, Sequence up_to) {
    const auto number = client_number(client);
    if (!number) return;
    // Whole blocks only, and rejections as far as receipts: a receipt without its rejection would
    // turn "rejected" into "applied" when it is repeated.
    std::int64_t forgotten = 0;
    {
        StatementUse find(
            connection_.prepare("SELECT max(last_sequence) FROM receipt "
                                "WHERE client = ?1 AND last_sequence <= ?2"));
        find->bind(1, *number).bind(2, up_to.value);
        if (!find->step() || find->is_null(0)) return;
        forgotten = find->integer(0);
    }
    for (const char* sql : {"DELETE FROM receipt WHERE client = ?1 AND last_sequence <= ?2",
                            "DELETE FROM rejection WHERE client = ?1 AND sequence <= ?2",
                            "DELETE FROM origin_receipt WHERE client = ?1 AND sequence <= ?2"}) {
        StatementUse remove(connection_.prepare(sql));
        remove->bind(1, *number).bind(2, forgotten);
        remove->run();
    }
}

void SqliteScope::save_tally(EntityNumber entity, const Tally& tally) {
    make_scope();
    StatementUse save(connection_.prepare(
        "INSERT INTO tally (scope, entity, live, hash_high, hash_low, bytes) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (scope, entity) DO UPDATE SET "
        "live = ?3, hash_high = ?4, hash_low = ?5, bytes = ?6"));
    save->bind(1, scope_).bind(2, std::int64_t{entity}).bind(3, tally.rows);
    save->bind(4, tally.hash.high).bind(5, tally.hash.low).bind(6, tally.bytes);
    save->run();
}

void SqliteScope::save_head(Cursor head) {
    make_scope();
    state_.head = head;
    state_changed_ = true;
}

void SqliteScope::note_time(Cursor head, WallTime now) {
    make_scope();
    StatementUse insert(connection_.prepare(
        "INSERT INTO moment (scope, time, cursor) SELECT ?1, ?2, ?3 WHERE NOT EXISTS "
        "(SELECT 1 FROM moment WHERE scope = ?1 AND time > ?4)"));
    insert->bind(1, scope_).bind(2, microseconds(now)).bind(3, head.value);
    insert->bind(4, microseconds(now) - kMomentDistance);
    insert->run();
}

Cursor SqliteScope::cursor_at(WallTime time) {
    StatementUse find(
        connection_.prepare("SELECT max(cursor) FROM moment WHERE scope = ?1 AND time <= ?2"));
    find->bind(1, scope_).bind(2, microseconds(time));
    return find->step() ? Cursor{find->unsigned_integer(0)} : Cursor{};
}

void SqliteScope::purge(Cursor below) {
    if (scope_ == 0 || below <= state_.purged_below) return;
    StatementUse remove(connection_.prepare(
        "DELETE FROM entity_row WHERE scope = ?1 AND cursor < ?2 AND data IS NULL"));
    remove->bind(1, scope_).bind(2, below.value);
    state_.rows -= static_cast<std::uint64_t>(remove->run());
    StatementUse forget(connection_.prepare("DELETE FROM moment WHERE scope = ?1 AND cursor < ?2"));
    forget->bind(1, scope_).bind(2, below.value);
    forget->run();
    state_.purged_below = below;
    state_changed_ = true;
}

void SqliteScope::flush() {
    if (!state_changed_) return;
    StatementUse save(connection_.prepare(
        "UPDATE scope SET head = ?2, purged_below = ?3, stored = ?4 WHERE scope = ?1"));
    save->bind(1, scope_).bind(2, state_.head.value);
    save->bind(3, state_.purged_below.value).bind(4, state_.rows);
    save->run();
    state_changed_ = false;
}

}  // namespace syncline::server
