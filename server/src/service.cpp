#include "syncline/server/service.hpp"

#include <spdlog/spdlog.h>

#include <exception>
#include <new>
#include <string>
#include <utility>

#include "live_hub.hpp"

namespace syncline::server {
namespace {

constexpr std::chrono::milliseconds kRetryAfter{1000};

RequestError error_of(const StorageError& error) {
    // A full disk or a busy file passes; the rest needs somebody to look.
    return error.code() == ErrorCode::disk_full ? RequestError::unavailable
                                                : RequestError::internal;
}

}  // namespace

struct Service::Impl {
    Impl(Engine& engine_, const Authorizer& authorizer_, ServiceOptions options)
        : engine(engine_),
          authorizer(authorizer_),
          hub(std::make_shared<LiveHub>(engine_, std::move(options.run_later),
                                        options.frame_bytes_max)) {}

    ServiceResponse failed(RequestError error, std::string_view message,
                           std::chrono::milliseconds retry_after = {}) const {
        ErrorResponse response;
        response.error = error;
        response.message = message;
        response.retry_after = retry_after;
        response.limits = engine.limits();
        ServiceResponse result{http_status(error), encode(response), std::nullopt};
        if (retry_after.count() > 0) result.retry_after = retry_after;
        return result;
    }

    /// The answer to the exception that is being handled.
    ServiceResponse failed_by_exception() const {
        try {
            throw;
        } catch (const RequestRefused& refused) {
            return failed(refused.error(), refused.what(), refused.retry_after());
        } catch (const DamagedMessage& error) {
            return failed(RequestError::damaged, error.what());
        } catch (const ProtocolError& error) {
            return failed(RequestError::invalid_request, error.what());
        } catch (const StorageError& error) {
            spdlog::error("the storage failed: {}", error.what());
            return failed(error_of(error), "the server cannot store or read just now", kRetryAfter);
        } catch (const std::bad_alloc&) {
            return failed(RequestError::unavailable, "the server is short of memory", kRetryAfter);
        } catch (const std::exception& error) {
            spdlog::error("a request failed: {}", error.what());
            return failed(RequestError::internal, "the server failed", kRetryAfter);
        } catch (...) {
            return failed(RequestError::internal, "the server failed", kRetryAfter);
        }
    }

    std::optional<ServiceResponse> refused(Access access) const {
        switch (access) {
            case Access::allowed:
                return std::nullopt;
            case Access::unauthorized:
                return failed(RequestError::unauthorized, "the token is not valid");
            case Access::forbidden:
                break;
        }
        return failed(RequestError::forbidden, "the token is not for this scope");
    }

    ServiceResponse push(std::string_view token, ByteView body) {
        const PushRequest request = decode_push_request(body);
        if (auto answer = refused(authorizer.authorize(token, request.scope))) return *answer;
        return {200, encode(engine.push(request).message), std::nullopt};
    }

    ServiceResponse pull(std::string_view token, ByteView body, bool snapshot) {
        PullRequest request = decode_pull_request(body);
        if (request.snapshot && !snapshot) {
            return failed(RequestError::invalid_request, "a snapshot has its own endpoint");
        }
        request.snapshot = snapshot;
        if (auto answer = refused(authorizer.authorize(token, request.scope))) return *answer;
        return {200, encode(engine.pull(request).message), std::nullopt};
    }

    Engine& engine;
    const Authorizer& authorizer;
    std::shared_ptr<LiveHub> hub;
};

Service::Service(Engine& engine, const Authorizer& authorizer, ServiceOptions options)
    : impl_(std::make_unique<Impl>(engine, authorizer, std::move(options))) {
    engine.on_commit([hub = impl_->hub](std::string_view scope) { hub->publish(scope); });
    engine.on_difference([](std::string_view scope, std::string_view entity) {
        spdlog::error(
            "rows of {} in scope {} are not those that their hash says: the database was changed "
            "behind the server's back; restore a backup, or mend the rows and start with --recount",
            entity, scope);
    });
}

Service::~Service() {
    impl_->engine.on_commit({});
    impl_->engine.on_difference({});
}

ServiceResponse Service::handle(Endpoint endpoint, std::string_view token, ByteView body) noexcept {
    try {
        switch (endpoint) {
            case Endpoint::push:
                return impl_->push(token, body);
            case Endpoint::pull:
                return impl_->pull(token, body, false);
            case Endpoint::snapshot:
                return impl_->pull(token, body, true);
        }
        return impl_->failed(RequestError::not_found, "there is no such endpoint");
    } catch (...) {
        return impl_->failed_by_exception();
    }
}

std::variant<std::unique_ptr<LiveSubscription>, ServiceResponse> Service::subscribe(
    const LiveRequest& request, LiveSink sink) noexcept {
    try {
        const Access access = impl_->authorizer.authorize(request.token, request.scope);
        if (auto answer = impl_->refused(access)) return std::move(*answer);
        impl_->engine.check_live(request);
        return impl_->hub->subscribe(request, std::move(sink));
    } catch (...) {
        return impl_->failed_by_exception();
    }
}

std::optional<ServiceResponse> Service::admit(std::string_view token) const noexcept {
    try {
        return impl_->refused(impl_->authorizer.admit(token));
    } catch (...) {
        return impl_->failed_by_exception();
    }
}

ServiceResponse Service::error(RequestError error, std::string_view message) const {
    return impl_->failed(error, message);
}

const Engine& Service::engine() const {
    return impl_->engine;
}

const Authorizer& Service::allow_all() {
    static const Authorizer authorizer;
    return authorizer;
}

}  // namespace syncline::server
