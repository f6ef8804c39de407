#include "sim/observers.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "support/test_schema.hpp"
#include "syncline/base/error.hpp"
#include "syncline/protocol/row.hpp"
#include "syncline/store/columns.hpp"

namespace syncline::sim {
namespace {

constexpr std::size_t kLiveRows = 3;

std::string text_of(const Row& row) {
    return std::string(as_text(row.bytes()));
}

// The live query, in the plainest words: what is done, by priority and id, the first ones.
std::vector<std::string> done_first(const std::map<Key, std::string>& view) {
    std::vector<std::pair<std::int64_t, std::string>> found;
    for (const auto& [key, bytes] : view) {
        if (key.entity != "note") continue;
        const auto value = std::get<NoteValue>(decode_row("note", as_bytes(bytes)));
        if (value.done) found.emplace_back(value.priority, key.id);
    }
    std::sort(found.begin(), found.end());
    found.resize(std::min(found.size(), kLiveRows));
    std::vector<std::string> ids;
    for (auto& [priority, id] : found) ids.push_back(std::move(id));
    return ids;
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

Observers::Observers(Replica& replica, Database& database, const Clock& clock, Executor& executor,
                     std::string who, bool shown)
    : replica_(replica),
      database_(database),
      who_(std::move(who)),
      shown_(shown),
      model_(std::make_unique<syncline::Model>(replica, clock, Random(1), &executor)),
      listener_(std::make_unique<Listener>(*this, committed())) {
    replica.set_listener(listener_.get());
    LiveSpec spec;
    spec.filter = [](const Row& row) { return row.scalar<bool>(test::note::kDone, false); };
    spec.order_by = test::note::kPriority;
    spec.limit = kLiveRows;
    const EntitySchema& note = *replica.schema().find("note");
    live_ = model_->live(note, std::move(spec));
    effects_.emplace_back([this] { see_all(); }, EffectOptions{.name = "all rows"});
    effects_.emplace_back([this] { see_twins(); }, EffectOptions{.name = "twins"});
    effects_.emplace_back([this, &note] { count_ = model_->count(note); },
                          EffectOptions{.name = "count"});
    effects_.emplace_back(
        [this] {
            done_first_.clear();
            for (const Row& row : live_->rows())
                done_first_.emplace_back(row.string(test::note::kId));
        },
        EffectOptions{.name = "live"});
    for (const char* const id : {"n0", "n1", "n2", "n3"}) {
        effects_.emplace_back([this, id = std::string(id)] { see_title(id); },
                              EffectOptions{.name = "title"});
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
        const EntitySchema& note = *replica_.schema().find("note");
        std::optional<std::string> titles[2];
        for (std::size_t i = 0; i < 2; ++i) {
            if (!model_->exists(note, kTwins[i])) continue;
            titles[i] =
                model_->field(note, kTwins[i], test::note::kTitle).string(test::note::kTitle);
        }
        if (titles[0] != titles[1] && !in_first_sync())
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

void Observers::see_title(const std::string& id) {
    try {
        const EntitySchema& note = *replica_.schema().find("note");
        std::optional<std::string>& title = titles_[id];
        title.reset();
        if (!model_->exists(note, id)) return;
        title = model_->field(note, id, test::note::kTitle).string(test::note::kTitle);
    } catch (const StorageError&) {
    }
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
    const auto notes = std::count_if(view.begin(), view.end(),
                                     [](const auto& row) { return row.first.entity == "note"; });
    if (count_ != static_cast<std::uint64_t>(notes)) stale("an effect of the count");
    if (done_first_ != done_first(view)) stale("a live query");
    for (const auto& [id, title] : titles_) {
        const auto row = view.find({"note", id});
        std::optional<std::string> should;
        if (row != view.end()) {
            should = std::get<NoteValue>(decode_row("note", as_bytes(row->second))).title;
        }
        if (title != should) stale("an effect of a title");
    }
}

}  // namespace syncline::sim
