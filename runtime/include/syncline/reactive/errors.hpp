#pragma once

#include <exception>
#include <functional>
#include <string>

#include "syncline/base/error.hpp"

namespace syncline {

/// Computeds that need their own value, or effects that never settle. The text names the nodes.
class CycleError : public Error {
public:
    explicit CycleError(const std::string& text) : Error(ErrorCode::cycle, text) {}
};

/// Sets what gets an exception that nothing can rethrow: one from an effect that a destructor ran,
/// from a cleanup of a destroyed effect, or from a hook. The default writes it to `stderr`. An
/// empty handler restores the default.
/// Thread-safety: any thread. The handler is called with no lock held, unless the thread is inside
/// of a batch, and must not throw.
void set_unhandled_error_handler(std::function<void(std::exception_ptr)> handler);

}  // namespace syncline
