#include <boost/test/unit_test.hpp>
#include <cstring>
#include <functional>
#include <string>

#include "checksum.hpp"
#include "every_type.hpp"
#include "support/test_schema.hpp"
#include "syncline/base/error.hpp"
#include "syncline/protocol/messages.hpp"

using namespace syncline;
using namespace syncline::test;
using namespace std::chrono_literals;

namespace {

Id128 id128(std::uint64_t high, std::uint64_t low) {
    return {high, low};
}
ClientId client(std::uint64_t low) {
    return {id128(1, low)};
}
Epoch epoch(std::uint64_t low) {
    return {id128(2, low)};
}

Mutation mutation(std::uint64_t sequence, ByteView payload) {
    return {.sequence = {sequence},
            .id = {sequence * 1000},
            .kind = MutationKind::update,
            .entity = "note",
            .key = "n1",
            .payload = payload,
            .base = {9},
            .time = WallTime(77us)};
}

const Bytes kRow = note_row("n1", "Milk");

PushRequest push_request() {
    PushRequest message;
    message.scope = "user:1";
    message.client = client(3);
    message.schema = 4;
    message.confirmed = {5};
    message.transactions = {{{mutation(6, kRow), mutation(7, {})}}, {{mutation(8, kRow)}}};
    message.transactions[1].withdrawn = "too_large";
    message.transactions[1].origin = ClientId{Id128{5, 6}};
    message.transactions[1].reason = "It is.";
    message.pull = true;
    message.epoch = epoch(9);
    message.cursor = {10};
    return message;
}

Page page() {
    Page message;
    message.scope = "user:1";
    message.epoch = epoch(2);
    message.from = {3};
    message.to = {5};
    message.rows_total = 2;
    message.bytes_total = 90;
    message.priority = 3;
    message.rows = {{"note", "n1", {4}, ByteView(kRow)},
                    {"folder", "f1", {5}, std::nullopt},
                    {"note", "n2", {5}, ByteView(kRow)}};
    message.applied = {6};
    message.applied_id = {60};
    message.rejections = {{{4}, "not_found", "There is no note n9.", {}}};
    message.hashes = {{"note", {7, 8}}, {"list", {9, 10}}};
    message.limits = {100, 1000, 10'000};
    return message;
}

std::string hex(ByteView bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text.push_back(kDigits[byte >> 4]);
        text.push_back(kDigits[byte & 15]);
    }
    return text;
}

bool within(const Bytes& body, ByteView part) {
    return part.data() >= body.data() && part.data() + part.size() <= body.data() + body.size();
}

/// Reads all a message points to, so that a sanitizer sees it.
std::size_t touch(std::string_view text) {
    std::size_t sum = 0;
    for (const char c : text) sum += static_cast<std::uint8_t>(c);
    return sum;
}
std::size_t touch(ByteView bytes) {
    return touch(as_text(bytes));
}

std::size_t touch(const Page& message) {
    std::size_t sum = touch(message.scope) + touch(message.continuation);
    for (const auto& row : message.rows) {
        sum += touch(row.entity) + touch(row.key) + (row.data ? touch(*row.data) : 0);
    }
    for (const auto& entry : message.hashes) sum += touch(entry.entity);
    for (const auto& entry : message.rejections) sum += touch(entry.code) + touch(entry.row);
    return sum;
}

std::size_t touch(const PushRequest& message) {
    std::size_t sum = touch(message.scope);
    for (const auto& transaction : message.transactions) {
        sum += touch(transaction.withdrawn) + touch(transaction.reason);
        for (const auto& entry : transaction.mutations) {
            sum += touch(entry.entity) + touch(entry.key) + touch(entry.payload);
        }
    }
    return sum;
}

/// With a checksum that matches, as only somebody who means it would send it.
Bytes sealed(ByteView body) {
    Bytes result = to_bytes(body);
    detail::append_checksum(result);
    return result;
}

/// Changed and cut bytes of `valid` are refused with a ProtocolError or give a message.
void fuzz(const Bytes& valid, const std::function<void(const Bytes&)>& decode) {
    const std::uint64_t seed = Random::from_system().next();
    BOOST_TEST_MESSAGE("seed " << seed);
    Random random(seed);
    int refused = 0;
    const auto attempt = [&](const Bytes& body) {
        try {
            decode(body);
        } catch (const ProtocolError&) {
            ++refused;
        }
    };
    const std::size_t unsealed = valid.size() - detail::kChecksumBytes;
    for (std::size_t size = 0; size < unsealed; ++size) {
        attempt(sealed(ByteView(valid).first(size)));
    }
    BOOST_TEST(refused > 0);
    for (int round = 0; round < 20'000; ++round) {
        Bytes body = valid;
        for (std::uint64_t flips = 1 + random.below(4); flips > 0; --flips) {
            body[random.below(body.size())] = static_cast<std::uint8_t>(
                random.below(2) == 0 ? random.next() : random.below(2) * 0xFF);
        }
        attempt(sealed(ByteView(body).first(unsealed)));
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(message_tests)

BOOST_AUTO_TEST_CASE(a_push_request_arrives_as_it_was_sent) {
    const Bytes body = encode(push_request());
    const PushRequest got = decode_push_request(body);
    BOOST_TEST(got.scope == "user:1");
    BOOST_TEST((got.client == client(3)));
    BOOST_TEST(got.schema == 4U);
    BOOST_TEST((got.confirmed == Sequence{5}));
    BOOST_TEST(got.pull);
    BOOST_TEST((got.epoch == epoch(9)));
    BOOST_TEST((got.cursor == Cursor{10}));
    BOOST_REQUIRE(got.transactions.size() == 2U);
    BOOST_REQUIRE(got.transactions[0].mutations.size() == 2U);
    const Mutation& first = got.transactions[0].mutations[0];
    BOOST_TEST((first.sequence == Sequence{6}));
    BOOST_TEST((first.id == MutationId{6000}));
    BOOST_TEST((first.kind == MutationKind::update));
    BOOST_TEST(first.entity == "note");
    BOOST_TEST(first.key == "n1");
    BOOST_TEST(to_bytes(first.payload) == kRow, boost::test_tools::per_element());
    BOOST_TEST((first.base == Cursor{9}));
    BOOST_TEST((first.time == WallTime(77us)));
    BOOST_TEST(got.transactions[0].mutations[1].payload.empty());
    BOOST_TEST((got.transactions[1].mutations[0].sequence == Sequence{8}));
    BOOST_TEST(got.transactions[0].withdrawn.empty());
    BOOST_TEST(!got.transactions[0].origin);
    BOOST_TEST((got.transactions[1].origin == ClientId{Id128{5, 6}}));
    BOOST_TEST(got.transactions[1].withdrawn == "too_large");
    BOOST_TEST(got.transactions[1].reason == "It is.");
}

BOOST_AUTO_TEST_CASE(a_push_response_arrives_as_it_was_sent) {
    const PushResponse message{epoch(1), {4}, {{{4}, "conflict", "Changed since.", kRow}}, page()};
    const Bytes body = encode(message);
    const PushResponse got = decode_push_response(body);
    BOOST_TEST((got.epoch == epoch(1)));
    BOOST_TEST((got.processed == Sequence{4}));
    BOOST_REQUIRE(got.rejections.size() == 1U);
    BOOST_TEST((got.rejections[0].sequence == Sequence{4}));
    BOOST_TEST(got.rejections[0].code == "conflict");
    BOOST_TEST(got.rejections[0].reason == "Changed since.");
    BOOST_TEST(to_bytes(got.rejections[0].row) == kRow, boost::test_tools::per_element());
    BOOST_REQUIRE(got.page);
    BOOST_TEST(got.page->rows.size() == 3U);
    BOOST_TEST(!decode_push_response(encode(PushResponse{})).page);
}

BOOST_AUTO_TEST_CASE(a_pull_request_arrives_as_it_was_sent) {
    const Bytes continuation{1, 2, 3};
    const Bytes body =
        encode(PullRequest{"s", client(2), 3, epoch(4), {5}, true, continuation, {6}, 7});
    const PullRequest got = decode_pull_request(body);
    BOOST_TEST(got.scope == "s");
    BOOST_TEST((got.client == client(2)));
    BOOST_TEST(got.schema == 3U);
    BOOST_TEST((got.epoch == epoch(4)));
    BOOST_TEST((got.cursor == Cursor{5}));
    BOOST_TEST(got.snapshot);
    BOOST_TEST(to_bytes(got.continuation) == continuation, boost::test_tools::per_element());
    BOOST_TEST((got.confirmed == Sequence{6}));
    BOOST_TEST(got.bytes_max == 7U);
}

BOOST_AUTO_TEST_CASE(a_page_arrives_as_it_was_sent) {
    const Bytes body = encode(page());
    const Page got = decode_page(body);
    BOOST_TEST(got.scope == "user:1");
    BOOST_TEST((got.epoch == epoch(2)));
    BOOST_TEST(!got.snapshot);
    BOOST_TEST((got.from == Cursor{3}));
    BOOST_TEST((got.to == Cursor{5}));
    BOOST_TEST(!got.more);
    BOOST_TEST(got.rows_total == 2U);
    BOOST_TEST(got.bytes_total == 90U);
    BOOST_TEST(got.priority == 3U);
    BOOST_REQUIRE(got.rows.size() == 3U);
    BOOST_TEST(got.rows[0].entity == "note");
    BOOST_TEST(got.rows[0].key == "n1");
    BOOST_TEST((got.rows[0].cursor == Cursor{4}));
    BOOST_TEST(to_bytes(got.rows[0].data.value()) == kRow, boost::test_tools::per_element());
    BOOST_TEST(got.rows[1].entity == "folder");
    BOOST_TEST(!got.rows[1].data);
    BOOST_TEST(got.rows[2].entity == "note");
    BOOST_TEST((got.applied == Sequence{6}));
    BOOST_TEST((got.applied_id == MutationId{60}));
    BOOST_TEST(got.rejections[0].reason == "There is no note n9.");
    BOOST_REQUIRE(got.hashes.size() == 2U);
    BOOST_TEST(got.hashes[1].entity == "list");
    BOOST_TEST((got.hashes[1].hash == SetHash{9, 10}));
    BOOST_TEST(got.limits.transaction_bytes_max == 10'000U);
}

BOOST_AUTO_TEST_CASE(an_error_arrives_as_it_was_sent) {
    const Bytes body =
        encode(ErrorResponse{RequestError::too_large, "Too much.", 1500ms, {1, 2, 3}});
    const ErrorResponse got = decode_error(body);
    BOOST_TEST((got.error == RequestError::too_large));
    BOOST_TEST(got.message == "Too much.");
    BOOST_TEST((got.retry_after == 1500ms));
    BOOST_TEST(got.limits.batch_bytes_max == 2U);
}

BOOST_AUTO_TEST_CASE(decoding_points_into_the_body_and_copies_no_row) {
    const Bytes body = encode(page());
    const Page got = decode_page(body);
    BOOST_TEST(within(body, *got.rows[0].data));
    BOOST_TEST(within(body, as_bytes(got.rows[0].key)));
    const Bytes push = encode(push_request());
    BOOST_TEST(within(push, decode_push_request(push).transactions[0].mutations[0].payload));
}

BOOST_AUTO_TEST_CASE(a_row_with_no_bytes_is_no_deletion) {
    Page message = page();
    message.rows = {{"note", "n1", {4}, ByteView{}}};
    const Bytes body = encode(message);
    BOOST_TEST(decode_page(body).rows[0].data.has_value());
}

BOOST_AUTO_TEST_CASE(the_bytes_of_small_messages_are_these) {
    PushRequest push;
    push.scope = "s";
    push.client = client(2);
    push.transactions = {{{{.sequence = {1},
                            .id = {2},
                            .kind = MutationKind::remove,
                            .entity = "note",
                            .key = "n"}}}};
    Page small;
    small.scope = "s";
    small.epoch = epoch(1);
    small.to = {2};
    small.rows = {{"note", "n", {2}, std::nullopt}};
    BOOST_TEST(hex(encode(push)) ==
               "1800000000001200300004000800000000001c0000002000120000002c00000001000000"
               "000000000200000000000000000000001c00000000000000000000000000000000000000"
               "0100000073000000010000000c0000000000060008000400060000000400000001000000"
               "1400000000000e00240010001800070008000c000e000000000000021c00000024000000"
               "0100000000000000020000000000000000000000040000006e6f74650000000001000000"
               "6e000000c6d38c2beaddf595");
    BOOST_TEST(hex(encode(PushResponse{epoch(1), {2}, {}, {}})) ==
               "0c00000008001c0004001400080000000200000000000000010000000000000002000000"
               "00000000093df5de3aabb041");
    BOOST_TEST(hex(encode(PullRequest{.scope = "s", .client = client(2)})) ==
               "100000000c00280004000800000018000c00000024000000010000000000000002000000"
               "00000000000000000000000000000000000000000100000073000000d9a04dc341784b8c");
    BOOST_TEST(hex(encode(small)) ==
               "28000000000022003800040008000000000030000000000000001c002000000000000000"
               "000024002200000034000000020000000000000001000000000000000000000024000000"
               "340000000000000000000000000000000200000000000000010000007300000001000000"
               "04000000040000006e6f746500000000010000001000000000000a001000000004000800"
               "0a0000000c0000000200000000000000010000006e000000756fa3f0b5d2f030");
    BOOST_TEST(hex(encode(ErrorResponse{RequestError::forbidden, "no", 0ms, {}})) ==
               "100000000c0018000700080000000c000c00000000000002100000000000000000000000"
               "00000000020000006e6f0000df597e647fe9267c");
}

BOOST_AUTO_TEST_CASE(an_empty_transaction_is_refused) {
    PushRequest message = push_request();
    message.transactions.push_back({});
    BOOST_CHECK_THROW(decode_push_request(encode(message)), ProtocolError);
}

BOOST_AUTO_TEST_CASE(sequences_that_do_not_ascend_are_refused) {
    PushRequest message = push_request();
    message.transactions[1].mutations[0].sequence = {7};
    BOOST_CHECK_THROW(decode_push_request(encode(message)), ProtocolError);
    message.transactions[0].mutations[0].sequence = {0};
    message.transactions[1].mutations[0].sequence = {8};
    BOOST_CHECK_THROW(decode_push_request(encode(message)), ProtocolError);
}

BOOST_AUTO_TEST_CASE(a_page_that_goes_on_without_saying_where_is_refused) {
    Page message = page();
    message.more = true;
    BOOST_CHECK_THROW(decode_page(encode(message)), ProtocolError);
    const Bytes continuation{1};
    message.continuation = continuation;
    BOOST_TEST(decode_page(encode(message)).more);
}

BOOST_AUTO_TEST_CASE(one_kind_of_message_is_not_taken_for_another) {
    BOOST_CHECK_THROW(decode_page(encode(ErrorResponse{})), ProtocolError);
    BOOST_CHECK_THROW(decode_push_request(encode(page())), ProtocolError);
    BOOST_CHECK_THROW(decode_pull_request({}), ProtocolError);
}

BOOST_AUTO_TEST_CASE(a_body_at_an_odd_address_is_refused) {
    const Bytes body = encode(page());
    Bytes moved(body.size() + 1);
    std::copy(body.begin(), body.end(), moved.begin() + 1);
    BOOST_CHECK_THROW(decode_page(ByteView(moved).subspan(1)), ProtocolError);
}

BOOST_AUTO_TEST_CASE(rows_that_share_their_bytes_are_refused) {
    const Bytes large(10'000, 'x');
    Page message = page();
    message.rows.clear();
    message.rows.push_back({"note", "n", {1}, ByteView(large)});
    for (int i = 0; i < 10; ++i) message.rows.push_back({"note", "n", {1}, ByteView(kRow)});
    Bytes body = encode(message);
    // Every offset to kRow's bytes is made to lead to the large ones.
    const Page decoded = decode_page(body);
    const auto place = [&](ByteView data) {
        return static_cast<std::size_t>(data.data() - body.data()) - 4;
    };
    const std::size_t target = place(*decoded.rows[0].data);
    int changed = 0;
    for (std::size_t i = 1; i <= 10; ++i) {
        const std::size_t source = place(*decoded.rows[i].data);
        for (std::size_t at = 0; at + 4 <= body.size(); at += 4) {
            std::uint32_t offset = 0;
            std::memcpy(&offset, &body[at], 4);
            if (at + offset != source || offset == 0) continue;
            offset = static_cast<std::uint32_t>(target - at);
            std::memcpy(&body[at], &offset, 4);
            ++changed;
        }
    }
    BOOST_TEST(changed == 10);
    body = sealed(ByteView(body).first(body.size() - detail::kChecksumBytes));
    BOOST_CHECK_EXCEPTION(decode_page(body), ProtocolError, [](const ProtocolError& fault) {
        return std::string(fault.what()).find("share bytes") != std::string::npos;
    });
}

BOOST_AUTO_TEST_CASE(changed_and_cut_messages_are_refused_or_safe_to_read) {
    const PushResponse response{epoch(1), {4}, {{{4}, "conflict", "Changed.", kRow}}, page()};
    fuzz(encode(push_request()), [](const Bytes& b) { touch(decode_push_request(b)); });
    fuzz(encode(page()), [](const Bytes& b) { touch(decode_page(b)); });
    fuzz(encode(response), [](const Bytes& b) {
        const PushResponse got = decode_push_response(b);
        if (got.page) touch(*got.page);
    });
    fuzz(encode(PullRequest{.scope = "s", .client = client(2), .continuation = kRow}),
         [](const Bytes& b) { touch(decode_pull_request(b).continuation); });
    fuzz(encode(ErrorResponse{RequestError::forbidden, "no", 5ms, {}}),
         [](const Bytes& b) { touch(decode_error(b).message); });
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_and_every_cut_is_noticed) {
    const Bytes whole = encode(page());
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        Bytes body = whole;
        body[bit / 8] = static_cast<std::uint8_t>(body[bit / 8] ^ 1U << bit % 8);
        BOOST_CHECK_THROW(decode_page(body), DamagedMessage);
    }
    for (std::size_t size = 0; size < whole.size(); ++size) {
        BOOST_CHECK_THROW(decode_page(ByteView(whole).first(size)), DamagedMessage);
    }
}

BOOST_AUTO_TEST_CASE(every_error_has_a_name_and_a_status) {
    BOOST_TEST(to_string(RequestError::cursor_too_old) == "cursor_too_old");
    BOOST_TEST(http_status(RequestError::cursor_too_old) == 410);
    BOOST_TEST(http_status(RequestError::client_forked) == 409);
    BOOST_TEST(http_status(RequestError::schema_unknown) == 426);
    BOOST_TEST(http_status(RequestError::unavailable) == 503);
}

BOOST_AUTO_TEST_SUITE_END()
