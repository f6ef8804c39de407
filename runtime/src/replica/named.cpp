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
    const std::lock_guard lock(impl_->mutators_mutex);
    impl_->mutators[std::move(name)] = std::move(shared);
}

MutationTicket Replica::mutate(std::string_view name, Bytes arguments) {
    MutationTicket ticket{};
    impl_->write([&](detail::Work& work) {
        if (work.predicting.value != 0) {
            throw InvalidState("a mutator may not make another named mutation: " +
                               std::string(name));
        }
        ticket = work.enqueue(MutationKind::named, name, "", arguments, Cursor{},
                              impl_->clock.wall_now(), false);
        detail::predict(work, ticket.sequence, name, arguments);
    });
    return ticket;
}

}  // namespace syncline
