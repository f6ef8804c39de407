#include <memory>

#include "bench.hpp"

using syncline::Computed;
using syncline::Effect;
using syncline::Signal;

namespace bench {
namespace {

void reads_and_writes(Report& report) {
    Signal<int> signal(1);
    if (report.wants("read_signal")) {
        report.add("read_signal", sample([&] {
                       for (int i = 0; i < 1000; ++i) keep(signal.get());
                   }),
                   1000, "ns/op");
    }
    if (report.wants("write_signal_nosubs")) {
        int value = 0;
        report.add("write_signal_nosubs", sample([&] {
                       for (int i = 0; i < 1000; ++i) signal.set(++value);
                   }),
                   1000, "ns/op");
    }
    Computed computed([&] { return signal() + 1; });
    const auto read = [&] {
        for (int i = 0; i < 1000; ++i) keep(computed.get());
    };
    if (report.wants("read_computed_cached_unobserved")) {
        report.add("read_computed_cached_unobserved", sample(read), 1000, "ns/op");
    }
    const Effect effect = syncline::watch([&] { keep(computed()); });
    if (report.wants("read_computed_cached")) {
        report.add("read_computed_cached", sample(read), 1000, "ns/op");
    }
}

void pull(Report& report) {
    Signal<int> head(0);
    std::vector<Computed<int>> chain;
    chain.reserve(10);
    chain.emplace_back([&head] { return head() + 1; });
    for (int i = 1; i < 10; ++i) {
        chain.emplace_back([before = &chain.back()] { return before->get() + 1; });
    }
    int value = 0;
    report.add("pull_unobserved_chain10", sample([&] {
                   head.set(++value);
                   keep(chain.back().get());
               }),
               1, "ns/run");
    report.check("pull_unobserved_chain10", chain.back().get() == value + 10);
}

void batch_1000(Report& report) {
    std::vector<Signal<int>> signals;
    signals.reserve(1000);
    for (int i = 0; i < 1000; ++i) signals.emplace_back(0);
    std::int64_t runs = 0;
    const Effect effect = syncline::watch([&] {
        int total = 0;
        for (const auto& signal : signals) total += signal();
        keep(total);
        ++runs;
    });
    int value = 0;
    std::int64_t steps = 0;
    runs = 0;
    report.add("batch_1000_signals_1_effect", sample([&] {
                   ++value;
                   ++steps;
                   syncline::batch([&] {
                       for (auto& signal : signals) signal.set(value);
                   });
               }),
               1000, "ns/signal");
    report.check("batch_1000_signals_1_effect", runs == steps);
}

void flip(Report& report) {
    Signal<int> select(0);
    Signal<int> a(1);
    Signal<int> b(2);
    Computed c([&] { return (select() & 1) != 0 ? a() : b(); });
    int seen = 0;
    const Effect effect = syncline::watch([&] { seen = c(); });
    int value = 0;
    report.add("dynamic_flip", sample([&] { select.set(++value); }), 1, "ns/run");
    report.check("dynamic_flip", seen == ((value & 1) != 0 ? 1 : 2));
}

void create_dispose(Report& report) {
    Signal<int> signal(0);
    report.add("create_dispose_effect", sample([&] {
                   syncline::EffectScope scope;
                   for (int i = 0; i < 100; ++i) scope.watch([&] { keep(signal()); });
               }),
               100, "ns/op", "owned by a scope");
    std::vector<Effect> effects;
    effects.reserve(100);
    report.add("create_dispose_effect_handles", sample([&] {
                   for (int i = 0; i < 100; ++i) effects.emplace_back([&] { keep(signal()); });
                   effects.clear();
               }),
               100, "ns/op", "owned by handles");
    report.check("create_dispose_effect", !signal.observed());
}

void fan_out(Report& report) {
    Signal<int> signal(0);
    std::int64_t runs = 0;
    std::vector<Effect> effects;
    effects.reserve(100'000);
    for (int i = 0; i < 100'000; ++i) {
        effects.emplace_back([&] {
            keep(signal());
            ++runs;
        });
    }
    int value = 0;
    std::int64_t steps = 0;
    runs = 0;
    report.add("fanout_100k_effects", sample([&] {
                   signal.set(++value);
                   ++steps;
               }),
               100'000, "ns/effect");
    report.check("fanout_100k_effects", runs == steps * 100'000);
}

void deep_chain(Report& report, int depth, bool warm) {
    const std::string name = (warm ? "deepchain_" : "deepchain_cold_") + std::to_string(depth);
    if (!report.wants(name)) return;
    Signal<int> head(0);
    std::vector<Computed<int>> chain;
    chain.reserve(static_cast<std::size_t>(depth));
    chain.emplace_back([&head] { return head() + 1; });
    for (int i = 1; i < depth; ++i) {
        chain.emplace_back([before = &chain.back()] { return before->get() + 1; });
        if (warm) chain.back().peek();
    }
    if (!warm) {
        const double begin = now_ns();
        try {
            const int end = chain.back().get();
            const double took = now_ns() - begin;
            report.check(name, end == depth);
            report.add(name, {took, took}, depth, "ns/node");
        } catch (const syncline::CycleError&) {
            report.add(name, {0, 0}, 1, "ns/node", "refused with a clear error");
        }
        return;
    }
    int seen = 0;
    const Effect effect = syncline::watch([&] { seen = chain.back().get(); });
    int value = 0;
    const auto step = [&] {
        head.set(++value);
        keep(chain.back().get());
    };
    const Result result = depth <= 10'000 ? sample(step)
                                          : sample_long(
                                                15, [] { return 0; }, [&](int) { step(); });
    report.check(name, seen == value + depth);
    report.add(name, result, depth, "ns/node");
}

}  // namespace

void micro(Report& report) {
    reads_and_writes(report);
    if (report.wants("pull_unobserved_chain10")) pull(report);
    if (report.wants("batch_1000_signals_1_effect")) batch_1000(report);
    if (report.wants("dynamic_flip")) flip(report);
    if (report.wants("create_dispose_effect")) create_dispose(report);
    if (report.wants("fanout_100k_effects")) fan_out(report);
    for (const int depth : {1'000, 10'000, 100'000, 1'000'000}) deep_chain(report, depth, true);
    for (const int depth : {1'000, 10'000, 100'000}) deep_chain(report, depth, false);
}

}  // namespace bench
