#include <array>

#include "syncline/protocol/messages.hpp"

namespace syncline {
namespace {

struct Known {
    RequestError error;
    std::string_view name;
    int status;
};

constexpr std::array<Known, 13> kKnown{{
    {RequestError::invalid_request, "invalid_request", 400},
    {RequestError::unauthorized, "unauthorized", 401},
    {RequestError::forbidden, "forbidden", 403},
    {RequestError::not_found, "not_found", 404},
    {RequestError::cursor_too_old, "cursor_too_old", 410},
    {RequestError::epoch_changed, "epoch_changed", 410},
    {RequestError::client_forked, "client_forked", 409},
    {RequestError::too_large, "too_large", 413},
    {RequestError::schema_unknown, "schema_unknown", 426},
    {RequestError::rate_limited, "rate_limited", 429},
    {RequestError::internal, "internal", 500},
    {RequestError::unavailable, "unavailable", 503},
    {RequestError::damaged, "damaged", 400},
}};

const Known& known(RequestError error) {
    for (const Known& entry : kKnown) {
        if (entry.error == error) return entry;
    }
    return kKnown[10];
}

}  // namespace

std::string_view to_string(RequestError error) {
    return known(error).name;
}

int http_status(RequestError error) {
    return known(error).status;
}

}  // namespace syncline
