#include "syncline/base/error.hpp"

namespace syncline {

std::string_view to_string(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument: return "invalid_argument";
        case ErrorCode::invalid_state: return "invalid_state";
        case ErrorCode::not_found: return "not_found";
        case ErrorCode::storage_failed: return "storage_failed";
        case ErrorCode::disk_full: return "disk_full";
        case ErrorCode::database_in_use: return "database_in_use";
        case ErrorCode::database_foreign: return "database_foreign";
        case ErrorCode::database_newer: return "database_newer";
        case ErrorCode::database_damaged: return "database_damaged";
        case ErrorCode::schema_invalid: return "schema_invalid";
        case ErrorCode::protocol_invalid: return "protocol_invalid";
        case ErrorCode::transport_failed: return "transport_failed";
        case ErrorCode::cycle: return "cycle";
        case ErrorCode::internal: return "internal";
    }
    return "unknown";
}

void detail::assertion_failed(const char* condition, const char* text, const char* file,
                              int line) {
    throw Error(ErrorCode::internal, std::string("syncline broke an invariant of its own: ") +
                                         text + " (" + condition + ", " + file + ":" +
                                         std::to_string(line) + "); please report it");
}

}  // namespace syncline
