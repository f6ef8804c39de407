#include "answer.hpp"

#include <string>

#include "syncline/base/error.hpp"

namespace syncline {
namespace {

using Kind = Failure::Kind;
using Outcome = TransportResponse::Outcome;

Failure failure(Kind kind, std::string code, std::string text) {
    Failure result;
    result.kind = kind;
    result.error = {std::move(code), std::move(text)};
    return result;
}

Failure not_answered(const TransportResponse& response) {
    const auto text = [&](std::string_view what) {
        std::string sentence(what);
        if (!response.detail.empty()) sentence += ": " + response.detail;
        return sentence;
    };
    switch (response.outcome) {
        case Outcome::timed_out:
            return failure(Kind::lost, "timed_out", text("The server did not answer in time"));
        case Outcome::cut:
            return failure(Kind::lost, "cut", text("The connection ended before the answer did"));
        case Outcome::cancelled:
            return failure(Kind::lost, "cancelled", text("The exchange was cancelled"));
        case Outcome::unreachable:
        case Outcome::answered:
            break;
    }
    return failure(Kind::lost, "unreachable", text("The server could not be reached"));
}

Kind kind_of(RequestError error) {
    switch (error) {
        case RequestError::invalid_request:
        case RequestError::not_found:
            return Kind::request;
        case RequestError::unauthorized:
            return Kind::unauthorized;
        case RequestError::forbidden:
            return Kind::forbidden;
        case RequestError::cursor_too_old:
        case RequestError::epoch_changed:
            return Kind::resync;
        case RequestError::client_forked:
            return Kind::forked;
        case RequestError::too_large:
            return Kind::too_large;
        case RequestError::schema_unknown:
            return Kind::schema_unknown;
        case RequestError::rate_limited:
        case RequestError::internal:
        case RequestError::unavailable:
        case RequestError::damaged:
            return Kind::busy;
    }
    return Kind::busy;
}

Failure typed(const ErrorResponse& error) {
    Failure result = failure(kind_of(error.error), std::string(to_string(error.error)),
                             std::string(error.message));
    result.reached = true;
    result.limits = error.limits;
    if (error.retry_after.count() > 0) result.retry_after = error.retry_after;
    return result;
}

// What a proxy, a load balancer or a captive portal says. Only statuses that mean the same
// everywhere are believed: a 410 or 426 of somebody else must not start a resync.
Failure untyped(int status) {
    const std::string text = "Something that is no syncline server answered with HTTP status " +
                             std::to_string(status) + "; check the server's address";
    switch (status) {
        case 401:
            return failure(Kind::unauthorized, "unauthorized", text);
        case 403:
            return failure(Kind::forbidden, "forbidden", text);
        case 413:
            return failure(Kind::too_large, "too_large", text);
        case 429:
            return failure(Kind::busy, "rate_limited", text);
        case 503:
            return failure(Kind::busy, "unavailable", text);
        default:
            return failure(Kind::lost, "invalid_answer", text);
    }
}

std::optional<Failure> typed_in(const TransportResponse& response) {
    try {
        return typed(decode_error(response.body));
    } catch (const ProtocolError&) {
        return std::nullopt;
    }
}

}  // namespace

std::optional<Failure> failure_in(const TransportResponse& response) {
    if (response.outcome != Outcome::answered) return not_answered(response);
    if (response.status == 200) return std::nullopt;
    auto result = typed_in(response);
    if (!result) result = untyped(response.status);
    if (response.retry_after) result->retry_after = response.retry_after;
    return result;
}

Failure invalid_answer(std::string text) {
    return failure(Kind::lost, "invalid_answer",
                   "The answer cannot be used: " + std::move(text) +
                       "; check the server's address and what lies between");
}

Failure divergence() {
    return failure(Kind::lost, "diverged",
                   "The rows here and at the server differ; all are fetched anew");
}

SyncError server_difference(const std::vector<std::string>& entities) {
    std::string names;
    for (const std::string& entity : entities) names += (names.empty() ? "" : ", ") + entity;
    return {"server_differs",
            "The server's rows of " + names +
                " are not those that its hashes say: its database was changed behind its back. "
                "What it has is shown here; see its log, and mend it there"};
}

Failure local_failure(std::string text) {
    return failure(Kind::lost, "local_failed", std::move(text));
}

}  // namespace syncline
