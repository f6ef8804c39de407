#include "syncline/server/sqlite_authority.hpp"

#include <utility>

#include "sqlite_scope.hpp"
#include "sqlite_tables.hpp"
#include "syncline/base/error.hpp"

namespace syncline::server {
namespace {

class SqliteReader final : public ScopeReader {
public:
    SqliteReader(ReadTransaction transaction, const EntityNames& names, std::string_view scope)
        : transaction_(std::move(transaction)), scope_(transaction_.connection(), names, scope) {}

    ScopeState state() override { return scope_.state(); }
    ClientState client(ClientId client) override { return scope_.client(client); }
    Tally tally(EntityNumber entity) override { return scope_.tally(entity); }
    std::vector<std::pair<EntityNumber, Tally>> tallies() override { return scope_.tallies(); }
    void scan(RowPosition after, const RowVisitor& visit) override { scope_.scan(after, visit); }
    void scan_entity(EntityNumber entity, std::string_view after,
                     const RowVisitor& visit) override {
        scope_.scan_entity(entity, after, visit);
    }
    std::uint64_t count_after(Cursor after, std::uint64_t limit) override {
        return scope_.count_after(after, limit);
    }
    void rejections(ClientId client, Sequence after, Sequence up_to,
                    const RejectionVisitor& visit) override {
        scope_.rejections(client, after, up_to, visit);
    }

private:
    ReadTransaction transaction_;
    SqliteScope scope_;
};

class SqliteWriter final : public ScopeWriter {
public:
    SqliteWriter(WriteTransaction transaction, const EntityNames& names, std::string_view scope)
        : transaction_(std::move(transaction)), scope_(transaction_.connection(), names, scope) {}

    ScopeState state() override { return scope_.state(); }
    ClientState client(ClientId client) override { return scope_.client(client); }
    Tally tally(EntityNumber entity) override { return scope_.tally(entity); }
    std::vector<std::pair<EntityNumber, Tally>> tallies() override { return scope_.tallies(); }
    void scan(RowPosition after, const RowVisitor& visit) override { scope_.scan(after, visit); }
    void scan_entity(EntityNumber entity, std::string_view after,
                     const RowVisitor& visit) override {
        scope_.scan_entity(entity, after, visit);
    }
    std::uint64_t count_after(Cursor after, std::uint64_t limit) override {
        return scope_.count_after(after, limit);
    }
    void rejections(ClientId client, Sequence after, Sequence up_to,
                    const RejectionVisitor& visit) override {
        scope_.rejections(client, after, up_to, visit);
    }

