#pragma once

#include <string>
#include <utility>

#include "syncline/reactive/detail/access.hpp"
#include "syncline/reactive/detail/notes.hpp"

namespace syncline {

/// Something that can be read and changes, without a value of its own: what rows, collections and
/// queries derive from or contain. Whoever reads the value behind it calls `track` *before*;
/// whoever changes the value calls `trigger` *after*.
///
/// It is 16 bytes, allocates nothing while nobody observes it, and may be destroyed while it is
/// observed: its observers forget it and are not run for that.
///
/// Thread-safety: any thread may call any of it. Two rules for those who build on it, since
/// computeds are evaluated under the graph's lock:
/// - a lock of your own that readers take inside of `track`ed code must not be held while you call
///   anything of this module;
/// - inside of a `Batch` the order is always the graph's lock first, then yours.
class Source {
public:
    /// Throws: `InvalidState` in a batch, snapshot or computed of another graph than that in use.
    Source() : node_(detail::new_source_bits()) {}
    explicit Source(std::string name) : Source() { set_name(std::move(name)); }
    ~Source() { detail::end_source(node_); }
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    /// Makes the running computed or effect depend on this; nothing outside of one.
    void track() const { detail::track_if_needed(detail::context(), node_); }

    /// Invalidates what depends on this. Outside of a batch and of an effect, effects have run when
    /// it returns; in a batch, they run when that ends.
    /// Throws: `InvalidState` inside of a computed; what an effect threw.
    void trigger() const {
        detail::Write write(detail::context(), node_);
        if (!write.batched()) {
            write.changed();
            return;
        }
        detail::log_trigger(detail::context(), node_);
        write.changed_in_batch();
    }

    /// Whether an effect depends on this, directly or through computeds.
    bool observed() const { return detail::is_observed(node_); }

    /// Calls `hook` when this gains its first observer: the place to open what feeds it. An
    /// observer is an effect, or a computed that an effect needs; a read alone is none. Called with
    /// no lock held, untracked, on the thread that made the change; a loss and a gain that follow
    /// each other at once may both be left out. It must not throw, nor destroy this: the read that
    /// gained the observer may not be over. At once, if this is observed already.
    template <class F>
    void on_observed(F&& hook) {
        detail::Callback callback(std::forward<F>(hook));
        detail::set_hooks(node_, &callback, nullptr);
    }
    /// As `on_observed`, when this has lost its last observer.
    template <class F>
    void on_unobserved(F&& hook) {
        detail::Callback callback(std::forward<F>(hook));
        detail::set_hooks(node_, nullptr, &callback);
    }

    /// A name for messages and dumps; kept aside, so that those without one pay nothing.
    void set_name(std::string name) { detail::set_name(node_, std::move(name)); }
    std::string name() const { return detail::name_of(node_); }

private:
    friend struct detail::NodeAccess;
    mutable detail::SourceNode node_;
};

}  // namespace syncline
