#include <boost/test/unit_test.hpp>
#include <csignal>
#include <stdexcept>
#include <string>

#include "support/raw_http.hpp"
#include "support/server_process.hpp"
#include "support/temporary_folder.hpp"
#include "support/test_schema.hpp"
#include "syncline/base/random.hpp"
#include "syncline/protocol/messages.hpp"

// Bytes that no client would send, to the real server. It answers, or closes the connection, and
// is there for the next one.

using namespace syncline;
using namespace syncline::test;

namespace {

struct AbuseFixture {
    TemporaryFolder folder;
    ServerProcess server{SYNCLINE_SERVER, SYNCLINE_SCHEMA_DIR "/todo.fbs",
                         (folder / "server.db").string()};

    /// Sends `bytes` and takes whatever comes until the server closes the connection.
    void throw_at_server(const std::string& bytes) {
        try {
            RawConnection connection(server.port());
            connection.send(bytes);
            connection.finish_sending();
            while (!connection.is_closed()) connection.read(1);
        } catch (const std::runtime_error& error) {
            const std::string text = error.what();
            BOOST_TEST((text == "the server closed the connection" || text == "cannot connect"),
                       text);
        }
    }
    void check_alive() {
        BOOST_REQUIRE(RawConnection(server.port()).request(http_get("/healthz")).status == 200);
    }
    ~AbuseFixture() { BOOST_CHECK_EQUAL(server.stop(SIGTERM).exit_code, 0); }
};

Bytes push_body() {
    const Bytes row = note_row("n1", "a title");
    Mutation create;
    create.sequence = Sequence{1};
    create.id = MutationId{5};
    create.entity = "todo";
    create.key = "n1";
    create.payload = row;
    PushRequest request;
    request.scope = "user:1";
    request.client.low = 1;
    request.transactions = {{{create}}};
    request.pull = true;
    return encode(request);
}

Bytes pull_body() {
    PullRequest request;
    request.scope = "user:1";
    request.client.low = 1;
    return encode(request);
}

std::string random_bytes(Random& random, std::size_t size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.next());
    return bytes;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(server_abuse_tests, AbuseFixture)

BOOST_AUTO_TEST_CASE(random_bytes_instead_of_http) {
    Random random(1);
    for (int i = 0; i < 300; ++i) throw_at_server(random_bytes(random, random.below(3000)));
    check_alive();
}

BOOST_AUTO_TEST_CASE(random_bodies_to_every_endpoint) {
    Random random(2);
    for (int i = 0; i < 300; ++i) {
        for (const char* target : {"/v1/push", "/v1/pull", "/v1/snapshot"}) {
            const std::string body = random_bytes(random, random.below(500));
            throw_at_server(http_post(target, as_bytes(body)));
        }
    }
    check_alive();
}

BOOST_AUTO_TEST_CASE(good_requests_cut_short_or_with_flipped_bits) {
    Random random(3);
    const std::string requests[] = {
        http_post("/v1/push", push_body()),
        http_post("/v1/pull", pull_body()),
        http_post("/v1/snapshot", pull_body()),
        http_get("/v1/nothing?scope=user%3A1&client=00000000000000000000000000000001&cursor=1"),
    };
    for (int i = 0; i < 2000; ++i) {
        std::string bytes = requests[random.below(4)];
        if (random.below(2) == 0) bytes.resize(random.below(bytes.size()));
        for (std::uint64_t flips = random.below(5); flips > 0 && !bytes.empty(); --flips) {
            char& byte = bytes[random.below(bytes.size())];
            byte = static_cast<char>(byte ^ (1 << random.below(8)));
        }
        throw_at_server(bytes);
        if (i % 200 == 0) check_alive();
    }
    check_alive();
}

BOOST_AUTO_TEST_CASE(damaged_live_queries) {
    Random random(4);
    const std::string good =
        "/v1/live?scope=user%3A1&client=00000000000000000000000000000001&schema=1&cursor=9"
        "&epoch=00000000000000000000000000000001&confirmed=1";
    for (int i = 0; i < 500; ++i) {
        std::string target = good;
        char& byte = target[9 + random.below(target.size() - 9)];
        byte = static_cast<char>(33 + random.below(94));
        throw_at_server(http_get(target));
    }
    check_alive();
}

BOOST_AUTO_TEST_CASE(lengths_that_lie) {
    for (const char* length : {"99999999999999999999", "18446744073709551615", "-1", "69206016",
                               "4294967296", "0x10", "1 1", ""}) {
        throw_at_server(
            "POST /v1/push HTTP/1.1\r\nContent-Type: application/x-flatbuffers\r\n"
            "Content-Length: " +
            std::string(length) + "\r\n\r\nabc");
    }
    throw_at_server(
        "POST /v1/push HTTP/1.1\r\nContent-Type: application/x-flatbuffers\r\n"
        "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nabc");
    check_alive();
}

BOOST_AUTO_TEST_SUITE_END()
