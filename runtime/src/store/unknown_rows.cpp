#include "syncline/store/unknown_rows.hpp"

namespace syncline {

std::optional<UnknownRow> find_unknown(Connection& connection, std::uint64_t generation,
                                       std::string_view entity, std::string_view id) {
    StatementUse row(connection.prepare(
        "SELECT cursor, data FROM unknown_row WHERE generation = ? AND entity = ? AND id = ?"));
    if (!row->bind(1, generation).bind(2, entity).bind(3, id).step()) return std::nullopt;
    return UnknownRow{Cursor{row->unsigned_integer(0)}, to_bytes(row->blob(1))};
}

void put_unknown(Connection& connection, std::uint64_t generation, std::string_view entity,
                 std::string_view id, Cursor cursor, ByteView data) {
    StatementUse row(
        connection.prepare("INSERT OR REPLACE INTO unknown_row VALUES (?, ?, ?, ?, ?)"));
    row->bind(1, generation).bind(2, entity).bind(3, id).bind(4, cursor.value).bind(5, data);
    row->run();
}

void erase_unknown(Connection& connection, std::uint64_t generation, std::string_view entity,
                   std::string_view id) {
    StatementUse row(connection.prepare(
        "DELETE FROM unknown_row WHERE generation = ? AND entity = ? AND id = ?"));
    row->bind(1, generation).bind(2, entity).bind(3, id).run();
}

}  // namespace syncline
