#include "syncline/testing/memory_transport.hpp"

#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>

#include "echo_server.hpp"
#include "syncline/testing/manual_executor.hpp"

using namespace syncline;
using namespace syncline::testing;
using Outcome = TransportResponse::Outcome;

namespace {

struct TransportFixture {
    ManualClock clock;
    ManualExecutor executor{clock};
    EchoServer server;
    std::optional<MemoryTransport> transport{std::in_place, server, executor};
    std::string log;

    void send(std::string_view text) {
        TransportRequest request;
        request.endpoint = Endpoint::pull;
        request.body = to_bytes(as_bytes(text));
        request.token = "t";
        transport->send(std::move(request), [this](TransportResponse response) {
            log += response.outcome == Outcome::answered
                       ? "answer(" + std::string(as_text(response.body)) + ") "
                   : response.outcome == Outcome::cancelled ? "cancelled "
                                                            : "unreachable ";
        });
    }

    std::unique_ptr<LiveStream> open_live(std::string token = "t") {
        LiveRequest request;
        request.scope = "s";
        request.token = std::move(token);
        return transport->open_live(
            std::move(request),
            {[this] { log += "open "; },
             [this](Bytes frame) { log += "frame(" + std::string(as_text(frame)) + ") "; },
             [this](TransportResponse response) {
                 log += "close(" + std::to_string(response.status) + ") ";
             }});
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(memory_transport_tests, TransportFixture)

BOOST_AUTO_TEST_CASE(an_answer_comes_later_and_never_inside_send) {
    send("x");
    BOOST_TEST(log == "");
    executor.run_until_idle();
    BOOST_TEST(server.log == "/v1/pull(x)@t ");
    BOOST_TEST(log == "answer(x) ");
}

BOOST_AUTO_TEST_CASE(without_a_server_exchanges_end_as_unreachable) {
    transport->set_reachable(false);
    send("x");
    executor.run_until_idle();
    BOOST_TEST(server.log == "");
    BOOST_TEST(log == "unreachable ");
}

BOOST_AUTO_TEST_CASE(a_transport_that_is_destroyed_ends_what_is_under_way_exactly_once) {
    send("x");
    transport.reset();
    BOOST_TEST(log == "cancelled ");
    executor.run_until_idle();
    BOOST_TEST(log == "cancelled ");
    BOOST_TEST(server.log == "");
}

BOOST_AUTO_TEST_CASE(frames_arrive_until_the_stream_is_dropped) {
    auto stream = open_live();
    executor.run_until_idle();
    server.publish("1");
    server.publish("2");
    executor.run_until_idle();
    server.publish("lost");
    stream.reset();
    executor.run_until_idle();
    BOOST_TEST(log == "open frame(1) frame(2) ");
    BOOST_TEST(server.log == "live(s) left ");
}

BOOST_AUTO_TEST_CASE(a_refused_stream_is_closed_with_the_reason) {
    const auto stream = open_live("bad");
    executor.run_until_idle();
    BOOST_TEST(log == "close(401) ");
}

BOOST_AUTO_TEST_CASE(a_stream_that_the_server_ends_is_closed) {
    const auto stream = open_live();
    executor.run_until_idle();
    server.end();
    executor.run_until_idle();
    BOOST_TEST(log == "open close(0) ");
}

BOOST_AUTO_TEST_CASE(streams_are_cut_when_the_server_goes) {
    const auto stream = open_live();
    executor.run_until_idle();
    transport->set_reachable(false);
    executor.run_until_idle();
    BOOST_TEST(log == "open close(0) ");
}

BOOST_AUTO_TEST_SUITE_END()
