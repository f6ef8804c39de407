#include "syncline/collection/model.hpp"

#include <mutex>
#include <utility>
#include <vector>

#include "entity_sources.hpp"
#include "notices.hpp"
#include "predicted_rows.hpp"
#include "syncline/base/error.hpp"
#include "syncline/base/ids.hpp"
#include "syncline/reactive/batch.hpp"
#include "write_scope.hpp"

// Locks, outermost first. A thread that holds one takes only those below it.
//
//     1. the replica's right to write        (a transaction's body runs with it)
//     2. the reactive graph                  (batches, computeds; destroying a source)
//     3. what the replica needs for a read   (computeds read rows)
//     4. mutexes of this module              (nothing is called under them)
//
// Hence: a write inside a batch or computed is refused, since it would take 1 under 2; commits are
// only taken in by `on_changes`, under 4 alone, and published after the replica has finished with
// them, with nothing held.

namespace syncline {

namespace {

void require_writable() {
    if (in_computed()) throw InvalidState("a computed cannot write rows; do it in an effect");
    if (in_batch()) {
        throw InvalidState(
            "rows cannot be written inside of batch() or snapshot(): use transaction()");
    }
}

/// For the way out of an error, which matters more than what an effect throws now.
template <class Body>
void quietly(const Body& body) {
    try {
        body();
    } catch (...) {
    }
}

}  // namespace

struct Model::Impl {
    Impl(const Replica& its_replica, const Clock& its_clock, Random its_random,
         Executor* its_executor)
        : replica(its_replica),
          schema(its_replica.schema()),
          clock(its_clock),
          executor(its_executor),
          random(its_random),
          ids(its_clock, random) {
        for (const EntitySchema& entity : schema.entities) {
            entities.push_back(std::make_shared<EntitySources>(its_replica, entity));
        }
    }

    EntitySources& sources(const EntitySchema& entity) const {
        const auto index = static_cast<std::size_t>(&entity - schema.entities.data());
        if (index >= entities.size()) {
            throw InvalidArgument("the entity '" + std::string(entity.name) +
                                  "' is not of this client's schema");
        }
        return *entities[index];
    }

    std::string new_id() {
        const std::lock_guard lock(ids_mutex);
        return ids.row_id();
    }

    void stamp(const EntitySchema& entity, RowBuilder& row) const {
        syncline::stamp(entity, row, clock.wall_now());
    }

    /// Runs `body` in a scope, and publishes what that brought, whether it succeeded or not.
    template <class Body>
    void run(const Body& body) const {
        Notices notices;
        try {
            const WriteScope scope(replica, WriteScope::Kind::write, notices);
            body();
        } catch (...) {
            quietly([&] { publish(notices); });
            throw;
        }
        publish(notices);
    }

    /// Calls `mutator`, inside of a write transaction that may be rolled back, and is sync's if the
    /// mutation is replayed. What else its reads made known must be read again afterwards.
    void predict(const Prediction& mutator, Replica& target, RowView arguments,
                 const std::shared_ptr<Impl>& self) const {
        Notices notices;
        {
            const WriteScope scope(replica, WriteScope::Kind::own_state, notices);
            PredictedRows rows(target);
            untracked([&] { mutator(rows, arguments); });
        }
        if (notices.empty()) return;
        if (WriteScope* outer = WriteScope::current(replica)) {
            outer->notices().append(std::move(notices));
        } else {
            hand_over(std::move(notices), self);
        }
    }

    /// Runs `enter`, which calls the function that it is given: `body`, in a state of its own. What
    /// is tracked there must be read again in the common state, unless that is the same: nothing
    /// was committed meanwhile, nor rolled back. An effect that reads so would run for ever else.
    template <class Enter>
    void run_apart(const Enter& enter, const std::function<void()>& body) const {
        run([&] {
            Notices again;
            const auto read_again = [&] {
                WriteScope::current(replica)->notices().append(std::move(again));
            };
            const std::uint64_t before = replica.version();
            try {
                enter([&] {
                    const WriteScope scope(replica, WriteScope::Kind::own_state, again);
                    body();
                });
            } catch (...) {
                read_again();
                throw;
            }
            const bool inside = WriteScope::with_own_state(replica) != nullptr;
            if (inside || replica.version() != before) read_again();
        });
    }

    /// Inside of a state of one's own it waits for the end of that.
    void publish(Notices& notices) const {
        if (notices.empty()) return;
        if (WriteScope* outer = WriteScope::with_own_state(replica)) {
            outer->notices().append(std::move(notices));
            return;
        }
        notices.publish();
        for (const auto& entity : entities) entity->sweep();
    }

    /// Publishes on the executor, or here if there is none. Nobody waits for what effects throw:
    /// the executor reports it, or it is dropped.
    void hand_over(Notices notices, const std::weak_ptr<Impl>& self) const {
        if (executor == nullptr) {
            quietly([&] { publish(notices); });
            return;
        }
        executor->post([self, waiting = std::make_shared<Notices>(std::move(notices))] {
            if (const auto alive = self.lock()) alive->publish(*waiting);
        });
    }

