#include "sim/scene.hpp"

#include <array>
#include <stdexcept>

#include "support/test_schema.hpp"

namespace syncline::sim {
namespace {

// Folders first, so that snapshots go by priority.
const Schema& schema_by_priority() {
    static const std::array<EntitySchema, 2> entities = [] {
        std::array<EntitySchema, 2> all = test::kEntities;
        all[1].priority = 1;
        return all;
    }();
    static const Schema schema{entities};
    return schema;
}

const Schema& older_server() {
    static const std::array<EntitySchema, 1> entities{test::kNote};
    static const Schema schema{entities};
    return schema;
}

// An application that was not updated yet: no folders, and no parents, the last field of a note.
const Schema& older_app() {
    static constexpr TableSchema table{"Note", std::span(test::note::kFields).first<10>()};
    static constexpr EntitySchema note{.name = "note", .table = &table, .key = test::note::kId};
    static constexpr std::array<EntitySchema, 1> entities{note};
    static constexpr Schema schema{entities};
    return schema;
}

Scene make_built_in() {
    Scene scene;
    scene.schema = &test::kSchema;
    scene.by_priority = &schema_by_priority();
    scene.older_server = &older_server();
    scene.older_app = &older_app();
    scene.built_in = true;
    const EntitySchema& note = test::kEntities[0];
    const auto field = [&](FieldId id) { return note.table->find(id); };
    scene.twins = scene.seen = &note;
    scene.twin_field = scene.seen_field = field(test::note::kTitle);
    scene.filter = field(test::note::kDone);
    scene.order = field(test::note::kPriority);
    scene.seen_ids = {"n0", "n1", "n2", "n3"};
    return scene;
}

}  // namespace

const EntitySchema& Scene::entity(std::string_view name) const {
    const EntitySchema* const found = schema->find(name);
    if (found == nullptr) throw std::logic_error("an entity that is not in the schema");
    return *found;
}

const Scene& built_in_scene() {
    static const Scene scene = make_built_in();
    return scene;
}

}  // namespace syncline::sim
