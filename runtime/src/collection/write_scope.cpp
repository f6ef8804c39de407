#include "write_scope.hpp"

#include "syncline/reactive/batch.hpp"

namespace syncline {

namespace {

thread_local WriteScope* innermost = nullptr;

}  // namespace

WriteScope::WriteScope(const Replica& replica, Kind kind, Notices& notices)
    : replica_(replica), kind_(kind), outer_(innermost), notices_(notices) {
    innermost = this;
}

WriteScope::~WriteScope() {
    innermost = outer_;
}

WriteScope* WriteScope::current(const Replica& replica) {
    WriteScope* scope = innermost;
    while (scope != nullptr && &scope->replica_ != &replica) scope = scope->outer_;
    return scope;
}

WriteScope* WriteScope::with_own_state(const Replica& replica) {
    for (WriteScope* scope = innermost; scope != nullptr; scope = scope->outer_) {
        if (&scope->replica_ == &replica && scope->kind_ == Kind::own_state) return scope;
    }
    return nullptr;
}

void track(const Replica& replica, const std::shared_ptr<Source>& source) {
    if (!is_tracking()) return;
    source->track();
    // A computed may keep what it makes of an uncommitted row, so it must hear of the end of this
    // state even if that leaves the row as it was.
    if (WriteScope* scope = WriteScope::with_own_state(replica)) scope->notices().add(source);
}

}  // namespace syncline
