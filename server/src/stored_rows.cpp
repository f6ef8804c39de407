#include "stored_rows.hpp"

#include <string>

#include "syncline/base/error.hpp"
#include "syncline/protocol/row.hpp"

namespace syncline::server {
namespace {

[[noreturn]] void refuse(const EntitySchema& entity, std::string_view key, const std::string& why) {
    throw StorageError(ErrorCode::database_damaged,
                       "the stored row " + std::string(entity.name) + " \"" + std::string(key) +
                           "\" is damaged (" + why + "); restore the database from a backup");
}

}  // namespace

void verify_stored(const EntitySchema& entity, std::string_view key, ByteView row) {
    if (const auto fault = verify_row(*entity.table, row)) refuse(entity, key, *fault);
    if (RowView(row).string(entity.key) != key) refuse(entity, key, "it bears another id");
}

}  // namespace syncline::server
