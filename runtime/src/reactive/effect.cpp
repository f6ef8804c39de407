#include "syncline/reactive/effect.hpp"

#include "internal.hpp"

namespace syncline {

struct EffectQueue::State {
    std::mutex mutex;
    std::vector<detail::EffectRef> waiting;  // guarded by mutex
    std::vector<detail::EffectRef> taken;    // of the thread that drains; keeps its memory
    std::function<void()> on_work;
};

class EffectQueue::Port final : public detail::Schedule {
public:
    explicit Port(std::shared_ptr<State> state) : state_(std::move(state)) {}
    void post(detail::EffectRef effect) override {
        bool first = false;
        {
            const std::lock_guard lock(state_->mutex);
            first = state_->waiting.empty();
            state_->waiting.push_back(std::move(effect));
        }
        if (first && state_->on_work) state_->on_work();
    }

private:
    std::shared_ptr<State> state_;
};

EffectQueue::EffectQueue(std::function<void()> on_work) : state_(std::make_shared<State>()) {
    state_->on_work = std::move(on_work);
}

// Not under the mutex: dropping a reference enters the graph's lock.
EffectQueue::~EffectQueue() {
    std::vector<detail::EffectRef> dropped;
    const std::lock_guard lock(state_->mutex);
    dropped.swap(state_->waiting);
}

bool EffectQueue::empty() const {
    const std::lock_guard lock(state_->mutex);
    return state_->waiting.empty();
}

std::size_t EffectQueue::drain() {
    detail::Context& ctx = detail::context();
    if (ctx.depth != 0) {
        throw InvalidState("a queue of effects cannot be drained inside of a batch or computed");
    }
    std::size_t count = 0;
    std::exception_ptr error;
    for (bool continued = false;; continued = true) {
        std::vector<detail::EffectRef> taken;
        {
            const std::lock_guard lock(state_->mutex);
            if (state_->waiting.empty()) break;
            taken.swap(state_->taken);
            taken.swap(state_->waiting);
        }
        count += taken.size();
        {
            const detail::Deferral deferral(ctx);
            for (const detail::EffectRef& effect : taken) effect.enqueue();
            taken.clear();
        }
        {
            const std::lock_guard lock(state_->mutex);
            state_->taken.swap(taken);
        }
        // Inside of an effect, the loop that runs it goes on with these.
        if (ctx.deferring != 0) break;
        try {
            detail::flush_thread(ctx, continued);
        } catch (...) {
            if (!error) error = std::current_exception();
        }
    }
    if (error) std::rethrow_exception(error);
    return count;
}

namespace {

class ExecutorSchedule final : public detail::Schedule {
public:
    explicit ExecutorSchedule(Executor& executor) : executor_(executor) {}
    void post(detail::EffectRef effect) override {
        executor_.post([effect = std::move(effect)] { effect.run(); });
    }

private:
    Executor& executor_;
};

class FunctionSchedule final : public detail::Schedule {
public:
    explicit FunctionSchedule(std::function<void(Task)> function)
        : function_(std::move(function)) {}
    void post(detail::EffectRef effect) override {
        function_([effect = std::move(effect)] { effect.run(); });
    }

private:
    std::function<void(Task)> function_;
};

}  // namespace

detail::EffectStart Effect::start_with(EffectOptions options) {
    const int ways = (options.executor != nullptr ? 1 : 0) + (options.queue != nullptr ? 1 : 0) +
                     (options.schedule ? 1 : 0);
    if (ways > 1) {
        throw InvalidArgument(
            "an effect can have one of executor, queue and schedule, not several");
    }
    detail::EffectStart start;
    start.name = std::move(options.name);
    if (options.executor != nullptr) {
        start.schedule = std::make_unique<ExecutorSchedule>(*options.executor);
    } else if (options.queue != nullptr) {
        start.schedule = std::make_unique<EffectQueue::Port>(options.queue->state_);
    } else if (options.schedule) {
        start.schedule = std::make_unique<FunctionSchedule>(std::move(options.schedule));
    }
    return start;
}

void Effect::require_owner() {
    const detail::Context& ctx = detail::context();
    if (ctx.owner == nullptr) {
        throw InvalidState(
            "watch_owned needs an effect, computed or EffectScope::run around it; use watch and "
            "keep the handle");
    }
    if (ctx.owner->graph_number() != ctx.graph_bits >> detail::kGraphShift) {
        throw InvalidState("watch_owned cannot give an effect to an owner of another graph");
    }
    if (detail::has_ended(*ctx.owner)) {
        throw InvalidState("watch_owned in an effect scope that has ended");
    }
}

void detail::add_cleanup(Callback cleanup) {
    Context& ctx = context();
    if (ctx.owner == nullptr) {
        throw InvalidState("on_cleanup needs an effect, computed or EffectScope::run around it");
    }
    Session session(ctx, graph_of(*ctx.owner));
    if (has_ended(*ctx.owner)) throw InvalidState("on_cleanup in an effect scope that has ended");
    extra_of(*ctx.owner).cleanups.push_back(std::move(cleanup));
    session.leave();
}

}  // namespace syncline
