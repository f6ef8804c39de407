#include "syncline/server/http_server.hpp"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine_fixture.hpp"
#include "support/raw_http.hpp"
#include "syncline/server/service.hpp"
#include "syncline/server/token_file.hpp"

using namespace syncline;
using namespace syncline::test;
using namespace std::chrono_literals;
using server::HttpOptions;
using server::HttpServer;

namespace {

ByteView bytes(const std::string& text) {
    return as_bytes(text);
}

/// Bodies of answers lie in texts; messages want the alignment of `Bytes`.
struct Decoded {
    explicit Decoded(const std::string& body) : bytes(to_bytes(as_bytes(body))) {}
    RequestError error() const { return decode_error(bytes).error; }
    Page page() const { return decode_page(bytes); }
    Bytes bytes;
};

/// A server that serves as long as it lives.
class RunningServer {
public:
    RunningServer(server::Engine& engine, const server::Authorizer& authorizer,
                  const HttpOptions& options)
        : server_(engine, authorizer, options), thread_([this] { server_.run(); }) {}
    ~RunningServer() { stop(); }

    std::uint16_t port() const { return server_.port(); }
    void stop() {
        if (!thread_.joinable()) return;
        server_.stop();
        thread_.join();
    }
    void begin_stop() { server_.stop(); }
    void join() { thread_.join(); }

private:
    HttpServer server_;
    std::thread thread_;
};

struct HttpFixture : EngineFixture {
    HttpOptions http;
    std::unique_ptr<RunningServer> running;
    server::TokenFile tokens = server::TokenFile::parse(R"({"secret": ["user:1"]})", "t");

    std::uint16_t port() {
        if (!running) {
            running = std::make_unique<RunningServer>(engine, server::Service::allow_all(), http);
        }
        return running->port();
    }
    RawConnection connect() { return RawConnection(port()); }

    std::string push_text(const PushRequest& request) {
        return http_post("/v1/push", encode(request));
    }
    RawResponse push_over_http(const PushRequest& request) {
        return connect().request(push_text(request));
    }
    void check_error(const RawResponse& response, int status, RequestError error) {
        BOOST_TEST(response.status == status);
        BOOST_TEST((Decoded(response.body).error() == error));
    }

