#include "http/live_session.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>
#include <memory>

#include "engine_fixture.hpp"

using namespace syncline;
using namespace syncline::server;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

class CountedSubscription final : public LiveSubscription {
public:
    explicit CountedSubscription(int& resumed) : resumed_(resumed) {}
    void resume() override { ++resumed_; }

private:
    int& resumed_;
};

/// A live session whose thread is the test's, and the other end of its connection.
struct SessionFixture : test::EngineFixture {
    Service service{engine};
    asio::thread_pool reads{1};
    asio::thread_pool writes{1};
    HttpOptions http;
    HttpContext context{service, reads, writes, http, false, {}, {}};
    tcp::socket peer{context.io};
    int resumed = 0;
    LiveSink sink;

    SessionFixture() {
        tcp::acceptor acceptor(context.io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        peer.connect(acceptor.local_endpoint());
        const auto session = std::make_shared<LiveSession>(context);
        sink = session->sink();
        session->start(boost::beast::tcp_stream(acceptor.accept()),
                       std::make_unique<CountedSubscription>(resumed));
        run();
    }
    ~SessionFixture() {
        const auto open = context.connections;
        for (server::Connection* connection : open) connection->abort();
        run();
    }

    void run() {
        context.io.restart();
        context.io.poll();
    }
    server::Connection& session() { return **context.connections.begin(); }
    static std::shared_ptr<const Bytes> frame() { return std::make_shared<const Bytes>(100, 'x'); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(live_session_tests, SessionFixture)

BOOST_AUTO_TEST_CASE(the_next_frame_is_wanted_when_one_is_sent) {
    sink.on_frame(frame());
    run();
    BOOST_TEST(resumed == 1);
}

BOOST_AUTO_TEST_CASE(a_connection_may_end_between_a_frame_and_the_news_that_it_is_sent) {
    sink.on_frame(frame());
    // After the write has begun, which succeeds at once, and before its handler runs.
    asio::post(context.io, [&] { session().abort(); });
    run();
    BOOST_TEST(resumed == 0);
    BOOST_TEST(context.connections.empty());
}

BOOST_AUTO_TEST_SUITE_END()
