#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "syncline/protocol/schema.hpp"

namespace syncline::sim {

/// The data that a simulation is about: the schema, what older and other versions of it there are,
/// and what its observers look at. Immutable; outlives all that it is given to.
struct Scene {
    const Schema* schema = nullptr;
    const Schema* by_priority = nullptr;   // the same, with its entities in another order of sync
    const Schema* older_server = nullptr;  // lacks an entity; nullptr: there is no such server
    const Schema* older_app = nullptr;     // lacks an entity or fields; nullptr: none
    /// The built-in schema, which has named mutators and rows of its own.
    bool built_in = false;
    /// Longest transaction that the server takes.
    std::uint32_t transaction_bytes_max = 4000;
    /// What is written to both twins at once; nullptr: no entity has such a field.
    const EntitySchema* twins = nullptr;
    const FieldSchema* twin_field = nullptr;
    /// What a live query and effects of single fields look at. The query takes all rows without a
    /// `filter`, a bool, and is by id without an `order`, an integer.
    const EntitySchema* seen = nullptr;
    const FieldSchema* seen_field = nullptr;
    const FieldSchema* filter = nullptr;
    const FieldSchema* order = nullptr;
    std::vector<std::string> seen_ids;

    const EntitySchema& entity(std::string_view name) const;
};

/// Notes and folders.
const Scene& built_in_scene();

/// A scene of the user's own entities.
class SchemaScene {
public:
    /// Reads a `.fbs` or a `.bfbs`. Throws: `Error`, with a text for the user, if it cannot be read
    /// or has nothing to synchronize.
    explicit SchemaScene(const std::filesystem::path& file);
    ~SchemaScene();

    const Scene& scene() const;
    /// What the simulator does not do with this schema, a line each.
    const std::vector<std::string>& left_out() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace syncline::sim
