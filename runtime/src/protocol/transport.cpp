#include "syncline/protocol/transport.hpp"

namespace syncline {

std::string_view path(Endpoint endpoint) {
    switch (endpoint) {
        case Endpoint::push:
            return "/v1/push";
        case Endpoint::pull:
            return "/v1/pull";
        case Endpoint::snapshot:
            return "/v1/snapshot";
    }
    return "/v1";
}

}  // namespace syncline
