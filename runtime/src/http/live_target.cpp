#include "live_target.hpp"

namespace syncline::http {
namespace {

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

std::string percent_encoded(std::string_view text) {
    static constexpr char kDigits[] = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        if (is_unreserved(c)) {
            encoded.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        encoded.push_back('%');
        encoded.push_back(kDigits[byte >> 4]);
        encoded.push_back(kDigits[byte & 0xF]);
    }
    return encoded;
}

}  // namespace

std::string live_target(const LiveRequest& request) {
    return "/v1/live?scope=" + percent_encoded(request.scope) +
           "&client=" + to_string(request.client) + "&schema=" + std::to_string(request.schema) +
           "&epoch=" + to_string(request.epoch) +
           "&cursor=" + std::to_string(request.cursor.value) +
           "&confirmed=" + std::to_string(request.confirmed.value);
}

}  // namespace syncline::http
