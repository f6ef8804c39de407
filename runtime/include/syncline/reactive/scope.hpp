#pragma once

#include <exception>
#include <functional>
#include <string>
#include <utility>

#include "syncline/reactive/detail/effect_node.hpp"
#include "syncline/reactive/effect.hpp"

namespace syncline {

/// Owns effects, cleanups and other scopes, and ends them together. A scope made while an effect or
/// computed runs, or in another scope's `run`, also ends with that one.
///
/// Thread-safety: any thread.
class EffectScope {
public:
    EffectScope();
    explicit EffectScope(std::string name);
    /// Below `parent`, wherever it is made.
    explicit EffectScope(EffectScope& parent);
    /// Ends as `stop`; what cleanups throw goes to `set_unhandled_error_handler`.
    ~EffectScope();
    EffectScope(EffectScope&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    /// Ends as the destructor, then takes over `other`.
    EffectScope& operator=(EffectScope&& other) noexcept;
    EffectScope(const EffectScope&) = delete;
    EffectScope& operator=(const EffectScope&) = delete;

    /// Calls `f`; effects, scopes and cleanups made in it belong to this scope.
    /// Throws: `InvalidState` if the scope has ended.
    template <class F>
    decltype(auto) run(F&& f) {
        const Inside inside(*this);
        return std::forward<F>(f)();
    }

    /// Makes an effect that belongs to this scope. Throws: what its first run threw.
    template <class F>
    void watch(F&& closure, EffectOptions options = {}) {
        const Inside inside(*this);
        watch_owned(std::forward<F>(closure), std::move(options));
    }

    /// Effects below do not run until `resume`; what changes meanwhile is remembered, not queued.
    /// An effect made in a paused scope still runs once, at once. Nothing, of one that has ended.
    void pause();
    /// Runs what became pending while paused, once. Not while a scope above is paused.
    void resume();
    bool paused() const;

    /// Gets what effects and cleanups below throw, except in an effect's first run, unless a scope
    /// between has a handler. Called with no lock held; what it throws itself goes where the error
    /// would have gone without it: to the write.
    void on_error(std::function<void(std::exception_ptr)> handler);

    /// Ends all that belongs to the scope: the youngest first, children before parents, then the
    /// scope's own cleanups. A second call does nothing. Throws: what a cleanup threw.
    void stop();
    bool active() const;

private:
    friend struct detail::NodeAccess;

    class Inside {
    public:
        explicit Inside(EffectScope& scope);
        ~Inside();
        Inside(const Inside&) = delete;
        Inside& operator=(const Inside&) = delete;

    private:
        detail::Context& ctx_;
        detail::ObserverNode* owner_;
        std::uint32_t graph_bits_;
    };

    detail::ObserverNode* node_;
};

}  // namespace syncline
