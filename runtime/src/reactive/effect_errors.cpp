#include <cstdio>
#include <mutex>

#include "internal.hpp"

// Where what effects, cleanups and hooks throw goes to.

namespace syncline::detail {
namespace {

void default_unhandled(const std::exception_ptr& error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "syncline: unhandled error in an effect: %s\n", e.what());
    } catch (...) {
        std::fprintf(stderr, "syncline: unhandled error in an effect\n");
    }
}

std::mutex unhandled_mutex;

std::shared_ptr<std::function<void(std::exception_ptr)>>& unhandled_handler() {
    static auto& handler = *new std::shared_ptr<std::function<void(std::exception_ptr)>>;
    return handler;
}

// The one nearest to `node`, or null.
const std::function<void(std::exception_ptr)>* handler_of(ObserverNode& node) noexcept {
    for (ObserverNode* owner = &node; owner != nullptr;) {
        if (owner->extra != nullptr && owner->extra->on_error) return &owner->extra->on_error;
        owner = owner->has(kOwned) ? ownership(*owner).owner : nullptr;
    }
    return nullptr;
}

}  // namespace

void keep_handler(ObserverNode& node) noexcept {
    const auto* const handler = handler_of(node);
    if (handler == nullptr) return;
    try {
        extra_of(node).on_error = *handler;
    } catch (...) {
        // For lack of memory: then the write gets what the closure throws.
    }
}

void take_error(ObserverNode& node, std::exception_ptr& first) noexcept {
    Context& ctx = context();
    std::exception_ptr error = std::current_exception();
    std::function<void(std::exception_ptr)> handler;
    GraphCore& graph = graph_of(node);
    step_in(ctx, graph);
    if (const auto* const nearest = handler_of(node)) handler = *nearest;
    step_out(ctx);
    if (handler) {
        const Surroundings surroundings(ctx, nullptr, nullptr);
        try {
            handler(error);
            return;
        } catch (...) {
            error = std::current_exception();
        }
    }
    if (!first) first = error;
}

void report_unhandled(std::exception_ptr error) noexcept {
    std::shared_ptr<std::function<void(std::exception_ptr)>> handler;
    {
        const std::lock_guard lock(unhandled_mutex);
        handler = unhandled_handler();
    }
    if (handler != nullptr) {
        (*handler)(error);
    } else {
        default_unhandled(error);
    }
}

}  // namespace syncline::detail

namespace syncline {

void set_unhandled_error_handler(std::function<void(std::exception_ptr)> handler) {
    auto next = handler
                    ? std::make_shared<std::function<void(std::exception_ptr)>>(std::move(handler))
                    : nullptr;
    const std::lock_guard lock(detail::unhandled_mutex);
    detail::unhandled_handler().swap(next);
}

}  // namespace syncline
