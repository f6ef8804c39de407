#include "syncline/http/http_transport.hpp"

#include <boost/test/unit_test.hpp>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "raw_server.hpp"
#include "syncline/base/error.hpp"

using namespace syncline;
using namespace syncline::test;
using namespace std::chrono_literals;
using Outcome = TransportResponse::Outcome;

BOOST_TEST_DONT_PRINT_LOG_VALUE(Outcome)

namespace {

TransportRequest request(std::string_view body, std::chrono::milliseconds timeout = 60s,
                         Endpoint endpoint = Endpoint::push) {
    TransportRequest made;
    made.endpoint = endpoint;
    made.body = to_bytes(as_bytes(body));
    made.timeout = timeout;
    return made;
}

std::future<TransportResponse> send(Transport& transport, TransportRequest made) {
    auto promise = std::make_shared<std::promise<TransportResponse>>();
    auto future = promise->get_future();
    transport.send(std::move(made), [promise](TransportResponse response) {
        promise->set_value(std::move(response));  // throws if it is called twice
    });
    return future;
}

TransportResponse exchange(Transport& transport, TransportRequest made) {
    return soon(send(transport, std::move(made)));
}

std::string text(const Bytes& bytes) {
    return std::string(as_text(bytes));
}

/// Answers every request with its own body.
void echo(Peer& peer, int) {
    for (;;) {
        const std::string got = peer.read_request();
        if (got.empty()) return;
        peer.answer(got.substr(got.find("\r\n\r\n") + 4));
    }
}

void never_answer(Peer& peer, int) {
    peer.wait_closed();
}

/// As `echo`, but does not answer the body "one".
void echo_unless_one(Peer& peer, int) {
    for (;;) {
        const std::string got = peer.read_request();
        if (got.empty()) return;
        if (got.ends_with("\r\n\r\none")) return peer.wait_closed();
        peer.answer(got.substr(got.find("\r\n\r\n") + 4));
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_transport_tests)

BOOST_AUTO_TEST_CASE(a_request_arrives_as_the_protocol_has_it) {
    std::promise<std::string> seen;
    RawServer server([&](Peer& peer, int) {
        seen.set_value(peer.read_request());
        peer.answer("pong");
    });
    HttpTransportOptions options;
    options.headers = {{"X-Extra", "yes"}};
    HttpTransport transport(server.url() + "/base/", options);
    TransportRequest made = request("ping", 60s, Endpoint::snapshot);
    made.token = "secret";
    const TransportResponse response = exchange(transport, made);
    BOOST_TEST(response.outcome == Outcome::answered);
    BOOST_TEST(response.status == 200);
    BOOST_TEST(text(response.body) == "pong");

    const std::string got = soon(seen.get_future());
    BOOST_TEST(got.starts_with("POST /base/v1/snapshot HTTP/1.1\r\n"));
    BOOST_TEST(got.ends_with("\r\n\r\nping"));
    for (const char* line :
         {"\r\nContent-Type: application/x-flatbuffers\r\n", "\r\nAuthorization: Bearer secret\r\n",
          "\r\nX-Extra: yes\r\n", "\r\nContent-Length: 4\r\n"}) {
        BOOST_TEST(got.find(line) != std::string::npos, line << " is missing in " << got);
    }
    BOOST_TEST(got.find("Connection: close") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(exchanges_go_in_order_over_one_connection) {
    RawServer server(echo);
    HttpTransport transport(server.url());
    std::vector<std::future<TransportResponse>> futures;
    for (int i = 0; i < 50; ++i) {
        futures.push_back(send(transport, request("request " + std::to_string(i))));
    }
    for (int i = 0; i < 50; ++i) {
        BOOST_TEST(text(soon(std::move(futures[static_cast<std::size_t>(i)])).body) ==
                   "request " + std::to_string(i));
    }
    BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(large_bodies_pass_both_ways) {
    RawServer server(echo);
    HttpTransport transport(server.url());
    std::string body(5'000'000, 'x');
    for (std::size_t i = 0; i < body.size(); i += 97) body[i] = static_cast<char>(i);
    BOOST_TEST((text(exchange(transport, request(body)).body) == body));
    BOOST_TEST(text(exchange(transport, request("")).body).empty());
}

BOOST_AUTO_TEST_CASE(a_handler_runs_on_a_thread_of_the_transport_and_may_send) {
    RawServer server(echo);
    HttpTransport transport(server.url());
    std::promise<std::string> second;
    std::promise<bool> elsewhere;
    transport.send(request("one"), [&, here = std::this_thread::get_id()](TransportResponse) {
        elsewhere.set_value(std::this_thread::get_id() != here);
        transport.send(request("two"),
                       [&](TransportResponse response) { second.set_value(text(response.body)); });
    });
    BOOST_TEST(soon(elsewhere.get_future()));
    BOOST_TEST(soon(second.get_future()) == "two");
}

BOOST_AUTO_TEST_CASE(a_handler_that_throws_stops_nothing) {
    RawServer server(echo);
    HttpTransport transport(server.url());
    transport.send(request("one"), [](TransportResponse) { throw std::runtime_error("handler"); });
    BOOST_TEST(text(exchange(transport, request("two")).body) == "two");
}

BOOST_AUTO_TEST_CASE(errors_are_answers_with_their_status_and_the_wait_they_ask_for) {
    RawServer server([](Peer& peer, int) {
        peer.read_request();
        peer.answer("busy", "503 Service Unavailable", "Retry-After: 7\r\n");
        peer.read_request();
        // The wait is reckoned by the server's clock, not by this machine's.
        peer.answer("", "429 Too Many Requests",
                    "Date: Sun, 06 Nov 1994 08:49:00 GMT\r\n"
                    "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
        peer.read_request();
        peer.answer("", "302 Found", "Location: /elsewhere\r\n");
    });
    HttpTransport transport(server.url());
    const TransportResponse busy = exchange(transport, request(""));
    BOOST_TEST(busy.outcome == Outcome::answered);
    BOOST_TEST(busy.status == 503);
    BOOST_TEST(text(busy.body) == "busy");
    BOOST_TEST((busy.retry_after == 7s));
    const TransportResponse limited = exchange(transport, request(""));
    BOOST_TEST(limited.status == 429);
    BOOST_TEST((limited.retry_after == 37s));
    const TransportResponse moved = exchange(transport, request(""));
    BOOST_TEST(moved.status == 302);
    BOOST_TEST(!moved.retry_after);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_there_is_unreachable) {
    std::string url;
    { url = Listener().url(); }
    HttpTransport transport(url);
    const TransportResponse response = exchange(transport, request("x"));
    BOOST_TEST(response.outcome == Outcome::unreachable);
    BOOST_TEST(response.detail.find(url) != std::string::npos, response.detail);
}

BOOST_AUTO_TEST_CASE(a_server_that_never_answers_times_out) {
    RawServer server(never_answer);
    HttpTransport transport(server.url());
    BOOST_TEST(exchange(transport, request("x", 50ms)).outcome == Outcome::timed_out);
}

BOOST_AUTO_TEST_CASE(a_server_that_drips_its_answer_times_out) {
    RawServer server([](Peer& peer, int number) {
        peer.read_request();
        if (number > 0) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        while (peer.send("x")) std::this_thread::sleep_for(1ms);
    });
    HttpTransport transport(server.url());
    BOOST_TEST(exchange(transport, request("x", 100ms)).outcome == Outcome::timed_out);
    BOOST_TEST(exchange(transport, request("x", 100ms)).outcome == Outcome::timed_out);
}

BOOST_AUTO_TEST_CASE(a_server_that_takes_no_more_bytes_times_out) {
    std::promise<void> over;
    const std::shared_future<void> wait = over.get_future().share();
    RawServer server([=](Peer&, int) { wait.wait(); });
    HttpTransport transport(server.url());
    const std::string large(30'000'000, 'x');
    BOOST_TEST(exchange(transport, request(large, 100ms)).outcome == Outcome::timed_out);
    over.set_value();
}

BOOST_AUTO_TEST_CASE(after_a_time_out_the_next_exchange_has_a_connection_of_its_own) {
    RawServer server(echo_unless_one);
    HttpTransport transport(server.url());
    BOOST_TEST(exchange(transport, request("one", 50ms)).outcome == Outcome::timed_out);
    BOOST_TEST(text(exchange(transport, request("two")).body) == "two");
}

BOOST_AUTO_TEST_CASE(an_exchange_that_waits_for_its_turn_times_out_too) {
    RawServer server(never_answer);
    HttpTransport transport(server.url());
    auto first = send(transport, request("one", 60s));
    BOOST_TEST(exchange(transport, request("two", 50ms)).outcome == Outcome::timed_out);
    transport.cancel_all();
    BOOST_TEST(soon(std::move(first)).outcome == Outcome::cancelled);
}

BOOST_AUTO_TEST_CASE(garbage_is_cut) {
    for (const char* garbage :
         {"garbage\r\n\r\n", "\r\n\r\n\r\n", "HTTP/9.9 banana\r\n\r\n", "\x16\x03\x01",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
        RawServer server([=](Peer& peer, int) {
            peer.read_request();
            peer.send(garbage);
        });
        HttpTransport transport(server.url());
        const TransportResponse response = exchange(transport, request("x"));
        BOOST_TEST(response.outcome == Outcome::cut, "after " << garbage);
        BOOST_TEST(!response.detail.empty());
    }
}

BOOST_AUTO_TEST_CASE(an_answer_cut_at_any_byte_is_cut_or_whole) {
    const std::string plain =
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-flatbuffers\r\n"
        "Content-Length: 8\r\n\r\n01234567";
    const std::string chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n3\r\n567\r\n0\r\n\r\n";
    for (const std::string& whole : {plain, chunked}) {
        RawServer server([&](Peer& peer, int number) {
            peer.read_request();
            const auto size = static_cast<std::size_t>(number);
            peer.send(std::string_view(whole).substr(0, size));
            if (size == whole.size()) peer.wait_closed();
        });
        HttpTransport transport(server.url());
        for (std::size_t size = 0; size <= whole.size(); ++size) {
            const TransportResponse response = exchange(transport, request("x"));
            if (response.outcome == Outcome::answered) {
                BOOST_TEST(text(response.body) == "01234567", "cut after " << size << " bytes");
            } else {
                BOOST_TEST(response.outcome == Outcome::cut);
            }
            if (size == whole.size()) BOOST_TEST(response.outcome == Outcome::answered);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_connection_that_was_kept_open_and_died_is_replaced) {
    std::atomic<int> requests = 0;
    RawServer server([&](Peer& peer, int) {
        ++requests;
        const std::string got = peer.read_request();
        if (got.empty()) return;
        peer.answer("fine");
        // The next request is read and its connection closed without a word, as a server does that
        // has been idle for too long just then.
        if (!peer.read_request().empty()) ++requests;
    });
    HttpTransport transport(server.url());
    for (int i = 0; i < 5; ++i) {
        BOOST_TEST(exchange(transport, request("x")).outcome == Outcome::answered);
    }
    BOOST_TEST(requests > 5);
}

BOOST_AUTO_TEST_CASE(a_new_connection_that_dies_is_not_tried_again) {
    RawServer server([](Peer& peer, int) { peer.read_request(); });
    HttpTransport transport(server.url());
    BOOST_TEST(exchange(transport, request("x")).outcome == Outcome::cut);
    BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(a_server_that_closes_while_it_is_written_to_does_not_end_the_process) {
    RawServer server([](Peer& peer, int) { peer.close(); });
    HttpTransport transport(server.url());
    const std::string large(20'000'000, 'x');
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(exchange(transport, request(large)).outcome == Outcome::cut);
    }
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_too_long_is_cut) {
    RawServer server([](Peer& peer, int number) {
        peer.read_request();
        if (number == 0) {
            peer.answer(std::string(101, 'x'));
        } else {
            peer.send("HTTP/1.1 200 OK\r\n\r\n" + std::string(101, 'x'));
        }
    });
    HttpTransportOptions options;
    options.body_bytes_max = 100;
    HttpTransport transport(server.url(), options);
    for (int i = 0; i < 2; ++i) {
        const TransportResponse response = exchange(transport, request("x"));
        BOOST_TEST(response.outcome == Outcome::cut);
        BOOST_TEST(response.detail.find("longer") != std::string::npos, response.detail);
    }
}

BOOST_AUTO_TEST_CASE(cancelled_exchanges_end_and_later_ones_work) {
    RawServer server(echo_unless_one);
    HttpTransport transport(server.url());
    auto first = send(transport, request("one"));
    auto second = send(transport, request("two"));
    transport.cancel_all();
    BOOST_TEST(soon(std::move(first)).outcome == Outcome::cancelled);
    BOOST_TEST(soon(std::move(second)).outcome == Outcome::cancelled);
    BOOST_TEST(exchange(transport, request("three")).outcome == Outcome::answered);
}

BOOST_AUTO_TEST_CASE(the_destructor_ends_every_exchange) {
    RawServer server(never_answer);
    std::vector<std::future<TransportResponse>> futures;
    {
        HttpTransport transport(server.url());
        for (int i = 0; i < 5; ++i) futures.push_back(send(transport, request("x")));
    }
    for (auto& future : futures) {
        BOOST_REQUIRE((future.wait_for(0s) == std::future_status::ready));
        BOOST_TEST(future.get().outcome == Outcome::cancelled);
    }
}

BOOST_AUTO_TEST_CASE(a_connection_that_never_comes_about_is_ended_by_cancel_and_destructor) {
    // The system accepts for a listener that does not, until its backlog is full.
    const Listener full(0);
    std::vector<int> fillers;
    for (int i = 0; i < 8; ++i) {
        const int filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(full.port());
        ::connect(filler, reinterpret_cast<sockaddr*>(&address), sizeof address);
        fillers.push_back(filler);
    }
    std::future<TransportResponse> last;
    {
        HttpTransportOptions options;
        options.connect_timeout = 600s;
        HttpTransport transport(full.url(), options);
        BOOST_TEST(exchange(transport, request("x", 50ms)).outcome == Outcome::timed_out);
        auto cancelled = send(transport, request("x"));
        transport.cancel_all();
        BOOST_TEST(soon(std::move(cancelled)).outcome == Outcome::cancelled);
        last = send(transport, request("x"));
    }
    BOOST_REQUIRE((last.wait_for(0s) == std::future_status::ready));
    BOOST_TEST(last.get().outcome == Outcome::cancelled);
    for (const int filler : fillers) ::close(filler);
}

BOOST_AUTO_TEST_CASE(a_handler_may_destroy_the_transport) {
    RawServer server(echo);
    auto transport = std::make_unique<HttpTransport>(server.url());
    std::promise<void> done;
    std::promise<Outcome> waiting;
    // The handler may run before both have been sent.
    std::promise<void> both;
    transport->send(request("one"), [&](TransportResponse) {
        both.get_future().wait();
        transport.reset();
        done.set_value();
    });
    transport->send(request("two"),
                    [&](TransportResponse response) { waiting.set_value(response.outcome); });
    both.set_value();
    soon(done.get_future());
    BOOST_TEST(soon(waiting.get_future()) == Outcome::cancelled);
}

BOOST_AUTO_TEST_CASE(sending_cancelling_and_ending_at_once_calls_every_handler_once) {
    RawServer server(echo);
    for (int round = 0; round < 50; ++round) {
        std::atomic<int> calls = 0;
        {
            HttpTransport transport(server.url());
            std::thread sender([&] {
                for (int i = 0; i < 20; ++i) {
                    transport.send(request("x", std::chrono::milliseconds(1 + i % 3)),
                                   [&](TransportResponse) { ++calls; });
                }
            });
            for (int i = 0; i < 5; ++i) transport.cancel_all();
            sender.join();
        }
        BOOST_REQUIRE(calls == 20);
    }
}

BOOST_AUTO_TEST_CASE(options_that_cannot_work_are_refused) {
    HttpTransportOptions header;
    header.headers = {{"X-Bad", "a\r\nX-Other: b"}};
    BOOST_CHECK_THROW(HttpTransport("http://localhost", header), InvalidArgument);
    HttpTransportOptions no_time;
    no_time.connect_timeout = 0ms;
    BOOST_CHECK_THROW(HttpTransport("http://localhost", no_time), InvalidArgument);
    BOOST_CHECK_THROW(HttpTransport("localhost:8080"), InvalidArgument);
}

BOOST_AUTO_TEST_SUITE_END()
