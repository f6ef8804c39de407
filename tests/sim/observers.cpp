#include "sim/observers.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "syncline/base/error.hpp"
#include "syncline/protocol/row.hpp"
#include "syncline/store/columns.hpp"

namespace syncline::sim {
namespace {

constexpr std::size_t kLiveRows = 3;

std::string text_of(const Row& row) {
    return std::string(as_text(row.bytes()));
}

}  // namespace

/// Keeps a copy of the view by what it is told, and passes it on.
class Observers::Listener final : public ChangeListener {
public:
    Listener(Observers& owner, std::map<Key, std::string> view)
        : mirror(std::move(view)), owner_(owner) {}

    bool wants_rows(const EntitySchema&) const override { return true; }

    void on_changes(const ChangeSet& changes) override {
        if (changes.version <= version_) owner_.found("notice", "a commit was told of twice");
        version_ = changes.version;
        for (const EntityChanges& of_entity : changes.entities) take(of_entity);
        owner_.model_->on_changes(changes);
    }

    std::map<Key, std::string> mirror;

private:
    void take(const EntityChanges& changes) {
        const std::string entity(changes.entity->name);
        if (changes.all) {
            std::erase_if(mirror, [&](const auto& row) { return row.first.entity == entity; });
            for (auto& [key, bytes] : owner_.committed()) {
                if (key.entity == entity) mirror[key] = std::move(bytes);
            }
            return;
        }
        std::int64_t delta = 0;
        for (const ViewChange& change : changes.rows) {
            const Key key{entity, change.id};
            const auto known = mirror.find(key);
            const bool was = known != mirror.end();
            if (was != static_cast<bool>(change.before) ||
                (was && known->second != text_of(change.before))) {
                owner_.found("notice", to_string(key) + " was otherwise before than it is told");
            }
            delta += (change.after ? 1 : 0) - (was ? 1 : 0);
            if (was) mirror.erase(known);
            if (change.after) mirror[key] = text_of(change.after);
        }
        if (delta != changes.count_delta) owner_.found("notice", "the number of rows is wrong");
    }

