#include "syncline/reactive/scope.hpp"

#include "internal.hpp"

namespace syncline {
namespace detail {
namespace {

class ScopeNode final : public ObserverNode {
public:
    explicit ScopeNode(std::uint32_t flag_bits) : ObserverNode(flag_bits, &act_on) {}

private:
    static bool act_on(ObserverNode&, Action) { return false; }
};

ObserverNode* make_scope(ObserverNode* owner) {
    Context& ctx = context();
    NodeMemory memory(ctx, sizeof(ScopeNode), alignof(ScopeNode), owner != nullptr);
    auto* const node = ::new (memory.get()) ScopeNode(memory.flag_bits() | kScope | kLive);
    memory.made();
    Session session(ctx, graph_of(*node));
    node->effect.sequence = 0;
    node->effect.references = 1;
    if (owner != nullptr && can_own(*owner, *node)) {
        adopt(*owner, *node);
        if (owner->has(kPaused)) node->add(kPaused);
    } else if (owner != nullptr && has_ended(*owner)) {
        node->add(kStopped);
    }
    session.leave();
    return node;
}

ObserverNode* next_below(ObserverNode* node, const ObserverNode* root, bool descend) noexcept {
    if (descend && node->extra != nullptr && node->extra->first_child != nullptr) {
        return node->extra->first_child;
    }
    for (; node != root; node = ownership(*node).owner) {
        if (ownership(*node).next != nullptr) return ownership(*node).next;
    }
    return nullptr;
}

bool paused_itself(const ObserverNode& node) noexcept {
    return node.extra != nullptr && node.extra->paused_itself;
}

void pause_below(ObserverNode& root) noexcept {
    root.add(kPaused);
    for (ObserverNode* node = &root; (node = next_below(node, &root, true)) != nullptr;) {
        node->add(kPaused);
    }
}

void resume_below(Context& ctx, ObserverNode& root) {
    root.remove(kPaused);
    bool descend = true;
    for (ObserverNode* node = &root; (node = next_below(node, &root, descend)) != nullptr;) {
        descend = !paused_itself(*node);
        if (!descend) continue;
        node->remove(kPaused);
        const bool waits = node->has(kDirty | kPending) && !node->has(kQueued | kPosted | kRunning);
        if (node->has(kEffect) && waits) enqueue(ctx, *node);
    }
}

}  // namespace
}  // namespace detail

EffectScope::EffectScope() : node_(detail::make_scope(detail::context().owner)) {}

EffectScope::EffectScope(std::string name) : EffectScope() {
    detail::set_name(*node_, std::move(name));
}

EffectScope::EffectScope(EffectScope& parent) : node_(nullptr) {
    const Inside inside(parent);
    node_ = detail::make_scope(parent.node_);
}

EffectScope::~EffectScope() {
    if (node_ != nullptr) detail::release_handle(*node_);
}

EffectScope& EffectScope::operator=(EffectScope&& other) noexcept {
    if (this == &other) return *this;
    if (node_ != nullptr) detail::release_handle(*node_);
    node_ = std::exchange(other.node_, nullptr);
    return *this;
}

void EffectScope::pause() {
    if (node_ == nullptr) return;
    detail::Context& ctx = detail::context();
    detail::Session session(ctx, detail::graph_of(*node_));
    if (active()) {
        detail::extra_of(*node_).paused_itself = true;
        detail::pause_below(*node_);
    }
    session.leave();
}

void EffectScope::resume() {
    if (node_ == nullptr) return;
    detail::Context& ctx = detail::context();
    detail::Session session(ctx, detail::graph_of(*node_));
    if (active()) {
        detail::extra_of(*node_).paused_itself = false;
        const detail::ObserverNode* const owner =
            node_->has(detail::kOwned) ? detail::ownership(*node_).owner : nullptr;
        if (owner == nullptr || !owner->has(detail::kPaused)) detail::resume_below(ctx, *node_);
    }
    session.leave();
}

bool EffectScope::paused() const {
    return node_ != nullptr && node_->has(detail::kPaused);
}

void EffectScope::on_error(std::function<void(std::exception_ptr)> handler) {
    if (node_ == nullptr) return;
    detail::Context& ctx = detail::context();
    detail::Session session(ctx, detail::graph_of(*node_));
    if (active()) detail::extra_of(*node_).on_error.swap(handler);
    session.leave();
}

void EffectScope::stop() {
    if (node_ != nullptr) detail::stop_effect(*node_);
}

bool EffectScope::active() const {
    return node_ != nullptr && !detail::is_stopped(*node_);
}

EffectScope::Inside::Inside(EffectScope& scope)
    : ctx_(detail::context()), owner_(ctx_.owner), graph_bits_(ctx_.graph_bits) {
    if (!scope.active()) throw InvalidState("an effect scope was used after its end");
    ctx_.owner = scope.node_;
    ctx_.graph_bits = scope.node_->graph_number() << detail::kGraphShift;
}

EffectScope::Inside::~Inside() {
    ctx_.owner = owner_;
    ctx_.graph_bits = graph_bits_;
}

}  // namespace syncline