    std::string live_target(const TestClient& client, Cursor from) {
        return "/v1/live?scope=user%3A1&client=" + to_string(client.id) +
               "&schema=" + std::to_string(client.schema) + "&epoch=" + to_string(engine.epoch()) +
               "&cursor=" + std::to_string(from.value) + "&confirmed=0";
    }
    RawConnection open_live(const TestClient& client, Cursor from = {}) {
        RawConnection connection = connect();
        connection.send(http_get(live_target(client, from)));
        const RawResponse head = connection.read_head();
        BOOST_TEST(head.status == 200);
        BOOST_TEST(head.headers.at("transfer-encoding") == "chunked");
        return connection;
    }
    /// The next frame's page, heartbeats passed over.
    static Decoded read_frame(RawConnection& live) {
        for (;;) {
            const std::string chunk = live.read_chunk();
            std::uint32_t size = 0;
            BOOST_REQUIRE(chunk.size() >= 4);
            std::memcpy(&size, chunk.data(), 4);
            BOOST_REQUIRE(chunk.size() == size + 4);
            if (size != 0) return Decoded(chunk.substr(4));
        }
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(http_server_tests, HttpFixture)

BOOST_AUTO_TEST_CASE(health_is_told_as_json) {
    const RawResponse response = connect().request(http_get("/healthz"));
    BOOST_TEST(response.status == 200);
    BOOST_TEST(response.headers.at("content-type") == "application/json");
    BOOST_TEST(response.body.find(to_string(engine.epoch())) != std::string::npos);
    BOOST_TEST(response.headers.at("cache-control") == "no-store");
}

BOOST_AUTO_TEST_CASE(one_connection_takes_request_after_request) {
    RawConnection connection = connect();
    BOOST_TEST(connection.request(push_text(anna.request(anna.create_note("n1", "a")))).status ==
               200);
    const RawResponse pulled =
        connection.request(http_post("/v1/pull", encode(pull_request(anna))));
    BOOST_TEST(pulled.status == 200);
    BOOST_TEST(pulled.headers.at("content-type") == "application/x-flatbuffers");
    BOOST_TEST(pulled.headers.at("cache-control") == "no-store");
    BOOST_TEST(Decoded(pulled.body).page().rows.size() == 1U);
    const RawResponse snapshot =
        connection.request(http_post("/v1/snapshot", encode(pull_request(anna))));
    BOOST_TEST(Decoded(snapshot.body).page().snapshot);
}

BOOST_AUTO_TEST_CASE(requests_sent_ahead_are_answered_in_their_order) {
    RawConnection connection = connect();
    connection.send(push_text(anna.request(anna.create_note("n1", "a"))) +
                    http_post("/v1/pull", encode(pull_request(anna))) + http_get("/healthz"));
    BOOST_TEST(connection.read_response().status == 200);
    BOOST_TEST(Decoded(connection.read_response().body).page().rows.size() == 1U);
    BOOST_TEST(connection.read_response().headers.at("content-type") == "application/json");
}

BOOST_AUTO_TEST_CASE(a_body_may_come_in_chunks) {
    RawConnection connection = connect();
    const Bytes body = encode(pull_request(anna));
    const std::string text(as_text(body));
    char size[16];
    std::snprintf(size, sizeof size, "%zx", text.size() - 5);
    const RawResponse response = connection.request(
        "POST /v1/pull HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-flatbuffers\r\n"
        "Transfer-Encoding: chunked\r\n\r\n5\r\n" +
        text.substr(0, 5) + "\r\n" + size + "\r\n" + text.substr(5) + "\r\n0\r\n\r\n");
    BOOST_TEST(response.status == 200);
}

BOOST_AUTO_TEST_CASE(a_client_that_waits_to_be_told_to_go_on_is_told) {
    RawConnection connection = connect();
    const Bytes body = encode(pull_request(anna));
    const std::string request = http_post("/v1/pull", body, "Expect: 100-continue\r\n");
    connection.send(request.substr(0, request.size() - body.size()));
    BOOST_TEST(connection.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    connection.send(as_text(body));
    BOOST_TEST(connection.read_response().status == 200);
}

// --- Requests that cannot be served ----------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_unknown_path_is_404_and_typed) {
    check_error(connect().request(http_get("/v1/nothing")), 404, RequestError::not_found);
    check_error(connect().request(http_post("/", bytes("abc"))), 404, RequestError::not_found);
}

BOOST_AUTO_TEST_CASE(a_wrong_method_is_405_and_typed) {
    const RawResponse response = connect().request(http_get("/v1/push"));
    check_error(response, 405, RequestError::invalid_request);
    BOOST_TEST(response.headers.at("allow") == "POST");
    check_error(connect().request(http_post("/v1/live", bytes(""))), 405,
                RequestError::invalid_request);
}

BOOST_AUTO_TEST_CASE(a_body_of_another_type_is_refused) {
    const Bytes body = encode(pull_request(anna));
    std::string request = http_post("/v1/pull", body);
    request.replace(request.find("application/x-flatbuffers"), 25, "application/json");
    check_error(connect().request(request), 400, RequestError::invalid_request);
    check_error(connect().request(http_post("/v1/pull", body, "Content-Encoding: gzip\r\n")), 400,
                RequestError::invalid_request);
}

BOOST_AUTO_TEST_CASE(a_malformed_body_is_400_and_the_connection_goes_on) {
    RawConnection connection = connect();
    check_error(connection.request(http_post("/v1/push", bytes("rubbish"))), 400,
                RequestError::damaged);
    BOOST_TEST(connection.request(http_get("/healthz")).status == 200);
}

BOOST_AUTO_TEST_CASE(an_oversized_body_is_413_and_tells_the_limits) {
    http.body_bytes_max = 1000;
    const std::string large(5000, 'x');
    const RawResponse response = connect().request(http_post("/v1/push", bytes(large)));
    check_error(response, 413, RequestError::too_large);
    const Bytes body = to_bytes(bytes(response.body));
    BOOST_TEST(decode_error(body).limits.transaction_bytes_max == 64U << 20);
    check_error(connect().request(
                    "POST /v1/push HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-flatbuffers"
                    "\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n" +
                    large + "\r\n0\r\n\r\n"),
                413, RequestError::too_large);
}

BOOST_AUTO_TEST_CASE(a_client_that_sends_all_of_an_oversized_body_first_still_gets_its_answer) {
    http.body_bytes_max = 1000;
    const std::string large(20 << 20, 'x');
    check_error(connect().request(http_post("/v1/push", bytes(large))), 413,
                RequestError::too_large);
}

BOOST_AUTO_TEST_CASE(what_is_not_http_is_refused_and_others_are_served) {
    for (const char* rubbish : {"hello\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02\x00\x01\r\n\r\n",
                                "GET /healthz HTTP/9.9\r\n\r\n",
                                "POST /v1/push HTTP/1.1\r\nContent-Length: -5\r\n\r\n"}) {
        RawConnection connection = connect();
        connection.send(rubbish);
        check_error(connection.read_response(), 400, RequestError::invalid_request);
    }
    const std::string endless = "GET /healthz HTTP/1.1\r\nX: " + std::string(100'000, 'x');
    check_error(connect().request(endless), 400, RequestError::invalid_request);
    BOOST_TEST(connect().request(http_get("/healthz")).status == 200);
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_in_the_middle_harms_nobody) {
    const std::string request = push_text(anna.request(anna.create_note("n1", "a")));
    for (std::size_t size = 1; size < request.size(); size += 7) {
        RawConnection connection = connect();
        connection.send(request.substr(0, size));
    }
    BOOST_TEST(connect().request(request).status == 200);
    BOOST_TEST(head(anna).value == 1U);
}

BOOST_AUTO_TEST_CASE(a_client_that_sends_nothing_is_let_go) {
    http.header_timeout = 50ms;
    BOOST_TEST(connect().is_closed());
    RawConnection slow = connect();
    slow.send("POST /v1/push HT");
    BOOST_TEST(slow.is_closed());
}

BOOST_AUTO_TEST_CASE(a_client_that_stalls_within_a_body_is_let_go) {
    http.progress_timeout = 50ms;
    RawConnection slow = connect();
    const std::string whole = http_post("/v1/push", bytes("0123456789"));
    slow.send(whole.substr(0, whole.size() - 5));
    BOOST_TEST(slow.is_closed());
}

BOOST_AUTO_TEST_CASE(more_connections_than_allowed_are_closed_at_once) {
    http.connections_max = 2;
    RawConnection first = connect();
    BOOST_TEST(first.request(http_get("/healthz")).status == 200);
    RawConnection second = connect();
    BOOST_TEST(second.request(http_get("/healthz")).status == 200);
    BOOST_TEST(connect().is_closed());
    BOOST_TEST(first.request(http_get("/healthz")).status == 200);
}

BOOST_AUTO_TEST_CASE(an_address_that_cannot_be_listened_on_is_an_error) {
    http.port = port();
    BOOST_CHECK_THROW(HttpServer(engine, server::Service::allow_all(), http), InvalidArgument);
    http.address = "nowhere";
    BOOST_CHECK_THROW(HttpServer(engine, server::Service::allow_all(), http), InvalidArgument);
}

// --- Tokens ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_bearer_token_opens_its_scopes) {
    running = std::make_unique<RunningServer>(engine, tokens, http);
    const Bytes body = encode(pull_request(anna));
    const auto status = [&](const std::string& header) {
        return connect().request(http_post("/v1/pull", body, header)).status;
    };
    BOOST_TEST(status("Authorization: Bearer secret\r\n") == 200);
    BOOST_TEST(status("authorization: bearer secret\r\n") == 200);
    BOOST_TEST(status("Authorization: Bearer wrong\r\n") == 401);
    BOOST_TEST(status("Authorization: Basic secret\r\n") == 401);
    BOOST_TEST(status("") == 401);
    ben.scope = "user:2";
    const Bytes other = encode(pull_request(ben));
    check_error(connect().request(http_post("/v1/pull", other, "Authorization: Bearer secret\r\n")),
                403, RequestError::forbidden);
    check_error(connect().request(http_get(live_target(anna, {}))), 401,
                RequestError::unauthorized);
}

BOOST_AUTO_TEST_CASE(the_body_of_an_unknown_client_is_not_waited_for) {
    running = std::make_unique<RunningServer>(engine, tokens, http);
    RawConnection connection = connect();
    connection.send(
        "POST /v1/push HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-flatbuffers\r\n"
        "Content-Length: 60000000\r\n\r\n");
    check_error(connection.read_response(), 401, RequestError::unauthorized);
}

// --- Live ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_push_comes_out_of_the_live_streams) {
    RawConnection live = open_live(anna);
    push_over_http(ben.request(ben.create_note("n1", "a")));
    const Decoded frame = read_frame(live);
    BOOST_TEST(frame.page().rows.size() == 1U);
    BOOST_TEST(frame.page().to.value == 1U);
    push_over_http(ben.request(ben.create_note("n2", "b")));
    BOOST_TEST(read_frame(live).page().from.value == 1U);
}

BOOST_AUTO_TEST_CASE(a_live_client_that_is_behind_gets_what_it_misses_first) {
    push_over_http(ben.request(ben.create_note("n1", "a")));
    RawConnection live = open_live(anna);
    BOOST_TEST(read_frame(live).page().rows.size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_idle_live_stream_has_a_heartbeat) {
    http.heartbeat = 10ms;
    RawConnection live = open_live(anna);
    for (int i = 0; i < 3; ++i) BOOST_TEST(live.read_chunk() == std::string(4, '\0'));
    push_over_http(ben.request(ben.create_note("n1", "a")));
    BOOST_TEST(read_frame(live).page().to.value == 1U);
}

BOOST_AUTO_TEST_CASE(a_live_query_that_is_malformed_is_400) {
    for (const char* query :
         {"", "?scope=a", "?scope=a&client=12", "?scope=%2&client=00000000000000000000000000000001",
          "?scope=a&client=0000000000000000000000000000000x",
          "?scope=a&client=00000000000000000000000000000001&cursor=-1",
          "?scope=a&client=00000000000000000000000000000001&cursor=99999999999999999999",
          "?client=00000000000000000000000000000001"}) {
        check_error(connect().request(http_get("/v1/live" + std::string(query))), 400,
                    RequestError::invalid_request);
    }
}

BOOST_AUTO_TEST_CASE(a_live_cursor_that_does_not_fit_is_410) {
    check_error(connect().request(http_get(live_target(anna, Cursor{7}))), 410,
                RequestError::cursor_too_old);
}

BOOST_AUTO_TEST_CASE(hundreds_of_live_clients_all_hear_of_a_push) {
    std::vector<TestClient> clients;
    std::deque<RawConnection> streams;
    for (std::uint64_t i = 0; i < 300; ++i) {
        streams.push_back(open_live(clients.emplace_back(100 + i)));
    }
    push_over_http(ben.request(ben.create_note("n1", "a")));
    for (RawConnection& stream : streams) BOOST_TEST(read_frame(stream).page().to.value == 1U);
}

BOOST_AUTO_TEST_CASE(live_clients_that_come_and_go_leave_nothing_behind) {
    http.connections_max = 20;
    for (int round = 0; round < 20; ++round) {
        std::deque<RawConnection> streams;
        for (int i = 0; i < 5; ++i) streams.push_back(open_live(anna));
    }
    // Were they still counted, the next ones would be closed at once; the server learns of an end
    // when it gets to it.
    for (;;) {
        RawConnection last = connect();
        last.send(http_get(live_target(anna, {})));
        if (last.is_closed()) continue;
        BOOST_TEST(last.read_head().status == 200);
        break;
    }
}

BOOST_AUTO_TEST_CASE(a_live_client_that_does_not_read_does_not_hold_up_the_others) {
    RawConnection lazy = open_live(anna);
    RawConnection eager = open_live(ben);
    TestClient writer(9);
    const std::string text(20'000, 't');
    std::uint64_t told = 0;
    for (std::uint64_t i = 1; i <= 200; ++i) {
        push_over_http(writer.request(writer.create_note("n" + std::to_string(i), text)));
        while (told < i) told = read_frame(eager).page().to.value;
    }
    // 4 MB later the lazy one finds frames that follow on each other, up to the head.
    std::uint64_t at = 0;
    while (at < 200) {
        const Decoded frame = read_frame(lazy);
        BOOST_REQUIRE(frame.page().from.value == at);
        at = frame.page().to.value;
    }
}

// --- The end ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_stop_ends_live_streams_properly_and_closes_idle_connections) {
    RawConnection live = open_live(anna);
    RawConnection idle = connect();
    BOOST_TEST(idle.request(http_get("/healthz")).status == 200);
    running->stop();
    BOOST_TEST(live.read_chunk().empty());
    BOOST_TEST(live.is_closed());
    BOOST_TEST(idle.is_closed());
    BOOST_CHECK_THROW(connect(), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(a_request_that_is_under_way_is_finished_before_the_stop) {
    const std::string request = push_text(anna.request(anna.create_note("n1", "a")));
    RawConnection connection = connect();
    BOOST_TEST(connection.request(http_get("/healthz")).status == 200);
    connection.send(request.substr(0, 150));
    RawConnection live = open_live(ben);
    running->begin_stop();
    BOOST_TEST(live.read_chunk().empty());  // the stop has begun
    connection.send(request.substr(150));
    const RawResponse response = connection.read_response();
    BOOST_TEST(response.status == 200);
    BOOST_TEST(response.headers.at("connection") == "close");
    connection.finish_sending();
    running->join();
}

BOOST_AUTO_TEST_CASE(a_stop_does_not_wait_for_ever_for_a_client) {
    http.stop_timeout = 50ms;
    RawConnection connection = connect();
    connection.send(
        "POST /v1/push HTTP/1.1\r\nContent-Type: application/x-flatbuffers\r\n"
        "Content-Length: 100\r\n\r\nabc");
    BOOST_TEST(connect().request(http_get("/healthz")).status == 200);
    running->stop();
    BOOST_TEST(connection.is_closed());
}

BOOST_AUTO_TEST_SUITE_END()
