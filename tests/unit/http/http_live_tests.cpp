#include <atomic>
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>

#include "raw_server.hpp"
#include "syncline/http/http_transport.hpp"

using namespace syncline;
using namespace syncline::test;
using namespace std::chrono_literals;
using Outcome = TransportResponse::Outcome;

BOOST_TEST_DONT_PRINT_LOG_VALUE(Outcome)

namespace {

std::string frame(std::string_view text) {
    const auto size = text.size();
    std::string bytes{static_cast<char>(size), static_cast<char>(size >> 8),
                      static_cast<char>(size >> 16), static_cast<char>(size >> 24)};
    return bytes.append(text);
}

const std::string kHeartbeat = frame("");

/// A log of what a stream's handlers were called with, shared with them.
class Log {
public:
    LiveHandler handler() const {
        return {
            .on_open = [state = state_] { state->add("open "); },
            .on_frame = [state = state_](
                            Bytes page) { state->add("[" + std::string(as_text(page)) + "] "); },
            .on_close =
                [state = state_](TransportResponse response) {
                    state->add("close ");
                    state->closed.set_value(std::move(response));
                }};
    }

    std::string text() const {
        const std::lock_guard lock(state_->mutex);
        return state_->text;
    }

    void wait_for(const std::string& part) const {
        std::unique_lock lock(state_->mutex);
        if (!state_->changed.wait_for(
                lock, 60s, [&] { return state_->text.find(part) != std::string::npos; })) {
            throw std::runtime_error("no " + part + " within a minute, but " + state_->text);
        }
    }

