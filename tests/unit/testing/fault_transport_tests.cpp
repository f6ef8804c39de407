#include "syncline/testing/fault_transport.hpp"

#include <bit>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>

#include "echo_server.hpp"
#include "syncline/testing/manual_executor.hpp"
#include "syncline/testing/memory_transport.hpp"

using namespace std::chrono_literals;
using namespace syncline;
using namespace syncline::testing;
using Outcome = TransportResponse::Outcome;

namespace {

std::string_view name(Outcome outcome) {
    switch (outcome) {
        case Outcome::answered:
            return "answered";
        case Outcome::unreachable:
            return "unreachable";
        case Outcome::timed_out:
            return "timed_out";
        case Outcome::cut:
            return "cut";
        case Outcome::cancelled:
            return "cancelled";
    }
    return "?";
}

struct FaultFixture {
    ManualClock clock;
    ManualExecutor executor{clock};
    EchoServer server;
    MemoryTransport memory{server, executor};
    std::string log;  // before the transport, whose end writes to it
    std::optional<FaultTransport> transport{std::in_place, memory, executor, clock,
                                            FaultOptions{.seed = 7}};

    void send(std::string_view text = "request") {
        TransportRequest request;
        request.body = to_bytes(as_bytes(text));
        request.timeout = 30s;
        transport->send(std::move(request), [this](TransportResponse response) {
            log += std::string(name(response.outcome)) + ":" + std::to_string(response.status) +
                   ":" + std::string(as_text(response.body)) + " ";
        });
    }

    void exchange(Fault fault) {
        transport->inject(fault);
        send();
        executor.advance(60s);
    }
    bool server_acted() const { return server.log == "/v1/push(request) "; }
    bool was_lost() const { return log == "cut:0: " || log == "timed_out:0: "; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(fault_transport_tests, FaultFixture)

BOOST_AUTO_TEST_CASE(of_a_bad_request_one_bit_is_another_one) {
    exchange(Fault::bad_request);
    const std::string good = "/v1/push(request) ";
    BOOST_REQUIRE(server.log.size() == good.size());
    int changed = 0;
    for (std::size_t i = 0; i < good.size(); ++i) {
        changed += std::popcount(static_cast<unsigned char>(server.log[i] ^ good[i]));
    }
    BOOST_TEST(changed == 1);
}

BOOST_AUTO_TEST_CASE(without_faults_everything_passes) {
    send();
    executor.run_until_idle();
    BOOST_TEST(log == "answered:200:request ");
}

BOOST_AUTO_TEST_CASE(a_lost_request_never_reaches_the_server) {
    exchange(Fault::lost_request);
    BOOST_TEST(server.log == "");
    BOOST_TEST(was_lost());
}

BOOST_AUTO_TEST_CASE(a_lost_answer_is_lost_after_the_server_acted) {
    exchange(Fault::lost_answer);
    BOOST_TEST(server_acted());
    BOOST_TEST(was_lost());
}

BOOST_AUTO_TEST_CASE(no_answer_means_none_until_the_transport_ends) {
    exchange(Fault::no_answer);
    BOOST_TEST(log == "");
    transport.reset();
    BOOST_TEST(log == "cancelled:0: ");
}

BOOST_AUTO_TEST_CASE(a_duplicate_reaches_the_server_twice_and_is_answered_once) {
    exchange(Fault::duplicate);
    BOOST_TEST(server.log == "/v1/push(request) /v1/push(request) ");
    BOOST_TEST(log == "answered:200:request ");
}

BOOST_AUTO_TEST_CASE(a_delayed_exchange_arrives_later) {
    transport->inject(Fault::delay);
    send("slow");
    send("fast");
    executor.advance(4s);
    BOOST_TEST(log == "answered:200:fast answered:200:slow ");
}

BOOST_AUTO_TEST_CASE(a_truncated_answer_is_a_shorter_one) {
    exchange(Fault::truncated);
    BOOST_TEST(server_acted());
    BOOST_TEST(log.size() < std::string("answered:200:request ").size());
    BOOST_TEST(log.starts_with("answered:200:"));
}

BOOST_AUTO_TEST_CASE(answers_of_strangers_replace_the_servers) {
    exchange(Fault::html);
    exchange(Fault::unauthorized);
    exchange(Fault::rate_limited);
    exchange(Fault::server_error);
    BOOST_TEST(server.log == "");
    BOOST_TEST(log.find("answered:200:<html>") == 0U);
    BOOST_TEST(log.find("answered:401:") != std::string::npos);
    BOOST_TEST(log.find("answered:429:") != std::string::npos);
    BOOST_TEST(log.find("answered:50") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(one_seed_gives_one_run) {
    const auto run = [](std::uint64_t seed) {
        FaultFixture fixture;
        fixture.transport.emplace(fixture.memory, fixture.executor, fixture.clock,
                                  FaultOptions::all(seed, 6));
        for (int i = 0; i < 200; ++i) fixture.send(std::to_string(i));
        fixture.executor.advance(60s);
        return fixture.log;
    };
    BOOST_TEST(run(1) == run(1));
    BOOST_TEST(run(1) != run(2));
}

BOOST_AUTO_TEST_CASE(faults_can_be_switched_off) {
    transport.emplace(memory, executor, clock, FaultOptions::all(3, 7));
    transport->set_enabled(false);
    for (int i = 0; i < 100; ++i) send("x");
    executor.run_until_idle();
    BOOST_TEST(transport->counts().empty());
}

BOOST_AUTO_TEST_CASE(a_stream_can_be_cut_and_frames_lost) {
    LiveRequest request;
    request.scope = "s";
    const auto stream = transport->open_live(
        request, {[this] { log += "open "; },
                  [this](Bytes frame) { log += "frame(" + std::string(as_text(frame)) + ") "; },
                  [this](TransportResponse response) {
                      log += "close:" + std::string(name(response.outcome)) + " ";
                  }});
    executor.run_until_idle();
    server.publish("1");
    executor.run_until_idle();
    transport->inject(Fault::lost_frame);
    server.publish("2");
    executor.run_until_idle();
    transport->inject(Fault::cut_stream);
    server.publish("3");
    executor.run_until_idle();
    BOOST_TEST(log == "open frame(1) close:cut ");
    BOOST_TEST(server.log == "live(s) left ");
}

BOOST_AUTO_TEST_SUITE_END()
