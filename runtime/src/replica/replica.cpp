// What holds in a replica at every commit, and where it is made to hold:
//
//  1. A write's row and its queue entry are in one transaction (local_write.cpp).
//  2. Sequences ascend and are never given twice: the next one is after the last in the queue and
//     after the floor, the largest that ever left it (work.cpp, rebase.cpp). They are counted in
//     memory on a copy that takes effect when the commit has succeeded.
//  3. A transaction is all or nothing, in memory too; a part that failed cannot be committed
//     (work.hpp).
//  4. view = base + pending. A row without pending mutations is its base; one with keeps its base
//     beside the view (replay.cpp, rebase.cpp). A create that nobody changed since is kept once,
//     as the row; the queue gets a copy before the row changes.
//  5. The cursor moves in `move_cursor` alone, with the rows of a complete page, and never back
//     but in another epoch (page_apply.cpp, page_judge.cpp).
//  6. A mutation leaves the queue in `Departures` alone: applied, in the transaction of the page
//     that includes it, or rejected, in the one that records it.
//     made = left as applied + recorded or discarded + queued.
//  7. The base's hashes are those of its rows; only pages change them (base_hashes.cpp).
//  8. A page that is not complete changes nothing that can be read; a snapshot becomes the base by
//     one number (staging.cpp, page_apply.cpp). But for a first one that is to be shown as it
//     comes: its pages are rebased into the empty base one by one, each with its place in the
//     snapshot in one transaction (the last one's rows before it, see 12), and the cursor comes
//     with the last one. Cut short, the rest of it goes on after a restart; dropped, its rows stay
//     until a whole snapshot replaces them.
//  9. Outcomes up to `confirmed` are durable and not asked for again; those mutations are not sent
//     again, and stay in the overlay until a page includes them (outcomes.cpp).
//
// 10. A mutation that may have been sent never changes. A patch becomes a part of the update that
//     ends the queue (local_write.cpp) only if that one was made by this object, has not been
//     handed to the sync loop (`hand_out`), is of the same row and of the same base of it, stands
//     alone in its transaction as the patch does, or both are of one transaction that is still
//     open, and one patch does what the two do to any row (`join_patches`). Nothing lies between
//     the two, so that no other mutation, and nobody else, could have seen the state between them.
//     The ticket stays that of the first, and the id that is sent is a new one: should the file
//     have been copied in between and the copy have sent the first, the server sees the fork. What
//     is in the file when it is opened may have been sent.
//
// 11. The server alone decides on a mutation, under its client id, number and id. One that cannot
//     be sent (too large, or no request gets through with it) is withdrawn: a push that bears all
//     but its content, which the server records as rejected, unless it knows the mutation
//     (push_batch.cpp). So it is as any other when an answer is lost or late, when this process
//     dies and decides otherwise at the next try, for a copy of this file, which has sent it or
//     withdrawn it itself, and for a server that was put back: whoever comes first settles it.
//
// 12. Indexes of the tables of rows decide how fast an answer comes, never which. One may be
//     missing while this scope has no cursor, and never else: the first of several pages of a first
//     snapshot drops those of tables with hardly any rows (staging.cpp); the transaction that
//     brings the first cursor, by whatever page, makes what is missing (`move_cursor`); so does
//     opening, unless a first snapshot is under way. Before that transaction, the last page of a
//     first snapshot is taken in parts, so that others can write in between: its rows, then index
//     by index, then the rest of it. Its place in the snapshot stays before it until then: after a
//     death in between it comes once more.
//
// 13. A mutation is named, for ever and in every copy of this file, by the client id under which it
//     was made (its origin) and its id. Another client id changes its number, and neither of the
//     two (identity.cpp, in one transaction); one with an origin is never joined with another. So
//     nothing here needs to know what copies have sent: all that is queued may be sent again.
//
// Locks and their order: publisher.hpp.

#include "syncline/replica/replica.hpp"

#include "rebase.hpp"
#include "replay.hpp"
#include "syncline/base/error.hpp"
#include "syncline/store/row_indexes.hpp"
#include "syncline/store/store_format.hpp"
#include "work.hpp"

