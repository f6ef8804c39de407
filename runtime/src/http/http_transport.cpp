#include "syncline/http/http_transport.hpp"

#include <algorithm>
#include <utility>

#include "exchanges.hpp"
#include "live_thread.hpp"
#include "server_url.hpp"
#include "syncline/base/error.hpp"
#include "thread_group.hpp"
#include "watchdog.hpp"

namespace syncline {
namespace {

using namespace std::chrono_literals;

// Ending a connection ends at once all that waits for it. Only the resolver of names can take
// longer.
constexpr auto kPatience = 2s;

bool fits_a_header(const std::string& text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return c != '\r' && c != '\n' && c != '\0'; });
}

void check(const HttpTransportOptions& options) {
    for (const auto& [name, value] : options.headers) {
        const bool ok = !name.empty() && name.find_first_of(": ") == std::string::npos &&
                        fits_a_header(name) && fits_a_header(value);
        if (!ok) throw InvalidArgument("header \"" + name + "\" cannot be sent");
    }
    if (options.connect_timeout <= 0ms || options.live_silence_max <= 0ms) {
        throw InvalidArgument("the time-outs of an HTTP transport must be more than 0");
    }
}

class HttpLiveStream final : public LiveStream {
public:
    explicit HttpLiveStream(std::shared_ptr<http::LiveThread> thread)
        : thread_(std::move(thread)) {}
    ~HttpLiveStream() override { thread_->abandon(); }

private:
    std::shared_ptr<http::LiveThread> thread_;
};

/// What the threads share, so that one that hangs may outlive the transport.
struct Shared {
    Shared(const http::ServerUrl& server, const HttpTransportOptions& options)
        : exchanges(server, options, watchdog) {}
    http::Watchdog watchdog;
    http::Exchanges exchanges;
};

}  // namespace

struct HttpTransport::Impl {
    Impl(const std::string& address, HttpTransportOptions settings)
        : server(http::parse_server_url(address)), options(std::move(settings)) {
        check(options);
        shared = std::make_shared<Shared>(server, options);
        threads.start([kept = shared] { kept->watchdog.run(); });
        threads.start([kept = shared] { kept->exchanges.run(); });
    }

    ~Impl() {
        shared->watchdog.cancel_all();
        shared->watchdog.stop();
        shared->exchanges.stop();
        threads.wait(kPatience);
    }

    http::ServerUrl server;
    HttpTransportOptions options;
    std::shared_ptr<Shared> shared;
    http::ThreadGroup threads;
};

HttpTransport::HttpTransport(const std::string& server, HttpTransportOptions options)
    : impl_(std::make_unique<Impl>(server, std::move(options))) {}

HttpTransport::~HttpTransport() = default;

void HttpTransport::send(TransportRequest request, ResponseHandler handler) {
    impl_->shared->exchanges.send(std::move(request), std::move(handler));
}

std::unique_ptr<LiveStream> HttpTransport::open_live(LiveRequest request, LiveHandler handler) {
    auto live = std::make_shared<http::LiveThread>(impl_->server, impl_->options,
                                                   std::move(request), std::move(handler));
    impl_->shared->watchdog.add(live);
    impl_->threads.start([live, kept = impl_->shared] {
        live->run();
        kept->watchdog.remove(*live);
    });
    return std::make_unique<HttpLiveStream>(std::move(live));
}

void HttpTransport::cancel_all() {
    impl_->shared->watchdog.cancel_all();
}

}  // namespace syncline
