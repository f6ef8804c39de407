#include "replay.hpp"
#include "syncline/base/error.hpp"
#include "work.hpp"

namespace syncline {

std::shared_ptr<const Replica::Mutator> Replica::Impl::find_mutator(std::string_view name) const {
    const std::lock_guard lock(mutators_mutex);
    const auto found = mutators.find(name);
    return found != mutators.end() ? found->second : nullptr;
}

void Replica::set_mutator(std::string name, Mutator mutator) {
    auto shared = std::make_shared<const Mutator>(std::move(mutator));
    {
        const std::lock_guard lock(impl_->mutators_mutex);
        impl_->mutators[std::move(name)] = std::move(shared);
    }
    const auto waits = [&] {
        const std::lock_guard lock(impl_->published_mutex);
        return impl_->published_state.wants_replay;
    };
    if (waits()) impl_->replay_for_schema();
}

WallTime Replica::write_time() const {
    if (const detail::Work* work = impl_->current_work()) return work->now();
    return impl_->clock.wall_now();
}

MutationTicket Replica::mutate(std::string_view name, Bytes arguments) {
    MutationTicket ticket{};
    impl_->write([&](detail::Work& work) {
        if (work.predicting.value != 0) {
            throw InvalidState("a mutator may not make another named mutation: " +
                               std::string(name));
        }
        const WallTime now = work.now();
        ticket = work.enqueue(MutationKind::named, name, "", arguments, Cursor{}, now, false);
        detail::predict(work, ticket.sequence, name, arguments, now);
    });
    return ticket;
}

}  // namespace syncline
