// Every decoder of the protocol, each on every input; with a checksum that matches, since it keeps
// out accidents, not somebody who means it.

#include "checksum.hpp"
#include "fuzz.hpp"
#include "support/test_schema.hpp"
#include "syncline/base/error.hpp"
#include "syncline/protocol/messages.hpp"

using namespace syncline;

namespace {

// Reads every byte, so that a sanitizer sees it.
volatile std::uint8_t sink = 0;

void touch(std::string_view text) {
    std::uint8_t sum = 0;
    for (const char c : text) sum = static_cast<std::uint8_t>(sum + c);
    sink = sum;
}
void touch(ByteView bytes) {
    touch(as_text(bytes));
}

void touch(const std::vector<Rejection>& rejections) {
    for (const Rejection& entry : rejections) {
        touch(entry.code);
        touch(entry.reason);
        touch(entry.row);
    }
}

void touch(const Page& page) {
    touch(page.scope);
    touch(page.continuation);
    for (const RowChange& row : page.rows) {
        touch(row.entity);
        touch(row.key);
        if (row.data) touch(*row.data);
    }
    for (const EntityHash& entry : page.hashes) touch(entry.entity);
    touch(page.rejections);
}

void touch(const PushRequest& request) {
    touch(request.scope);
    for (const Transaction& transaction : request.transactions) {
        for (const Mutation& mutation : transaction.mutations) {
            touch(mutation.entity);
            touch(mutation.key);
            touch(mutation.payload);
        }
    }
}

template <class Decode>
void attempt(const Decode& decode) {
    try {
        decode();
    } catch (const ProtocolError&) {
    }
}

Bytes unsealed(const Bytes& message) {
    return to_bytes(ByteView(message).first(message.size() - detail::kChecksumBytes));
}

}  // namespace

void fuzz_one(ByteView bytes) {
    Bytes body = to_bytes(bytes);
    attempt([&] { decode_page(body); });
    detail::append_checksum(body);
    attempt([&] { touch(decode_page(body)); });
    attempt([&] { touch(decode_push_request(body)); });
    attempt([&] { touch(decode_pull_request(body).scope); });
    attempt([&] { touch(decode_error(body).message); });
    attempt([&] {
        const PushResponse response = decode_push_response(body);
        touch(response.rejections);
        if (response.page) touch(*response.page);
    });
}

std::vector<Bytes> fuzz_seeds() {
    const Bytes row = test::note_row("n", "Milk");
    const Bytes patch = test::patch_title("Oat milk");
    const Bytes more{1, 2, 3};
    Page page;
    page.scope = "scope";
    page.to = Cursor{7};
    page.rows = {{"note", "n", Cursor{7}, ByteView(row)}, {"folder", "f", Cursor{6}, std::nullopt}};
    page.hashes = {{"note", {1, 2}}};
    page.rejections = {{Sequence{1}, "conflict", "Changed.", row}};
    PushRequest push;
    push.scope = "scope";
    push.client = {1, 2};
    push.transactions = {{{{.sequence = Sequence{1},
                            .id = MutationId{2},
                            .kind = MutationKind::update,
                            .entity = "note",
                            .key = "n",
                            .payload = patch}}}};
    PullRequest pull;
    pull.scope = "scope";
    pull.client = {1, 2};
    pull.continuation = more;
    ErrorResponse error;
    error.message = "no";
    const PushResponse response{{}, Sequence{1}, page.rejections, page};
    std::vector<Bytes> seeds;
    seeds.push_back(unsealed(encode(page)));
    seeds.push_back(unsealed(encode(push)));
    seeds.push_back(unsealed(encode(pull)));
    seeds.push_back(unsealed(encode(response)));
    seeds.push_back(unsealed(encode(error)));
    return seeds;
}
