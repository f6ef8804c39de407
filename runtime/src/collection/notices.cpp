#include "notices.hpp"

#include <iterator>

#include "syncline/reactive/batch.hpp"

namespace syncline {

void Notices::publish() {
    if (sources_.empty()) return;
    const std::vector<std::shared_ptr<Source>> sources = std::exchange(sources_, {});
    batch([&] {
        for (const auto& source : sources) source->trigger();
    });
}

void Notices::append(Notices more) {
    if (sources_.empty()) {
        sources_ = std::move(more.sources_);
        return;
    }
    sources_.insert(sources_.end(), std::make_move_iterator(more.sources_.begin()),
                    std::make_move_iterator(more.sources_.end()));
}

}  // namespace syncline
