#include "stored_rows.hpp"

#include <string>

#include "syncline/base/error.hpp"
#include "syncline/protocol/row.hpp"

namespace syncline::server {
namespace {

// It comes from a damaged file, and goes into a log.
std::string shown(std::string_view key) {
    constexpr std::size_t kShownMax = 100;
    std::string text(key.substr(0, kShownMax));
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    }
    return text;
}

[[noreturn]] void refuse(const EntitySchema& entity, std::string_view key, const std::string& why) {
    throw StorageError(ErrorCode::database_damaged,
                       "the stored row " + std::string(entity.name) + " \"" + shown(key) +
                           "\" is damaged (" + why + "); restore the database from a backup");
}

}  // namespace

void verify_stored(const EntitySchema& entity, std::string_view key, ByteView row) {
    if (const auto fault = verify_row(*entity.table, row)) refuse(entity, key, *fault);
    if (RowView(row).string(entity.key) != key) refuse(entity, key, "it bears another id");
}

}  // namespace syncline::server