    Observers& owner_;
    std::uint64_t version_ = 0;
};

Observers::Observers(const Scene& scene, Replica& replica, Database& database, const Clock& clock,
                     Executor& executor, std::string who, bool shown)
    : scene_(scene),
      replica_(replica),
      database_(database),
      who_(std::move(who)),
      shown_(shown),
      model_(std::make_unique<syncline::Model>(replica, clock, Random(1), &executor)),
      listener_(std::make_unique<Listener>(*this, committed())) {
    replica.set_listener(listener_.get());
    LiveSpec spec;
    if (const FieldSchema* filter = scene.filter; filter != nullptr) {
        spec.filter = [filter](const Row& row) {
            return row.scalar<bool>(filter->id, filter->default_bits != 0);
        };
    }
    if (scene.order != nullptr) spec.order_by = scene.order->id;
    spec.limit = kLiveRows;
    live_ = model_->live(seen(), std::move(spec));
    effects_.emplace_back([this] { see_all(); }, EffectOptions{.name = "all rows"});
    if (scene.twins != nullptr) {
        effects_.emplace_back([this] { see_twins(); }, EffectOptions{.name = "twins"});
    }
    effects_.emplace_back([this] { count_ = model_->count(seen()); },
                          EffectOptions{.name = "count"});
    effects_.emplace_back(
        [this] {
            live_ids_.clear();
            for (const Row& row : live_->rows()) live_ids_.emplace_back(row.string(seen().key));
        },
        EffectOptions{.name = "live"});
    for (const std::string& id : scene.seen_ids) {
        effects_.emplace_back([this, id] { see_field(id); }, EffectOptions{.name = "field"});
    }
}

Observers::~Observers() {
    effects_.clear();
    live_.reset();
    replica_.set_listener(nullptr);
}

void Observers::found(const char* kind, const std::string& what) {
    if (!violation_) violation_.emplace(kind, who_ + ": " + what);
}

// By a connection of its own: no open transaction can be seen.
std::map<Key, std::string> Observers::committed() const {
    std::map<Key, std::string> rows;
    ReadTransaction tx = database_.begin_read();
    for (const EntitySchema& entity : replica_.schema().entities) {
        const std::string name(entity.name);
        StatementUse row(tx.connection().prepare(
            "SELECT id, data FROM \"" + table_name(name) +
            "\" WHERE generation = (SELECT generation FROM scope) AND data IS NOT NULL"));
        while (row->step()) rows[{name, std::string(row->text(0))}] = as_text(row->blob(1));
    }
    return rows;
}

void Observers::see_all() {
    try {
        std::map<Key, std::string> now;
        model_->read([&] {
            for (const EntitySchema& entity : replica_.schema().entities) {
                model_->select(entity, {}, [&](const Row& row) {
                    const std::string id(row.string(entity.key));
                    now[{std::string(entity.name), id}] = text_of(row);
                    return true;
                });
            }
        });
        if (now != committed()) found("effect", "an effect saw what is not committed");
        all_ = std::move(now);
    } catch (const StorageError&) {
        // Its disk has died: nobody looks at it any more.
    }
}

void Observers::see_twins() {
    try {
        const EntitySchema* const entity = replica_.schema().find(scene_.twins->name);
        if (entity == nullptr) return;
        const FieldSchema& field = *scene_.twin_field;
        std::optional<Plain> values[2];
        for (std::size_t i = 0; i < 2; ++i) {
            if (!model_->exists(*entity, kTwins[i])) continue;
            const Row row = model_->field(*entity, kTwins[i], field.id);
            values[i] = decode_field(field, *entity->table, row);
        }
        if (values[0] != values[1] && !in_first_sync())
            found("effect", "an effect saw half a transaction");
    } catch (const StorageError&) {
    }
}

// Then rows that changed together may be read one by one.
bool Observers::in_first_sync() const {
    if (!shown_) return false;
    ReadTransaction tx = database_.begin_read();
    StatementUse scope(tx.connection().prepare("SELECT cursor FROM scope"));
    return scope->step() && scope->is_null(0);
}

void Observers::see_field(const std::string& id) {
    try {
        const FieldSchema& field = *scene_.seen_field;
        std::optional<Plain>& value = values_[id];
        value.reset();
        if (!model_->exists(seen(), id)) return;
        value = decode_field(field, *scene_.seen->table, model_->field(seen(), id, field.id));
    } catch (const StorageError&) {
    }
}

// The live query, in the plainest words: what is done, by priority and id, the first ones.
std::vector<std::string> Observers::live_ids(const std::map<Key, std::string>& view) const {
    std::vector<std::pair<std::int64_t, std::string>> found;
    for (const auto& [key, bytes] : view) {
        if (key.entity != scene_.seen->name) continue;
        const RowView row(as_bytes(bytes));
        const auto number = [&](const FieldSchema& field) {
            return std::get<std::int64_t>(decode_field(field, *scene_.seen->table, row));
        };
        if (scene_.filter != nullptr && number(*scene_.filter) == 0) continue;
        found.emplace_back(scene_.order != nullptr ? number(*scene_.order) : 0, key.id);
    }
    std::sort(found.begin(), found.end());
    found.resize(std::min(found.size(), kLiveRows));
    std::vector<std::string> ids;
    for (auto& [priority, id] : found) ids.push_back(std::move(id));
    return ids;
}

void Observers::check_told(const std::map<Key, std::string>& view) const {
    if (violation_) throw *violation_;
    if (listener_->mirror != view) {
        throw Violation("notice", who_ + ": what was told of does not lead to the view");
    }
}

void Observers::check_seen(const std::map<Key, std::string>& view) const {
    if (violation_) throw *violation_;
    const auto stale = [&](const char* what) {
        throw Violation("effect", who_ + ": " + what + " shows what was before");
    };
    if (all_ != view) stale("an effect of all rows");
    const auto rows = std::count_if(view.begin(), view.end(), [&](const auto& row) {
        return row.first.entity == scene_.seen->name;
    });
    if (count_ != static_cast<std::uint64_t>(rows)) stale("an effect of the count");
    if (live_ids_ != live_ids(view)) stale("a live query");
    for (const auto& [id, value] : values_) {
        const auto row = view.find({std::string(scene_.seen->name), id});
        std::optional<Plain> should;
        if (row != view.end()) {
            should = decode_field(*scene_.seen_field, *scene_.seen->table,
                                  RowView(as_bytes(row->second)));
        }
        if (value != should) stale("an effect of a field");
    }
}

}  // namespace syncline::sim
