#include <algorithm>

#include "answers.hpp"
#include "rebase.hpp"
#include "work.hpp"

namespace syncline {
namespace {

using detail::Rebase;
using detail::Work;

// Outcomes of another history than that of the base, or of earlier outcomes, say nothing here.
bool is_of_this_history(const ScopeState& state, Epoch epoch) {
    if (state.cursor && !state.wants_snapshot) return epoch == state.epoch;
    return !state.confirmed_epoch || epoch == state.confirmed_epoch;
}

void confirm_to(Work& work, Sequence processed) {
    // More than was ever made is not about our mutations.
    const Sequence known = std::min(processed, work.counts.last);
    if (known <= work.state.confirmed) return;
    const Sequence first{work.state.confirmed.value + 1};
    work.counts.unsent -= work.queue.count(work.connection, first, known);
    work.state.confirmed = known;
}

std::vector<RejectedMutation> reject(Work& work, const std::vector<Rejection>& rejections,
                                     Sequence processed) {
    Rebase rebase(work);
    for (const Rejection& rejection : rejections) {
        if (rejection.sequence <= processed) rebase.departures().reject(rejection);
    }
    rebase.finish();
    return rebase.departures().take_rejected();
}

}  // namespace

// The cursor in a push's answer is not ours to take: what other clients wrote below it has not been
// pulled yet. Mutations that were applied stay in the view's overlay until a page includes them.
std::vector<RejectedMutation> detail::take_outcomes(Work& work, const PushResponse& response) {
    if (!is_of_this_history(work.state, response.epoch)) return {};
    work.state.confirmed_epoch = response.epoch;
    confirm_to(work, response.processed);
    return reject(work, response.rejections, response.processed);
}

std::vector<RejectedMutation> Replica::apply_outcomes(const PushResponse& response) {
    std::vector<RejectedMutation> rejected;
    impl_->write([&](Work& work) {
        work.remote = true;
        rejected = detail::take_outcomes(work, response);
    });
    return rejected;
}

std::vector<RejectedMutation> Replica::rejected() const {
    return impl_->read([&](Connection& connection, std::uint64_t) {
        return Rejections(impl_->scope_key()).all(connection);
    });
}

}  // namespace syncline
