#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "syncline/base/executor.hpp"
#include "syncline/reactive/batch.hpp"
#include "syncline/reactive/detail/effect_node.hpp"
#include "syncline/reactive/detail/notes.hpp"
#include "syncline/reactive/errors.hpp"

namespace syncline {

/// Effects that wait for a loop of the application to run them: a game's frame, a user interface.
/// Must outlive its effects.
///
/// Thread-safety: any thread may write what its effects observe; effects run in the thread that
/// drains.
class EffectQueue {
public:
    /// `on_work`, if any, is called when the queue stops being empty, by the thread that wrote,
    /// with no lock held: the place to wake the loop.
    explicit EffectQueue(std::function<void()> on_work = {});
    ~EffectQueue();
    EffectQueue(const EffectQueue&) = delete;
    EffectQueue& operator=(const EffectQueue&) = delete;

    /// Runs what waits, and what that adds, until nothing waits; returns how many it took out.
    /// Throws: the first thing that an effect threw and no handler took, after all have run.
    std::size_t drain();

    bool empty() const;

private:
    friend class Effect;
    class Port;
    struct State;
    std::shared_ptr<State> state_;
};

/// How an effect runs. Of `executor`, `queue` and `schedule` at most one may be given; then every
/// run goes through it, the first one too. All must outlive the effect.
struct EffectOptions {
    std::string name = {};
    Executor* executor = nullptr;
    EffectQueue* queue = nullptr;
    /// Gets a task that runs the effect, and must call it later or now, in any thread.
    std::function<void(Task)> schedule = {};
};

template <class F>
void watch_owned(F&& closure, EffectOptions options = {});

/// A closure that runs once, and again whenever something that it read has changed.
///
/// It runs at once when it is made, and after the outermost write or batch, on the thread that
/// wrote, with no lock held. Pending effects run in the order of their creation, so parents come
/// before children. It may write: what it invalidates runs after it, itself included, until nothing
/// changes; after 100 runs in one write that is a `CycleError`.
///
/// The handle owns it: destroying it stops the effect. An effect made while another effect or a
/// computed runs, or in an `EffectScope::run`, also ends with that one.
///
/// Thread-safety: any thread. Two runs of one effect never overlap.
class Effect {
public:
    /// No effect.
    Effect() noexcept = default;
    /// Throws: what the first run threw; nothing is left behind then.
    template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, Effect>) explicit Effect(F&& closure)
        : node_(make(std::forward<F>(closure), nullptr, true)) {}
    template <class F>
    Effect(F&& closure, EffectOptions options) {
        detail::EffectStart start = start_with(std::move(options));
        node_ = make(std::forward<F>(closure), &start, true);
    }
    ~Effect() { reset(); }

    Effect(Effect&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    Effect& operator=(Effect&& other) noexcept {
        if (this != &other) {
            reset();
            node_ = std::exchange(other.node_, nullptr);
        }
        return *this;
    }
    Effect(const Effect&) = delete;
    Effect& operator=(const Effect&) = delete;

    /// Ends the effect: the effects it made end, cleanups run, and the closure is destroyed. Legal
    /// anywhere, also while it runs: then that run ends first and what it reads is no dependency.
    /// If it runs on another thread, this does not wait: see `stop_and_wait`. A second call does
    /// nothing. Throws: what a cleanup threw.
    void stop() {
        if (node_ != nullptr) detail::stop_effect(*node_);
    }

    /// As `stop`, and returns when no run is under way on another thread.
    /// Throws: `InvalidState` inside of the effect itself, a batch, snapshot or computed, where
    /// waiting would never end.
    void stop_and_wait() {
        if (node_ == nullptr) return;
        detail::stop_effect(*node_);
        detail::wait_until_not_running(*node_);
    }

    /// Whether there is an effect that has not ended.
    bool active() const { return node_ != nullptr && !detail::is_stopped(*node_); }

    void set_name(std::string name) {
        if (node_ != nullptr) detail::set_name(*node_, std::move(name));
    }
    std::string name() const { return node_ != nullptr ? detail::name_of(*node_) : std::string(); }

private:
    friend struct detail::NodeAccess;
    friend class EffectScope;
    template <class F>
    friend void watch_owned(F&&, EffectOptions);

    template <class F>
    static detail::ObserverNode* make(F&& closure, detail::EffectStart* start, bool handle) {
        static_assert(std::is_invocable_v<std::decay_t<F>&>,
                      "an effect must be callable without arguments");
        return detail::make_effect(std::forward<F>(closure), start, handle);
    }
    static detail::EffectStart start_with(EffectOptions options);
    static void require_owner();

    void reset() noexcept {
        if (node_ != nullptr) detail::release_handle(*std::exchange(node_, nullptr));
    }

    detail::ObserverNode* node_ = nullptr;
};

/// Makes an effect; see `Effect`. It lives as long as the handle that is returned.
template <class F>
[[nodiscard]] Effect watch(F&& closure) {
    return Effect(std::forward<F>(closure));
}
template <class F>
[[nodiscard]] Effect watch(F&& closure, EffectOptions options) {
    return Effect(std::forward<F>(closure), std::move(options));
}

/// Makes an effect that belongs to the running effect, computed or `EffectScope::run` and ends with
/// it. Throws: `InvalidState` outside of these, in a scope that has ended, and where the owner is
/// of another graph than the one in use; what the first run threw.
template <class F>
void watch_owned(F&& closure, EffectOptions options) {
    Effect::require_owner();
    detail::EffectStart start = Effect::start_with(std::move(options));
    Effect::make(std::forward<F>(closure), &start, false);
}

}  // namespace syncline
