#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "syncline/reactive/source.hpp"

namespace syncline {

/// Sources that one commit changed, kept alive until they are told.
class Notices {
public:
    void add(std::shared_ptr<Source> source) { sources_.push_back(std::move(source)); }
    bool empty() const { return sources_.empty(); }

    /// Tells the observers, in one batch. Effects run before it returns, on this thread, and what
    /// they throw comes out of it. No lock may be held.
    void publish();

    /// Adds those of `more`.
    void append(Notices more);

private:
    std::vector<std::shared_ptr<Source>> sources_;
};

}  // namespace syncline
