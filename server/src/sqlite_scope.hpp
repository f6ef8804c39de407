#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "syncline/server/authority.hpp"
#include "syncline/storage/database.hpp"

namespace syncline::server {

/// Names of entities by number; complete before the first transaction and constant from then on.
class EntityNames {
public:
    void add(EntityNumber number, std::string name);
    /// Throws: `StorageError` for a number that is not known: the file does not hold together.
    std::string_view name(EntityNumber number) const;

private:
    std::vector<std::string> names_;
};

/// The SQL of one scope, over a connection that some transaction lends.
class SqliteScope {
public:
    SqliteScope(Connection& connection, const EntityNames& names, std::string_view scope);

    ScopeState state();
    ClientState client(ClientId client);
    Tally tally(EntityNumber entity);
    std::vector<std::pair<EntityNumber, Tally>> tallies();
    void scan(RowPosition after, const ScopeReader::RowVisitor& visit);
    void scan_entity(EntityNumber entity, std::string_view after,
                     const ScopeReader::RowVisitor& visit);
    std::uint64_t count_after(Cursor after, std::uint64_t limit);
    void rejections(ClientId client, Sequence after, Sequence up_to,
                    const ScopeReader::RejectionVisitor& visit);

    bool find(EntityNumber entity, std::string_view key, StoredRow& row);
    void put(EntityNumber entity, std::string_view key, const RowWrite& row);
    std::vector<Receipt> receipts(ClientId client, Sequence first, Sequence last);
    bool has_origin(ClientId origin);
    std::optional<DecidedAs> decided_as(ClientId origin, MutationId id);
    void save_client(ClientId client, const ClientState& state);
    void add_receipts(ClientId client, std::span<const Receipt> receipts);
    void add_origin(ClientId client, ClientId origin, const Receipt& receipt);
    void add_rejection(ClientId client, const Rejection& rejection);
    void forget_outcomes(ClientId client, Sequence up_to);
    void save_tally(EntityNumber entity, const Tally& tally);
    void save_head(Cursor head);
    void note_time(Cursor head, WallTime now);
    Cursor cursor_at(WallTime time);
    void purge(Cursor below);

    /// Writes the counters that are kept in memory during a transaction.
    void flush();

private:
    std::optional<std::int64_t> client_number(ClientId client);
    void add_receipt_block(std::int64_t client, std::span<const Receipt> block);
    /// Visits the rest of what `statement` selects; false: `visit` wants no more.
    bool scan_with(Statement& statement, const ScopeReader::RowVisitor& visit);
    void make_scope();

    Connection& connection_;
    const EntityNames& names_;
    std::string_view name_;
    std::int64_t scope_ = 0;  // 0: not in the file yet
    ScopeState state_;
    bool state_changed_ = false;
};

}  // namespace syncline::server