    const Replica& replica;
    const Schema& schema;
    const Clock& clock;
    Executor* const executor;
    std::vector<std::shared_ptr<EntitySources>> entities;

    std::mutex ids_mutex;  // guards both below
    Random random;
    IdGenerator ids;
};

Model::Model(Replica& replica, const Clock& clock, Random random, Executor* executor)
    : replica_(replica), impl_(std::make_shared<Impl>(replica, clock, random, executor)) {
    replica_.set_listener(this);
}

Model::~Model() {
    replica_.set_listener(nullptr);
}

std::optional<Row> Model::get(const EntitySchema& entity, std::string_view id) const {
    if (is_tracking()) impl_->sources(entity).track_row(id);
    return replica_.get(entity, id);
}

Row Model::field(const EntitySchema& entity, std::string_view id, FieldId field) const {
    if (is_tracking()) impl_->sources(entity).track_field(id, field);
    std::optional<Row> row = replica_.get(entity, id);
    if (!row)
        throw NotFound("there is no " + std::string(entity.name) + " '" + std::string(id) + "'");
    return std::move(*row);
}

bool Model::exists(const EntitySchema& entity, std::string_view id) const {
    if (is_tracking()) impl_->sources(entity).track_exists(id);
    return replica_.exists(entity, id);
}

bool Model::is_pending(const EntitySchema& entity, std::string_view id) const {
    if (is_tracking()) impl_->sources(entity).track_pending(id);
    return replica_.is_pending(entity, id);
}

std::uint64_t Model::count(const EntitySchema& entity) const {
    EntitySources& sources = impl_->sources(entity);
    sources.track_count();
    return sources.count();
}

void Model::select(const EntitySchema& entity, const StoreQuery& query,
                   const std::function<bool(Row)>& visit) const {
    impl_->sources(entity).track_any_row();
    replica_.select(entity, query, visit);
}

std::shared_ptr<LiveRows> Model::live(const EntitySchema& entity, LiveSpec spec) {
    return impl_->sources(entity).live(std::move(spec));
}

void Model::transaction(const std::function<void()>& body) {
    require_writable();
    impl_->run_apart([&](const auto& apart) { replica_.transaction(apart); }, body);
}

void Model::write(const std::function<void(Replica&)>& body) {
    require_writable();
    impl_->run([&] { body(replica_); });
}

void Model::read(const std::function<void()>& body) const {
    impl_->run_apart([&](const auto& apart) { replica_.read(apart); }, body);
}

std::string Model::create(const EntitySchema& entity, std::string_view id, RowBuilder& values) {
    require_writable();
    std::string key = id.empty() ? impl_->new_id() : std::string(id);
    values.string(entity.key, key);
    impl_->stamp(entity, values);
    impl_->run([&] { replica_.create(entity, values.finish()); });
    return key;
}

MutationTicket Model::update(const EntitySchema& entity, std::string_view id, PatchBuilder& patch) {
    require_writable();
    MutationTicket ticket;
    impl_->run([&] { ticket = replica_.update(entity, id, patch.finish()); });
    return ticket;
}

MutationTicket Model::put(const EntitySchema& entity, std::string_view id, RowBuilder& values) {
    require_writable();
    values.string(entity.key, id);
    impl_->stamp(entity, values);
    const Bytes row = values.finish();
    MutationTicket ticket;
    impl_->run([&] { ticket = replica_.put(entity, id, row, assign_all(entity, RowView(row))); });
    return ticket;
}

bool Model::remove(const EntitySchema& entity, std::string_view id) {
    require_writable();
    bool removed = false;
    impl_->run([&] { removed = replica_.remove(entity, id).has_value(); });
    return removed;
}

std::string Model::new_id() {
    return impl_->new_id();
}

void Model::set_mutator(std::string_view name, const TableSchema& arguments, Prediction mutator) {
    replica_.set_mutator(
        std::string(name), [impl = impl_, named = std::string(name), &arguments,
                            mutator = std::move(mutator)](Replica& target, ByteView bytes) {
            if (const auto fault = verify_row(arguments, bytes)) {
                throw InvalidArgument(named + ": these are not its arguments: " + *fault);
            }
            impl->predict(mutator, target, RowView(bytes), impl);
        });
}

bool Model::wants_rows(const EntitySchema& entity) const {
    return impl_->sources(entity).wants_rows();
}

void Model::on_changes(const ChangeSet& changes) {
    Notices notices;
    for (const EntityChanges& entity : changes.entities) {
        impl_->sources(*entity.entity).apply(changes.version, entity, notices);
    }
    if (notices.empty()) return;
    WriteScope* const scope = changes.remote ? nullptr : WriteScope::current(replica_);
    if (scope != nullptr) {
        scope->notices().append(std::move(notices));
    } else {
        impl_->hand_over(std::move(notices), impl_);
    }
}

}  // namespace syncline
