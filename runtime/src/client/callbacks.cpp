#include "callbacks.hpp"

#include <stdexcept>

namespace syncline {

void Callbacks::run(Task task) {
    gate_->post([self = shared_from_this(), task = std::move(task)] {
        try {
            task();
        } catch (const std::exception& fault) {
            self->report(fault);
        } catch (...) {
            self->report(std::runtime_error("an exception of an unknown type"));
        }
    });
}

// An `on_error` that throws, too, has nobody left to hear of it.
void Callbacks::report(const std::exception& fault) const {
    try {
        const auto function = get(&Set::on_error);
        if (function) {
            function(
                {"callback_failed", std::string("A callback or effect threw: ") + fault.what()});
        }
    } catch (...) {
    }
}

}  // namespace syncline
