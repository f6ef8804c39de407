#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "syncline/base/bytes.hpp"
#include "syncline/base/clock.hpp"
#include "syncline/base/ids.hpp"
#include "syncline/protocol/hash.hpp"

// The messages of the sync protocol as plain structs. Strings and byte views in a *decoded* message
// point into the body it was decoded from, which must outlive it; those of a message to be encoded
// point wherever the sender has them. docs/protocol.md says what each means; schema/protocol.fbs
// is the wire format.

namespace syncline {

enum class MutationKind : std::uint8_t {
    create,  ///< payload: the row
    update,  ///< payload: a patch
    remove,  ///< no payload
    named,   ///< entity: the mutator's name; payload: its arguments; key unused
};

struct Mutation {
    Sequence sequence = {};
    MutationId id = {};
    MutationKind kind = MutationKind::create;
    std::string_view entity = {};
    std::string_view key = {};  ///< id of the row
    ByteView payload = {};
    Cursor base = {};    ///< version of the row that the user saw; 0: none
    WallTime time = {};  ///< the device's clock: data, never order
};

/// Mutations that apply together or not at all; never empty.
struct Transaction {
    std::vector<Mutation> mutations = {};
    /// Not empty: its client gives it up, and the server rejects it with this code, unless it knows
    /// the mutations already. Keys and payloads are left out.
    std::string_view withdrawn = {};
    std::string_view reason = {};  ///< of that: a sentence for people
    /// The client id under which it was made, if its database has another one now; else zero.
    /// Copies of a database tell by this and the mutations' ids what they have in common.
    ClientId origin = {};
};

/// A mutation that the server refused for good.
struct Rejection {
    Sequence sequence = {};
    std::string_view code = {};    ///< a word for programs: see docs/protocol.md, "Rejections"
    std::string_view reason = {};  ///< a sentence for people
    ByteView row = {};             ///< the server's row then; empty: there is none
};

/// Asks for all that changed after `cursor`.
struct PullRequest {
    std::string_view scope = {};
    ClientId client = {};
    std::uint64_t schema = 0;     ///< `fingerprint` of the client's schema
    Epoch epoch = {};             ///< of the client's base; zero: has none
    Cursor cursor = {};           ///< state of the client's base
    bool snapshot = false;        ///< all rows from nothing; `cursor` and `epoch` are ignored
    ByteView continuation = {};   ///< from the previous page, unchanged; empty: first page
    Sequence confirmed = {};      ///< outcomes up to here are durable at the client
    std::uint32_t bytes_max = 0;  ///< wished page size; 0: the server's choice
};

/// A row as it is at the page's end; no data: it was deleted.
struct RowChange {
    std::string_view entity = {};
    std::string_view key = {};
    Cursor cursor = {};
    std::optional<ByteView> data = {};
};

struct EntityHash {
    std::string_view entity = {};
    SetHash hash = {};
};

/// Limits that the server announces with every page and with `too_large`.
struct Limits {
    std::uint32_t batch_mutations_max = 0;    ///< of a push of several transactions
    std::uint32_t batch_bytes_max = 0;        ///< of a push of several transactions
    std::uint32_t transaction_bytes_max = 0;  ///< of one transaction; larger ones are rejected
};

/// One page of changes. With `more`, it is staged only; the last one completes the state at `to`.
struct Page {
    std::string_view scope = {};
    Epoch epoch = {};
    bool snapshot = false;  ///< the pages hold all rows there are
    Cursor from = {};       ///< follows on any base at or after this cursor
    Cursor to = {};         ///< state when complete (with `more`: the head right now)
    bool more = false;
    ByteView continuation = {};    ///< for the next request, if `more`
    std::uint64_t rows_total = 0;  ///< estimate of the rows of all pages, for progress; 0: not said
    std::uint64_t bytes_total = 0;  ///< of these rows and their keys; 0: not said
    /// With `more`, of a snapshot: entities of a lower `EntitySchema::priority` were sent. 0: none.
    std::uint8_t priority = 0;
    std::vector<RowChange> rows = {};
    // Only in the last page:
    Sequence applied = {};       ///< last mutation of this client that the state at `to` includes
    MutationId applied_id = {};  ///< its id; zero if `applied` is 0
    std::vector<Rejection> rejections = {};  ///< of this client's, in (confirmed, applied]
    std::vector<EntityHash> hashes = {};     ///< of the state at `to`; empty: not given
    Limits limits = {};
};

struct PushRequest {
    std::string_view scope = {};
    ClientId client = {};
    std::uint64_t schema = 0;
    Sequence confirmed = {};
    std::vector<Transaction> transactions = {};  ///< sequences ascend throughout
    bool pull = false;  ///< wants the changes since `cursor` in the same answer
    Epoch epoch = {};
    Cursor cursor = {};
};

/// Says of each mutation of the push up to `processed` that it was applied, unless it is among the
/// rejections. Those after `processed` were not looked at: send them again.
struct PushResponse {
    Epoch epoch = {};
    Sequence processed = {};
    std::vector<Rejection> rejections = {};
    std::optional<Page> page = {};
};

/// A typed error in place of an answer.
enum class RequestError : std::uint8_t {
    invalid_request,  ///< 400: final for this request
    unauthorized,     ///< 401: wants another token
    forbidden,        ///< 403: this scope is not for this token
    not_found,        ///< 404: no such endpoint
    cursor_too_old,   ///< 410: resync from a snapshot
    epoch_changed,    ///< 410: another history; resync from a snapshot
    client_forked,    ///< 409: two databases use this client id; take a new one
    too_large,        ///< 413: `limits` tell what fits
    schema_unknown,   ///< 426: the server does not know this schema version yet
    rate_limited,     ///< 429: later
    internal,         ///< 500: later
    unavailable,      ///< 503: later
    damaged,          ///< 400: changed on its way; send it again
};
std::string_view to_string(RequestError error);
int http_status(RequestError error);

struct ErrorResponse {
    RequestError error = RequestError::internal;
    std::string_view message = {};             ///< a sentence: what, where, what to do
    std::chrono::milliseconds retry_after{0};  ///< 0: not said
    Limits limits = {};
};

/// Longest message that is encoded or decoded.
inline constexpr std::size_t kMessageBytesMax = std::size_t{1} << 30;

/// Throws: `InvalidArgument` if the message does not fit the format (longer than
/// `kMessageBytesMax`, more than 65,535 entity names). Cost: O(size).
Bytes encode(const PushRequest& message);
Bytes encode(const PushResponse& message);
Bytes encode(const PullRequest& message);
Bytes encode(const Page& message);
Bytes encode(const ErrorResponse& message);

/// Throws: `DamagedMessage` if the checksum at the end of `body` is not that of the rest;
/// `ProtocolError` if `body` is not a valid message of this kind, or does not begin at an
/// address that 8 divides (as the memory of `Bytes` does). Everything a message points to lies
/// within `body`, and no two byte views share bytes; rows and patches inside are *not* verified
/// yet. Checked beyond the format: sequences ascend from 1 and no transaction is empty; the names
/// of entities and the keys of row changes are not empty; a page with `more` has a continuation.
/// Cost: O(size of the frame), not of the rows; what is allocated is at most 8 times `body`.
PushRequest decode_push_request(ByteView body);
PushResponse decode_push_response(ByteView body);
PullRequest decode_pull_request(ByteView body);
Page decode_page(ByteView body);
ErrorResponse decode_error(ByteView body);

}  // namespace syncline
