#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "syncline/base/ids.hpp"
#include "syncline/protocol/schema.hpp"
#include "syncline/storage/database.hpp"
#include "syncline/store/query.hpp"
#include "syncline/store/stored_row.hpp"

namespace syncline {

/// A row to insert; owns nothing.
struct NewRow {
    std::string_view id;
    Cursor cursor;
    std::uint32_t pending = 0;
    Sequence create;
    ByteView data;
};

/// The rows of one entity, of all scopes and generations. Keeps no state: all is in the database.
///
/// Thread-safety: immutable; the connections passed in are used by one thread at a time.
class RowTable {
public:
    /// `entity` must outlive it. The table must have been prepared: see `prepare_row_tables`.
    explicit RowTable(const EntitySchema& entity);

    const EntitySchema& entity() const { return *entity_; }
    bool has_unique() const { return has_unique_; }
    bool has_stamps() const { return has_stamps_; }

    // --- For writers: one generation --------------------------------------------------------

    /// Adds a row without a base of its own. Returns false, and does nothing, if `id` is there.
    bool insert(Connection& connection, std::uint64_t generation, const NewRow& row) const;
    std::optional<StoredRow> find(Connection& connection, std::uint64_t generation,
                                  std::string_view id) const;
    /// Adds or replaces.
    void put(Connection& connection, std::uint64_t generation, std::string_view id,
             const StoredRow& row) const;
    void erase(Connection& connection, std::uint64_t generation, std::string_view id) const;
    /// The id of another row of the view with the value that `row` has in a unique field.
    std::optional<std::string> unique_conflict(Connection& connection, std::uint64_t generation,
                                               std::string_view id, ByteView row) const;

    // --- For readers: the view of a scope, whichever generation it is in -----------------------

    std::optional<Bytes> view(Connection& connection, std::int64_t scope,
                              std::string_view id) const;
    bool in_view(Connection& connection, std::int64_t scope, std::string_view id) const;
    bool is_pending(Connection& connection, std::int64_t scope, std::string_view id) const;
    /// Cost: O(rows).
    std::uint64_t count(Connection& connection, std::int64_t scope) const;
    /// Calls `visit` for each row that `query` selects until it returns false. `depth` tells apart
    /// selections that run at the same time on one connection.
    /// Throws: `InvalidArgument` for a field that is not indexed or a value of the wrong type.
    void select(Connection& connection, std::int64_t scope, const StoreQuery& query, int depth,
                const std::function<bool(ByteView)>& visit) const;

private:
    friend class RowTableSchema;
    struct Sql {
        std::string insert, find, put, erase, view, in_view, is_pending, count, select;
    };

    void bind_columns(Statement& statement, int first, ByteView row) const;
    ByteView verified(ByteView row) const;
    std::optional<Bytes> optional_row(const Statement& row, int column) const;

    const EntitySchema* entity_;
    std::vector<const FieldSchema*> columns_;  // the indexed fields, ascending by id
    bool has_stamps_ = false;
    bool has_unique_ = false;
    Sql sql_;
};

/// Makes the tables and columns that `schema` needs and the database lacks, fills them from the
/// rows that are there, and drops the columns that it no longer has, with their indexes. Unknown
/// rows of an entity that is now known move to its table. Indexes are made by `make_row_index`.
///
/// Returns whether the schema is another one than the last time, or the first: then the view of
/// every scope must be replayed, since mutations of a new entity may be in the queue, and rows with
/// something pending lack new fields in the view. Cost: O(schema) if nothing changed, else O(rows
/// of what changed).
bool prepare_row_tables(Connection& connection, const Schema& schema);

/// The entities that have a table and are not in `schema`.
std::vector<std::string> forgotten_entities(Connection& connection, const Schema& schema);

/// Makes the base rows of `entity` unknown rows and drops its table. Its views are lost: replay
/// them when it is known again. No queued create may have its payload in a row of it.
void forget_entity(Connection& connection, const std::string& entity);

/// The row that the queued create `sequence` made, or nothing if it is not there as it was made.
/// The schema need not know the entity.
std::optional<Bytes> created_row(Connection& connection, std::string_view entity,
                                 std::uint64_t generation, std::string_view id, Sequence sequence);

}  // namespace syncline
