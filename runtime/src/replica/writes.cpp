// What became of single mutations, for those who ask.

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

#include "syncline/base/error.hpp"
#include "work.hpp"

namespace syncline {
namespace {

using detail::Work;

// Of this thread, one for each replica: by number, since another one may get its address.
struct LastWrite {
    std::uint64_t replica = 0;
    std::weak_ptr<const void> alive;
    MutationTicket ticket;
};
thread_local std::vector<LastWrite> last_writes_here;

LastWrite* last_write_with(std::uint64_t replica) {
    const auto found =
        std::find_if(last_writes_here.begin(), last_writes_here.end(),
                     [&](const LastWrite& write) { return write.replica == replica; });
    return found != last_writes_here.end() ? &*found : nullptr;
}

std::optional<QueueEntry> find_entry(Connection& connection, std::int64_t scope,
                                     MutationTicket ticket) {
    const MutationQueue queue(scope);
    if (ticket.sequence.value != 0) {
        auto entry = queue.find(connection, ticket.sequence);
        if (entry && entry->ticket == ticket.id) return entry;
    }
    return queue.find_ticket(connection, ticket.id);  // numbered anew, or known by id alone
}

}  // namespace

WriteStatus detail::status_of(const RejectedMutation& record) {
    WriteStatus status;
    status.state = WriteState::rejected;
    status.code = record.code;
    status.reason = record.reason;
    return status;
}

std::uint64_t detail::new_replica_number() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

void detail::note_last_write(const Replica::Impl& replica, MutationTicket ticket) {
    if (LastWrite* known = last_write_with(replica.number)) {
        known->ticket = ticket;
        return;
    }
    std::erase_if(last_writes_here, [](const LastWrite& write) { return write.alive.expired(); });
    last_writes_here.push_back({replica.number, replica.alive, ticket});
}

std::optional<MutationTicket> Replica::last_write() const {
    if (const Work* work = impl_->current_work()) {
        if (work->last_ticket) return work->last_ticket;
    }
    const LastWrite* write = last_write_with(impl_->number);
    return write != nullptr ? std::optional(write->ticket) : std::nullopt;
}

std::optional<WriteStatus> Replica::write_status(MutationTicket ticket) const {
    return impl_->read([&](Connection& connection, std::uint64_t) -> std::optional<WriteStatus> {
        const std::int64_t scope = impl_->scope_key();
        auto tracked = TrackedWrites(scope).find(connection, ticket.id);
        if (tracked && tracked->decided()) return tracked;
        if (const auto entry = find_entry(connection, scope, ticket)) {
            return WriteStatus{impl_->state_of(entry->sequence), {}, {}, {}};
        }
        const auto record = Rejections(scope).find(connection, ticket.id);
        if (record) return detail::status_of(*record);
        return std::nullopt;
    });
}

bool Replica::track_write(MutationTicket ticket) {
    bool known = true;
    impl_->write([&](Work& work) {
        const std::int64_t scope = impl_->scope_key();
        const TrackedWrites tracked(scope);
        if (tracked.find(work.connection, ticket.id)) return;
        WriteStatus status;
        if (find_entry(work.connection, scope, ticket)) {
            ++work.counts.tracked;
        } else if (const auto record = work.rejections.find(work.connection, ticket.id)) {
            status = detail::status_of(*record);
        } else if (ticket.sequence.value != 0 && ticket.sequence <= work.state.floor) {
            status.state = WriteState::applied;
            status.cursor = work.state.cursor.value_or(Cursor{});
        } else {
            known = false;
            return;
        }
        tracked.add(work.connection, ticket.id, status);
        ++work.writes;
    });
    return known;
}

void Replica::set_write_listener(std::function<void()> on_writes) {
    impl_->publisher.set_write_listener(std::move(on_writes));
}

WriteState Replica::Impl::state_of(Sequence sequence) const {
    const std::lock_guard lock(published_mutex);
    const bool sent = sequence <= given_out || sequence <= published_state.confirmed;
    return sent ? WriteState::sent : WriteState::local;
}

void Replica::Impl::give_out(Sequence last) {
    bool tell = false;
    {
        const std::lock_guard lock(published_mutex);
        tell = last > given_out && published_counts.tracked > 0;
        given_out = std::max(given_out, last);
    }
    if (tell) publisher.tell_writes();
}

}  // namespace syncline
