#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace syncline {

/// Id of a field within its FlatBuffers table: its place in the vtable.
using FieldId = std::uint16_t;

/// Physical type of a field. An enum is its underlying integer; a byte blob is a vector of uint8.
enum class FieldType : std::uint8_t {
    none,
    boolean,
    int8,
    uint8,
    int16,
    uint16,
    int32,
    uint32,
    int64,
    uint64,
    float32,
    float64,
    string,
    structure,  ///< fixed-size struct, stored inline
    table,      ///< nested table
    vector,     ///< of `element`: scalars, strings or structs
};

constexpr bool is_scalar(FieldType type) {
    return type >= FieldType::boolean && type <= FieldType::float64;
}

/// How concurrent writes to one field combine, on the server and in the optimistic view alike.
enum class MergePolicy : std::uint8_t {
    lww,      ///< the write that reaches the server last wins
    counter,  ///< increments add up
    set,      ///< elements are added and removed; order of the vector: ascending, no duplicates
    max,      ///< the larger value wins
    min,      ///< the smaller value wins
};

/// Whether the runtime sets a field by itself.
enum class Stamp : std::uint8_t { none, created_at, updated_at };

/// What an update made against an older version of a row comes to.
enum class ConflictPolicy : std::uint8_t { merge, reject };

struct TableSchema;

/// One field of a table.
struct FieldSchema {
    std::string_view name;
    FieldId id = 0;
    FieldType type = FieldType::none;
    FieldType element = FieldType::none;  ///< of a vector, else none
    std::uint32_t struct_size = 0;        ///< bytes, of a struct or of a vector's structs
    std::uint32_t struct_align = 0;       ///< bytes
    const TableSchema* table = nullptr;   ///< of a nested table
    std::uint64_t default_bits = 0;       ///< of a scalar: its bit pattern, low bytes first
    bool required = false;                ///< string, vector, table or struct that must be present
    bool optional = false;                ///< a scalar that may be absent (`= null`)
    bool key = false;
    bool indexed = false;  ///< kept as an indexed column locally
    bool unique = false;
    MergePolicy merge = MergePolicy::lww;
    Stamp stamp = Stamp::none;
    std::string_view references = {};  ///< entity name that this string field refers to
};

/// A table's fields, ascending by id; deprecated ids are left out.
struct TableSchema {
    std::string_view name;
    std::span<const FieldSchema> fields = {};

    /// nullptr if there is none. Cost: O(log fields).
    const FieldSchema* find(FieldId id) const;
    /// nullptr if there is none. Cost: O(fields).
    const FieldSchema* find(std::string_view field_name) const;
};

inline constexpr std::uint8_t kPriorityDefault = 5;
inline constexpr std::uint8_t kPriorityMax = 9;

/// A synchronized record type.
struct EntitySchema {
    std::string_view name;  ///< on the wire and in the database: [a-z][a-z0-9_]*
    const TableSchema* table = nullptr;
    FieldId key = 0;
    ConflictPolicy conflict = ConflictPolicy::merge;
    bool local = false;  ///< stored, but never synchronized
    /// Place in a first sync, from 1, which comes first, to `kPriorityMax`.
    std::uint8_t priority = kPriorityDefault;

    const FieldSchema& key_field() const { return *table->find(key); }
};

/// A named mutation, and what it takes.
struct MutatorSchema {
    std::string_view name;  ///< on the wire and in the queue: [a-z][a-z0-9_]*
    const TableSchema* arguments = nullptr;
};

/// All entities of an application, and its named mutations. Immutable; generated code and the
/// server's schema loader make it.
struct Schema {
    std::span<const EntitySchema> entities;
    std::span<const MutatorSchema> mutators = {};

    /// nullptr if there is none.
    const EntitySchema* find(std::string_view entity) const;
    const MutatorSchema* find_mutator(std::string_view name) const;
};

/// Names everything that decides how bytes of this schema are read and merged, so that client and
/// server know whether they mean the same. Cost: O(schema); keep it.
std::uint64_t fingerprint(const Schema& schema);

}  // namespace syncline