    bool find(EntityNumber entity, std::string_view key, StoredRow& row) override {
        return scope_.find(entity, key, row);
    }
    void put(EntityNumber entity, std::string_view key, const RowWrite& row) override {
        scope_.put(entity, key, row);
    }
    std::vector<Receipt> receipts(ClientId client, Sequence first, Sequence last) override {
        return scope_.receipts(client, first, last);
    }
    bool has_origin(ClientId origin) override { return scope_.has_origin(origin); }
    std::optional<DecidedAs> decided_as(ClientId origin, MutationId id) override {
        return scope_.decided_as(origin, id);
    }
    void save_client(ClientId client, const ClientState& state) override {
        scope_.save_client(client, state);
    }
    void add_receipts(ClientId client, std::span<const Receipt> receipts) override {
        scope_.add_receipts(client, receipts);
    }
    void add_origin(ClientId client, ClientId origin, const Receipt& receipt) override {
        scope_.add_origin(client, origin, receipt);
    }
    void add_rejection(ClientId client, const Rejection& rejection) override {
        scope_.add_rejection(client, rejection);
    }
    void forget_outcomes(ClientId client, Sequence up_to) override {
        scope_.forget_outcomes(client, up_to);
    }
    void save_tally(EntityNumber entity, const Tally& tally) override {
        scope_.save_tally(entity, tally);
    }
    void save_head(Cursor head) override { scope_.save_head(head); }
    void note_time(Cursor head, WallTime now) override { scope_.note_time(head, now); }
    Cursor cursor_at(WallTime time) override { return scope_.cursor_at(time); }
    void purge(Cursor below) override { scope_.purge(below); }
    void commit() override {
        scope_.flush();
        transaction_.commit();
    }

private:
    WriteTransaction transaction_;
    SqliteScope scope_;
};

DatabaseOptions database_options(const std::filesystem::path& path, Durability durability,
                                 Epoch epoch, const std::string& vfs) {
    DatabaseOptions options;
    options.path = path;
    options.vfs = vfs;
    options.application_id = kApplicationId;
    options.format_version = kFormatVersion;
    options.durability = durability;
    options.cache_bytes = 64 << 20;
    options.migrate = [](Connection& connection, std::uint32_t from) {
        if (from < 2) {
            for (const char* sql : kToFormat2) connection.execute(sql);
        }
        if (from < 3) connection.execute(kCreateOriginReceipts);
    };
    options.create = [epoch](Connection& connection) {
        connection.execute(kCreateTables);
        connection.execute(kCreateOriginReceipts);
        StatementUse insert(
            connection.prepare("INSERT INTO meta (name, high, low) VALUES ('epoch', ?1, ?2)"));
        insert->bind(1, epoch.high).bind(2, epoch.low);
        insert->run();
    };
    return options;
}

Epoch random_epoch(Random& random) {
    Epoch epoch;
    while (!epoch) {
        epoch.high = random.next();
        epoch.low = random.next();
    }
    return epoch;
}

Epoch read_epoch(Database& database) {
    ReadTransaction transaction = database.begin_read();
    StatementUse find(
        transaction.connection().prepare("SELECT high, low FROM meta WHERE name = 'epoch'"));
    if (!find->step()) {
        throw StorageError(ErrorCode::database_damaged,
                           database.path().string() + ": names no epoch; restore a backup");
    }
    Epoch epoch;
    epoch.high = find->unsigned_integer(0);
    epoch.low = find->unsigned_integer(1);
    return epoch;
}

}  // namespace

struct SqliteAuthority::Impl {
    Impl(const std::filesystem::path& path, Durability durability, Random random,
         const std::string& vfs)
        : database(database_options(path, durability, random_epoch(random), vfs)),
          epoch(read_epoch(database)) {}

    Database database;
    Epoch epoch;
    EntityNames names;
};

SqliteAuthority::SqliteAuthority(const std::filesystem::path& path, Durability durability,
                                 Random random, const std::string& vfs)
    : impl_(std::make_unique<Impl>(path, durability, random, vfs)) {}

SqliteAuthority::~SqliteAuthority() = default;

Epoch SqliteAuthority::epoch() const {
    return impl_->epoch;
}

std::vector<EntityNumber> SqliteAuthority::register_entities(
    const std::vector<std::string_view>& names) {
    WriteTransaction transaction = impl_->database.begin_write();
    Connection& connection = transaction.connection();
    std::vector<EntityNumber> numbers;
    for (const std::string_view name : names) {
        StatementUse insert(
            connection.prepare("INSERT INTO entity (name) VALUES (?1) ON CONFLICT DO NOTHING"));
        insert->bind(1, name);
        insert->run();
        StatementUse find(connection.prepare("SELECT entity FROM entity WHERE name = ?1"));
        find->bind(1, name);
        find->step();
        numbers.push_back(static_cast<EntityNumber>(find->integer(0)));
    }
    // Those of an older schema too: their rows are still served.
    StatementUse all(connection.prepare("SELECT entity, name FROM entity"));
    while (all->step()) {
        impl_->names.add(static_cast<EntityNumber>(all->integer(0)), std::string(all->text(1)));
    }
    all->reset();
    transaction.commit();
    return numbers;
}

std::unique_ptr<ScopeReader> SqliteAuthority::begin_read(std::string_view scope) {
    return std::make_unique<SqliteReader>(impl_->database.begin_read(), impl_->names, scope);
}

std::unique_ptr<ScopeWriter> SqliteAuthority::begin_write(std::string_view scope) {
    return std::make_unique<SqliteWriter>(impl_->database.begin_write(), impl_->names, scope);
}

std::vector<std::string> SqliteAuthority::scopes() {
    std::vector<std::string> names;
    ReadTransaction transaction = impl_->database.begin_read();
    StatementUse find(transaction.connection().prepare("SELECT name FROM scope ORDER BY name"));
    while (find->step()) names.emplace_back(find->text(0));
    return names;
}

}  // namespace syncline::server