namespace syncline {
namespace {

constexpr std::size_t kSweepRows = 5'000;

// The payloads that rows of `entity` hold for the queue, before the rows go.
void save_payloads(Connection& connection, const std::string& entity) {
    struct Created {
        std::int64_t scope;
        std::uint64_t generation;
        QueueEntry entry;
    };
    std::vector<Created> found;
    {
        StatementUse row(connection.prepare(
            "SELECT queue.scope, generation, sequence, queue.key FROM queue JOIN scope"
            " ON scope.key = queue.scope WHERE entity = ? AND kind = 0 AND payload IS NULL"));
        row->bind(1, std::string_view(entity));
        while (row->step()) {
            Created created{row->integer(0), row->unsigned_integer(1), {}};
            created.entry.sequence = Sequence{row->unsigned_integer(2)};
            created.entry.entity = entity;
            created.entry.key = row->text(3);
            found.push_back(std::move(created));
        }
    }
    for (const Created& created : found) {
        const Bytes payload = detail::payload_of(connection, created.entry, created.generation);
        MutationQueue(created.scope).set_payload(connection, created.entry.sequence, payload);
    }
}

void prepare_schema(Connection& connection, const Schema& schema) {
    for (const std::string& entity : forgotten_entities(connection, schema)) {
        save_payloads(connection, entity);
        forget_entity(connection, entity);
    }
    if (prepare_row_tables(connection, schema)) want_replay_everywhere(connection);
}

std::vector<RowTable> make_tables(const Schema& schema) {
    std::vector<RowTable> tables;
    for (const EntitySchema& entity : schema.entities) tables.emplace_back(entity);
    return tables;
}

MutationTicket make_again(Replica& replica, const RejectedMutation& record) {
    if (record.kind == MutationKind::named) return replica.mutate(record.entity, record.payload);
    const EntitySchema* entity = replica.schema().find(record.entity);
    if (entity == nullptr) {
        throw InvalidArgument(record.entity + ": is not an entity of this schema any more");
    }
    if (record.kind == MutationKind::create) return replica.create(*entity, record.payload);
    if (!replica.exists(*entity, record.key)) {
        throw InvalidArgument(record.entity + " " + record.key +
                              ": there is no such row any more, so it cannot be changed");
    }
    if (record.kind == MutationKind::remove) return *replica.remove(*entity, record.key);
    const MutationTicket ticket = replica.update(*entity, record.key, record.payload);
    if (!entity->local && ticket.id.value == 0) {
        throw InvalidArgument(record.entity + " " + record.key +
                              ": this patch changes nothing; discard the record instead");
    }
    return ticket;
}

// Who asks for the write later shall not take it for one that was applied.
void forget_record(detail::Work& work, const RejectedMutation& record) {
    TrackedWrites(work.state.key).add(work.connection, record.id, detail::status_of(record));
    work.rejections.erase(work.connection, record.id);
    --work.counts.rejected;
    ++work.writes;
}

}  // namespace

Replica::Impl::Impl(Replica& owner, Database& database, const Schema& entity_schema,
                    std::string scope_name, const Clock& wall_clock, Random source)
    : replica(owner),
      db(database),
      schema(entity_schema),
      scope(std::move(scope_name)),
      clock(wall_clock),
      tables(make_tables(schema)),
      random(source) {}

const RowTable& Replica::Impl::table(const EntitySchema& entity) const {
    const EntitySchema* first = schema.entities.data();
    const bool own = &entity >= first && &entity < first + schema.entities.size();
    if (own) return tables[static_cast<std::size_t>(&entity - first)];
    // A copy of the description will do.
    const EntitySchema* same = schema.find(entity.name);
    if (same != nullptr && same->table == entity.table) return table(*same);
    throw InvalidArgument(std::string(entity.name) + ": is not an entity of this schema");
}

const RowTable* Replica::Impl::find_table(std::string_view entity) const {
    for (const RowTable& candidate : tables) {
        if (candidate.entity().name == entity) {
            return candidate.entity().local ? nullptr : &candidate;
        }
    }
    return nullptr;
}

detail::QueueCounts Replica::Impl::counted(Connection& connection) const {
    const MutationQueue queue(state.key);
    detail::QueueCounts result;
    result.last = std::max(queue.last(connection), state.floor);
    result.pending = queue.count(connection, Sequence{}, result.last);
    result.unsent = queue.count(connection, Sequence{state.confirmed.value + 1}, result.last);
    result.rejected = Rejections(state.key).count(connection);
    result.tracked = TrackedWrites(state.key).undecided(connection);
    return result;
}

void Replica::Impl::open() {
    {
        WriteTransaction transaction = db.begin_write();
        Connection& connection = transaction.connection();
        prepare_schema(connection, schema);
        state = open_scope(connection, scope, ClientId{IdGenerator(clock, random).id128()});
        key = state.key;
        prepare_indexes(connection);
        counts = counted(connection);
        has_abandoned = syncline::has_abandoned(connection);
        published_state = state;
        published_counts = counts;
        transaction.commit();
    }
    if (state.wants_replay) replay_for_schema();
}

// Mutators are registered after this, so what named mutations predict comes then (`set_mutator`);
// until all are known, also after another start, the replay counts as not done.
void Replica::Impl::replay_for_schema() {
    write([this](detail::Work& work) {
        work.remote = true;
        detail::Rebase rebase(work);
        rebase.replay_everything();
        rebase.finish();
        bool blind = false;
        work.queue.for_each(
            work.connection, Sequence{}, work.counts.last, [&](const QueueEntry& e) {
                blind = blind || (e.kind == MutationKind::named && !find_mutator(e.entity));
                return !blind;
            });
        work.state.wants_replay = blind;
    });
}

// The write lock keeps a patch from becoming a part of what is about to be read and sent.
Sequence Replica::Impl::hand_out() {
    {
        const std::lock_guard lock(published_mutex);
        if (published_counts.joinable.value == 0) return published_counts.last;
    }
    const WriteTransaction no_other_writer = db.begin_write();
    counts.joinable = Sequence{};
    const std::lock_guard lock(published_mutex);
    published_counts.joinable = Sequence{};
    return counts.last;
}

// A first sync that was cut short goes on without indexes; if another scope's was, its sync, which
// may never go on, makes them again if it has to.
void Replica::Impl::prepare_indexes(Connection& connection) {
    const bool in_first_sync = !state.cursor && state.staging.snapshot;
    lacks_indexes = in_first_sync && lacks_row_indexes(connection, schema);
    if (in_first_sync) return;
    while (make_row_index(connection, schema)) {
    }
}

// One by one, so that others can write in between.
void Replica::Impl::make_indexes() {
    while (lacks_indexes) {
        WriteTransaction transaction = db.begin_write();
        transaction.limit_cache(detail::kBulkCacheBytes);
        lacks_indexes = make_row_index(transaction.connection(), schema);
        transaction.commit();
    }
}

// Old rows go in slices, so that others can write in between. If it fails or is cut short, the next
// page's sweep goes on: nothing reads these rows.
void Replica::Impl::sweep() {
    if (current_work() != nullptr) return;
    try {
        while (has_abandoned) {
            WriteTransaction transaction = db.begin_write();
            has_abandoned = sweep_abandoned(transaction.connection(), kSweepRows);
            transaction.commit();
        }
    } catch (const StorageError&) {
        return;
    }
}

SyncState Replica::Impl::sync_state() const {
    ScopeState from;
    detail::QueueCounts queue;
    if (const detail::Work* work = current_work()) {
        from = work->state;
        queue = work->counts;
    } else {
        const std::lock_guard lock(published_mutex);
        from = published_state;
        queue = published_counts;
    }
    SyncState result;
    result.client = from.client;
    result.epoch = from.epoch;
    if (!from.wants_snapshot) result.cursor = from.cursor;
    result.confirmed = from.confirmed;
    result.pending = queue.pending;
    result.unsent = queue.unsent;
    result.rejected = queue.rejected;
    result.staging = from.staging.active;
    result.staging_snapshot = from.staging.snapshot;
    result.continuation = std::move(from.staging.continuation);
    result.rows_staged = from.staging.rows;
    result.rows_total = from.staging.rows_total;
    result.bytes_staged = from.staging.bytes;
    result.bytes_total = from.staging.bytes_total;
    result.priority_staged = from.staging.priority;
    result.resyncs = from.resyncs;
    if (from.server_differs) {
        for (const auto& [entity, by] : from.snapshot_difference) {
            result.server_differs.push_back(entity);
        }
    }
    return result;
}

DatabaseOptions Replica::database_options(std::filesystem::path path, Durability durability) {
    DatabaseOptions options;
    options.path = std::move(path);
    options.application_id = kClientApplicationId;
    options.format_version = kClientFormatVersion;
    options.durability = durability;
    options.migrate = [](Connection& connection, std::uint32_t from) {
        migrate_store_tables(connection, from);
        migrate_queue_tables(connection, from);
    };
    options.create = [](Connection& connection) {
        create_store_tables(connection);
        create_queue_tables(connection);
    };
    return options;
}

Replica::Replica(Database& db, const Schema& schema, std::string scope, const Clock& clock,
                 Random random)
    : impl_(std::make_unique<Impl>(*this, db, schema, std::move(scope), clock, random)) {
    impl_->open();
}

Replica::~Replica() = default;

const Schema& Replica::schema() const {
    return impl_->schema;
}

const std::string& Replica::scope() const {
    return impl_->scope;
}

void Replica::transaction(const std::function<void()>& body) {
    impl_->write([&](detail::Work&) { body(); });
}

MutationTicket Replica::retry_rejected(MutationId id) {
    return impl_->retry(id, std::nullopt);
}

MutationTicket Replica::retry_rejected(MutationId id, Bytes payload) {
    return impl_->retry(id, std::move(payload));
}

MutationTicket Replica::Impl::retry(MutationId id, std::optional<Bytes> payload) {
    MutationTicket ticket{};
    write([&](detail::Work& work) {
        auto record = work.rejections.find(work.connection, id);
        if (!record) throw NotFound("there is no rejected mutation with this id");
        if (payload) record->payload = std::move(*payload);
        ticket = make_again(replica, *record);
        forget_record(work, *record);
    });
    return ticket;
}

bool Replica::discard_rejected(MutationId id) {
    bool found = false;
    impl_->write([&](detail::Work& work) {
        const auto record = work.rejections.find(work.connection, id);
        found = record.has_value();
        if (found) forget_record(work, *record);
    });
    return found;
}

void Replica::show_first_sync(bool shown) {
    impl_->shows_first_sync = shown;
}

SyncState Replica::sync_state() const {
    return impl_->sync_state();
}

void Replica::set_listener(ChangeListener* listener) {
    impl_->publisher.set_listener(listener);
}

void Replica::set_queue_listener(std::function<void()> on_queued) {
    impl_->publisher.set_queue_listener(std::move(on_queued));
}

}  // namespace syncline
