#include "connection.hpp"

#include <httplib.h>

#include <charconv>

#include "retry_after.hpp"
#include "socket_control.hpp"
#include "syncline/base/clock.hpp"

namespace syncline::http {
namespace {

using Outcome = TransportResponse::Outcome;

constexpr const char* kContentType = "application/x-flatbuffers";

std::unique_ptr<httplib::ClientImpl> make_client(const ServerUrl& server) {
    if (server.secure) return std::make_unique<httplib::SSLClient>(server.host, server.port);
    return std::make_unique<httplib::ClientImpl>(server.host, server.port);
}

Outcome outcome_of(httplib::Error error) {
    switch (error) {
        case httplib::Error::Connection:
        case httplib::Error::BindIPAddress:
        case httplib::Error::SSLConnection:
        case httplib::Error::SSLLoadingCerts:
        case httplib::Error::SSLServerVerification:
            return Outcome::unreachable;
        case httplib::Error::ConnectionTimeout:
            return Outcome::timed_out;
        default:
            return Outcome::cut;
    }
}

const char* describe(httplib::Error error) {
    switch (error) {
        case httplib::Error::Connection:
            return "the server cannot be reached";
        case httplib::Error::ConnectionTimeout:
            return "the server did not accept the connection";
        case httplib::Error::SSLConnection:
            return "no TLS connection came about";
        case httplib::Error::SSLLoadingCerts:
            return "the file of authorities cannot be read";
        case httplib::Error::SSLServerVerification:
            return "the server's certificate is not trusted";
        case httplib::Error::Write:
            return "the connection broke while the request was sent";
        case httplib::Error::Read:
            return "the answer broke off or is no HTTP";
        default:
            return "the exchange failed";
    }
}

std::optional<std::size_t> announced_length(const httplib::Response& response) {
    const std::string text = response.get_header_value("Content-Length");
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return length;
}

ResponseHead head_of(const httplib::Response& response) {
    ResponseHead head;
    head.status = response.status;
    head.length = announced_length(response);
    if (response.has_header("Retry-After")) {
        // The server's date, where it says it: this device's clock may be wrong by years.
        const auto date = parse_http_date(response.get_header_value("Date"));
        head.retry_after = parse_retry_after(response.get_header_value("Retry-After"),
                                             date.value_or(SystemClock::instance().wall_now()));
    }
    return head;
}

}  // namespace

struct Connection::Impl {
    Impl(const ServerUrl& url, const HttpTransportOptions& settings, SocketControl& socket)
        : server(url), options(settings), control(socket), client(make_client(url)) {}

    httplib::Request request_of(const Call& call, bool& answering) const {
        httplib::Request request;
        request.method = call.method;
        request.path = server.path + call.target;
        for (const auto& [name, value] : options.headers) request.set_header(name, value);
        request.set_header("User-Agent", "syncline/0.1");
        request.set_header("Accept", kContentType);
        if (!call.token.empty()) request.set_header("Authorization", "Bearer " + call.token);
        if (call.method == "POST") {
            request.set_header("Content-Type", kContentType);
            // A provider instead of `body` saves a copy, and asks once more when all is connected.
            request.content_length_ = call.body.size();
            request.content_provider_ = [&](std::size_t offset, std::size_t length,
                                            httplib::DataSink& sink) {
                const std::string_view rest = as_text(call.body.subspan(offset, length));
                return call.may_go_on() && sink.write(rest.data(), rest.size());
            };
        }
        request.response_handler = [&](const httplib::Response& response) {
            answering = true;
            return call.on_head(head_of(response));
        };
        request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t,
                                       std::uint64_t) {
            return call.on_body(as_bytes({data, size}));
        };
        return request;
    }

    bool attempt(const Call& call, bool& answering, httplib::Error& error) {
        httplib::Request request = request_of(call, answering);
        httplib::Response response;
        fresh = false;
        try {
            if (!client->send(request, response, error)) return false;
            if (!may_be_cut(response)) return true;
            error = httplib::Error::Read;
            client->stop();
            return false;
        } catch (const std::exception&) {  // of a regular expression or stream within httplib
            error = httplib::Error::Read;
            client->stop();
            return false;
        }
    }

    // httplib takes a chunked answer that breaks off within a line's end for a whole one.
    bool may_be_cut(const httplib::Response& response) const {
        return response.get_header_value("Transfer-Encoding") == "chunked" &&
               response.get_header_value("Connection") != "close" && control.peer_has_closed();
    }

    ServerUrl server;
    HttpTransportOptions options;
    SocketControl& control;
    std::unique_ptr<httplib::ClientImpl> client;
    bool fresh = false;  // the running attempt made its connection itself
};

Connection::Connection(const ServerUrl& server, const HttpTransportOptions& options,
                       SocketControl& control)
    : impl_(std::make_unique<Impl>(server, options, control)) {
    httplib::ClientImpl& client = *impl_->client;
    client.set_keep_alive(true);
    client.set_url_encode(false);
    client.set_connection_timeout(options.connect_timeout);
    if (!options.ca_file.empty()) client.set_ca_cert_path(options.ca_file);
    client.set_socket_options([this](socket_t socket) {
        impl_->fresh = true;
        impl_->control.adopt(static_cast<int>(socket));
    });
}

Connection::~Connection() = default;

CallResult Connection::run(const Call& call) {
    impl_->client->set_read_timeout(call.read_timeout);
    impl_->client->set_write_timeout(call.read_timeout);
    bool answering = false;
    httplib::Error error = httplib::Error::Success;
    bool complete = impl_->attempt(call, answering, error);
    if (!complete && !impl_->fresh && !answering && call.may_go_on()) {
        complete = impl_->attempt(call, answering, error);
    }
    if (complete) return {.complete = true, .outcome = Outcome::answered, .detail = {}};
    return {.complete = false,
            .outcome = outcome_of(error),
            .detail = impl_->server.to_string() + call.target.substr(0, call.target.find('?')) +
                      ": " + describe(error)};
}

}  // namespace syncline::http
