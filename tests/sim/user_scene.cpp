// A scene of the entities in a schema file.

#include <algorithm>
#include <deque>

#include "sim/random_rows.hpp"
#include "sim/scene.hpp"
#include "syncline/base/error.hpp"
#include "syncline/server/schema_file.hpp"

namespace syncline::sim {
namespace {

bool is_free(const FieldSchema& field) {
    const bool shows = field.type == FieldType::string ||
                       (is_scalar(field.type) && field.type != FieldType::boolean);
    return shows && !field.key && field.stamp == Stamp::none && !field.unique &&
           field.merge == MergePolicy::lww && field.references.empty();
}

bool is_integer(const FieldSchema& field) {
    return !field.optional && (field.type == FieldType::int8 || field.type == FieldType::int16 ||
                               field.type == FieldType::int32 || field.type == FieldType::int64);
}

template <class Wanted>
const FieldSchema* find_field(const EntitySchema& entity, Wanted wanted) {
    const auto fields = entity.table->fields;
    const auto found = std::find_if(fields.begin(), fields.end(), wanted);
    return found == fields.end() ? nullptr : &*found;
}

std::string joined(const std::vector<std::string_view>& names) {
    std::string text;
    for (const std::string_view name : names)
        text += (text.empty() ? "" : ", ") + std::string(name);
    return text;
}

std::uint32_t longest_row(const EntitySchema& entity) {
    std::size_t longest = 0;
    for (std::uint64_t i = 0; i < 50; ++i) {
        Dice dice(i);
        longest = std::max(longest, random_row(entity, "k0", dice).size());
    }
    return static_cast<std::uint32_t>(longest);
}

}  // namespace

struct SchemaScene::Impl {
    explicit Impl(server::SchemaFile given) : file(std::move(given)) {}

    void choose_entities(const std::string& name);
    void choose_limits();
    void choose_twins();
    void choose_seen();
    void make_versions();
    bool is_looked_at(const EntitySchema& entity, const FieldSchema& field) const;

    server::SchemaFile file;
    std::vector<EntitySchema> entities;
    std::vector<EntitySchema> by_priority;
    std::vector<EntitySchema> older;
    std::deque<TableSchema> older_tables;
    Schema schema, schema_by_priority, schema_of_server, schema_of_app;
    Scene scene;
    std::vector<std::string> left_out;
};

void SchemaScene::Impl::choose_entities(const std::string& name) {
    std::vector<std::string_view> local;
    for (const EntitySchema& entity : file.schema().entities) {
        if (entity.local) {
            local.push_back(entity.name);
        } else {
            entities.push_back(entity);
        }
    }
    if (entities.empty()) {
        throw InvalidArgument(name + ": has no entity to synchronize" +
                              (local.empty() ? "" : "; local: " + joined(local)));
    }
    if (!local.empty()) {
        left_out.push_back("rows of " + joined(local) + ", which are local and never synchronized");
    }
    std::vector<std::string_view> mutators;
    for (const MutatorSchema& mutator : file.schema().mutators) mutators.push_back(mutator.name);
    if (!mutators.empty()) {
        left_out.push_back("named mutations (" + joined(mutators) +
                           "), whose code is in your program");
    }
    schema.entities = entities;
    scene.schema = &schema;
}

void SchemaScene::Impl::choose_limits() {
    std::vector<std::string_view> without;
    for (const EntitySchema& entity : entities) {
        scene.transaction_bytes_max =
            std::max(scene.transaction_bytes_max, 4 * longest_row(entity));
        if (big_field(entity) == nullptr) without.push_back(entity.name);
    }
    if (!without.empty()) {
        left_out.push_back("rows too large for the server of " + joined(without) +
                           ", which has no text to make long");
    }
}

void SchemaScene::Impl::choose_twins() {
    for (const EntitySchema& entity : entities) {
        scene.twin_field = find_field(entity, is_free);
        if (scene.twin_field == nullptr) continue;
        scene.twins = &entity;
        return;
    }
    left_out.push_back(
        "twins, two rows that are written in one transaction only: no entity has a text or number "
        "that is free to be written; whether an effect sees half a transaction is not looked at");
}

void SchemaScene::Impl::choose_seen() {
    const EntitySchema& entity = entities.front();
    scene.seen = &entity;
    scene.seen_field = find_field(entity, is_free);
    if (scene.seen_field == nullptr) scene.seen_field = &entity.key_field();
    scene.filter = find_field(entity, [](const FieldSchema& field) {
        return field.type == FieldType::boolean && !field.optional;
    });
    scene.order = find_field(entity, is_integer);
    scene.seen_ids = {"k0", "k1", "k2", "k3"};
}

bool SchemaScene::Impl::is_looked_at(const EntitySchema& entity, const FieldSchema& field) const {
    if (scene.twins == &entity && scene.twin_field == &field) return true;
    if (scene.seen != &entity) return false;
    return scene.seen_field == &field || scene.filter == &field || scene.order == &field;
}

// Last entities and last fields are what a newer version of a schema has more.
void SchemaScene::Impl::make_versions() {
    by_priority = entities;
    for (std::size_t i = 0; i < by_priority.size(); ++i) {
        const std::size_t place = std::min<std::size_t>(kPriorityMax, by_priority.size() - i);
        by_priority[i].priority = static_cast<std::uint8_t>(place);
    }
    schema_by_priority.entities = by_priority;
    scene.by_priority = &schema_by_priority;

    const auto fewer = std::span(entities).first(std::max<std::size_t>(1, entities.size() - 1));
    bool differs = fewer.size() < entities.size();
    if (differs) {
        schema_of_server.entities = fewer;
        scene.older_server = &schema_of_server;
    } else {
        left_out.push_back("a server with an older schema, which would lack the only entity");
    }
    for (const EntitySchema& entity : fewer) {
        older.push_back(entity);
        const auto fields = entity.table->fields;
        const FieldSchema& last = fields.back();
        if (last.key || last.required || last.stamp != Stamp::none || is_looked_at(entity, last)) {
            continue;
        }
        older_tables.push_back({entity.table->name, fields.first(fields.size() - 1)});
        older.back().table = &older_tables.back();
        differs = true;
    }
    if (!differs) {
        left_out.push_back("older applications: no entity or last field can be taken away");
        return;
    }
    schema_of_app.entities = older;
    scene.older_app = &schema_of_app;
}

SchemaScene::SchemaScene(const std::filesystem::path& file)
    : impl_(std::make_unique<Impl>(server::SchemaFile::load(file))) {
    impl_->choose_entities(file.string());
    impl_->choose_limits();
    impl_->choose_twins();
    impl_->choose_seen();
    impl_->make_versions();
}

SchemaScene::~SchemaScene() = default;

const Scene& SchemaScene::scene() const {
    return impl_->scene;
}

const std::vector<std::string>& SchemaScene::left_out() const {
    return impl_->left_out;
}

}  // namespace syncline::sim