    TransportResponse closed() const { return soon(state_->closed.get_future()); }

private:
    struct State {
        void add(const std::string& entry) {
            const std::lock_guard lock(mutex);
            text += entry;
            changed.notify_all();
        }
        std::mutex mutex;
        std::condition_variable changed;
        std::string text;
        std::promise<TransportResponse> closed;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

LiveRequest live_request() {
    LiveRequest request;
    request.scope = "user:1/ä";
    request.client = ClientId{{1, 2}};
    request.schema = 3;
    request.epoch = Epoch{{0xABCDEF, 4}};
    request.cursor = {5};
    request.confirmed = {6};
    request.token = "secret";
    return request;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_live_tests)

BOOST_AUTO_TEST_CASE(the_request_says_all_that_the_server_needs) {
    std::promise<std::string> seen;
    RawServer server([&](Peer& peer, int) { seen.set_value(peer.read_request()); });
    HttpTransport transport(server.url());
    const Log log;
    const auto stream = transport.open_live(live_request(), log.handler());
    const std::string got = soon(seen.get_future());
    BOOST_TEST(got.starts_with("GET /v1/live?scope=user%3A1%2F%C3%A4"
                               "&client=00000000000000010000000000000002&schema=3"
                               "&epoch=0000000000abcdef0000000000000004&cursor=5&confirmed=6"
                               " HTTP/1.1\r\n"),
               got);
    BOOST_TEST(got.find("\r\nAuthorization: Bearer secret\r\n") != std::string::npos);
    log.closed();
}

BOOST_AUTO_TEST_CASE(frames_come_one_by_one_as_they_are_sent) {
    const Log log;
    RawServer server([&](Peer& peer, int) {
        peer.read_request();
        peer.open_stream();
        log.wait_for("open");  // nothing but the header has been sent
        peer.chunk(frame("one"));
        log.wait_for("[one]");
        peer.chunk(kHeartbeat);
        peer.chunk(frame("two"));
        log.wait_for("[two]");
        peer.chunk("");
    });
    HttpTransport transport(server.url());
    const auto stream = transport.open_live(live_request(), log.handler());
    BOOST_TEST(log.closed().outcome == Outcome::cut);
    BOOST_TEST(log.text() == "open [one] [two] close ");
}

BOOST_AUTO_TEST_CASE(frames_are_put_together_however_chunks_cut_them) {
    const std::string bytes =
        frame("one") + kHeartbeat + frame(std::string(10'000, 'x')) + frame("two");
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{3}, std::size_t{4099}, bytes.size()}) {
        const Log log;
        RawServer server([&](Peer& peer, int) {
            peer.read_request();
            peer.open_stream();
            for (std::size_t at = 0; at < bytes.size(); at += size) {
                peer.chunk(std::string_view(bytes).substr(at, size));
            }
            peer.chunk("");
        });
        HttpTransport transport(server.url());
        const auto stream = transport.open_live(live_request(), log.handler());
        log.closed();
        BOOST_TEST((log.text() == "open [one] [" + std::string(10'000, 'x') + "] [two] close "));
    }
}

BOOST_AUTO_TEST_CASE(a_stream_cut_at_any_byte_closes_and_gives_whole_frames_only) {
    std::string whole = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    whole +=
        "7\r\n" + frame("one") + "\r\n4\r\n" + kHeartbeat + "\r\n7\r\n" + frame("two") + "\r\n";
    RawServer server([&](Peer& peer, int number) {
        peer.read_request();
        peer.send(std::string_view(whole).substr(0, static_cast<std::size_t>(number)));
    });
    HttpTransport transport(server.url());
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        const Log log;
        const auto stream = transport.open_live(live_request(), log.handler());
        const TransportResponse response = log.closed();
        BOOST_TEST(response.outcome == Outcome::cut, "cut after " << size << " bytes");
        const std::string all = "open [one] [two] close ";
        std::string got = log.text();
        BOOST_TEST(got.ends_with("close "));
        got.resize(got.size() - 6);
        BOOST_TEST(all.starts_with(got), got);
    }
}

BOOST_AUTO_TEST_CASE(a_refusal_closes_with_its_status_body_and_wait) {
    RawServer server([](Peer& peer, int) {
        peer.read_request();
        peer.answer("why", "410 Gone", "Retry-After: 3\r\n");
    });
    HttpTransport transport(server.url());
    const Log log;
    const auto stream = transport.open_live(live_request(), log.handler());
    const TransportResponse response = log.closed();
    BOOST_TEST(response.outcome == Outcome::answered);
    BOOST_TEST(response.status == 410);
    BOOST_TEST(as_text(response.body) == "why");
    BOOST_TEST((response.retry_after == 3s));
    BOOST_TEST(log.text() == "close ");
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_there_is_unreachable) {
    std::string url;
    { url = Listener().url(); }
    HttpTransport transport(url);
    const Log log;
    const auto stream = transport.open_live(live_request(), log.handler());
    BOOST_TEST(log.closed().outcome == Outcome::unreachable);
}

BOOST_AUTO_TEST_CASE(a_silent_stream_times_out_before_and_after_it_was_opened) {
    RawServer server([](Peer& peer, int number) {
        peer.read_request();
        if (number > 0) peer.open_stream();
        peer.wait_closed();
    });
    HttpTransportOptions options;
    options.live_silence_max = 50ms;
    HttpTransport transport(server.url(), options);
    const Log unopened;
    const auto first = transport.open_live(live_request(), unopened.handler());
    BOOST_TEST(unopened.closed().outcome == Outcome::timed_out);
    BOOST_TEST(unopened.text() == "close ");
    const Log opened;
    const auto second = transport.open_live(live_request(), opened.handler());
    BOOST_TEST(opened.closed().outcome == Outcome::timed_out);
    BOOST_TEST(opened.text() == "open close ");
}

BOOST_AUTO_TEST_CASE(a_server_that_drips_its_header_times_out) {
    RawServer server([](Peer& peer, int) {
        peer.read_request();
        while (peer.send("x")) std::this_thread::sleep_for(1ms);
    });
    HttpTransportOptions options;
    options.live_silence_max = 50ms;
    options.connect_timeout = 50ms;
    HttpTransport transport(server.url(), options);
    const Log log;
    const auto stream = transport.open_live(live_request(), log.handler());
    const TransportResponse response = log.closed();
    // httplib itself gives up when a line is too long, if that comes first.
    BOOST_TEST((response.outcome == Outcome::timed_out || response.outcome == Outcome::cut));
}

BOOST_AUTO_TEST_CASE(a_frame_that_is_too_long_ends_the_stream) {
    RawServer server([](Peer& peer, int) {
        peer.read_request();
        peer.open_stream();
        peer.chunk(frame("fits") + std::string("\xFF\xFF\xFF\xFF", 4));
        peer.wait_closed();
    });
    HttpTransportOptions options;
    options.frame_bytes_max = 100;
    HttpTransport transport(server.url(), options);
    const Log log;
    const auto stream = transport.open_live(live_request(), log.handler());
    const TransportResponse response = log.closed();
    BOOST_TEST(response.outcome == Outcome::cut);
    BOOST_TEST(response.detail.find("longer") != std::string::npos, response.detail);
    BOOST_TEST(log.text() == "open [fits] close ");
}

BOOST_AUTO_TEST_CASE(cancel_all_closes_streams_that_are_open_and_those_that_are_not) {
    RawServer server([](Peer& peer, int number) {
        peer.read_request();
        if (number == 0) peer.open_stream();
        peer.wait_closed();
    });
    HttpTransport transport(server.url());
    const Log open;
    const auto first = transport.open_live(live_request(), open.handler());
    open.wait_for("open");
    const Log connecting;
    const auto second = transport.open_live(live_request(), connecting.handler());
    transport.cancel_all();
    BOOST_TEST(open.closed().outcome == Outcome::cancelled);
    BOOST_TEST(connecting.closed().outcome == Outcome::cancelled);
    BOOST_TEST(open.text() == "open close ");
    BOOST_TEST(connecting.text() == "close ");
}

BOOST_AUTO_TEST_CASE(the_transports_destructor_closes_streams) {
    const Log log;
    RawServer server([](Peer& peer, int) {
        peer.read_request();
        peer.open_stream();
        peer.wait_closed();
    });
    std::unique_ptr<LiveStream> stream;
    {
        HttpTransport transport(server.url());
        stream = transport.open_live(live_request(), log.handler());
        log.wait_for("open");
    }
    BOOST_TEST(log.text() == "open close ");
    BOOST_TEST(log.closed().outcome == Outcome::cancelled);
}

BOOST_AUTO_TEST_CASE(a_destroyed_stream_ends_its_connection_and_is_not_heard_of_again) {
    const Log log;
    std::promise<void> disconnected;
    RawServer server([&](Peer& peer, int) {
        peer.read_request();
        peer.open_stream();
        peer.wait_closed();
        disconnected.set_value();
    });
    {
        HttpTransport transport(server.url());
        auto stream = transport.open_live(live_request(), log.handler());
        log.wait_for("open");
        stream.reset();
        soon(disconnected.get_future());
    }
    BOOST_TEST(log.text() == "open ");
}

BOOST_AUTO_TEST_CASE(a_handler_may_destroy_its_own_stream) {
    RawServer server([](Peer& peer, int) {
        peer.read_request();
        peer.open_stream();
        peer.chunk(frame("one") + frame("two"));
        peer.wait_closed();
    });
    std::atomic<int> frames = 0;
    std::atomic<bool> closed = false;
    {
        std::promise<void> opened;
        std::promise<void> destroyed;
        std::shared_future<void> wait = opened.get_future().share();
        HttpTransport transport(server.url());
        std::unique_ptr<LiveStream> stream;
        stream = transport.open_live(
            live_request(), {.on_open = [wait] { wait.wait(); },
                             .on_frame =
                                 [&](const Bytes&) {
                                     ++frames;
                                     stream.reset();
                                     destroyed.set_value();
                                 },
                             .on_close = [&](const TransportResponse&) { closed = true; }});
        opened.set_value();
        soon(destroyed.get_future());
    }
    BOOST_TEST(frames == 1);
    BOOST_TEST(!closed);
}

BOOST_AUTO_TEST_CASE(a_handler_that_throws_ends_nothing) {
    const Log log;
    RawServer server([](Peer& peer, int) {
        peer.read_request();
        peer.open_stream();
        peer.chunk(frame("one") + frame("two"));
        peer.chunk("");
    });
    HttpTransport transport(server.url());
    LiveHandler handler = log.handler();
    handler.on_open = [] { throw std::runtime_error("handler"); };
    const auto stream = transport.open_live(live_request(), handler);
    log.closed();
    BOOST_TEST(log.text() == "[one] [two] close ");
}

BOOST_AUTO_TEST_CASE(exchanges_do_not_wait_for_streams) {
    const Log log;
    RawServer server([](Peer& peer, int) {
        const std::string got = peer.read_request();
        if (got.starts_with("GET")) {
            peer.open_stream();
            peer.wait_closed();
        } else {
            peer.answer("fine");
        }
    });
    HttpTransport transport(server.url());
    const auto stream = transport.open_live(live_request(), log.handler());
    log.wait_for("open");
    std::promise<Outcome> answered;
    TransportRequest request;
    request.timeout = 60s;
    transport.send(
        request, [&](const TransportResponse& response) { answered.set_value(response.outcome); });
    BOOST_TEST(soon(answered.get_future()) == Outcome::answered);
}

BOOST_AUTO_TEST_SUITE_END()
