#include <malloc.h>

#include <memory>

#include "bench.hpp"

using syncline::Computed;
using syncline::Effect;
using syncline::Signal;

namespace bench {
namespace {

constexpr std::size_t kCount = 100'000;

double heap_bytes() {
    const struct mallinfo2 info = mallinfo2();
    return static_cast<double>(info.uordblks + info.hblkhd);
}

void report_bytes(Report& report, const char* name, double bytes, double per, const char* unit,
                  const char* note) {
    report.add(name, {bytes, bytes}, per, unit, note);
}

void nodes(Report& report) {
    const double start = heap_bytes();
    std::vector<Signal<int>> signals;
    signals.reserve(kCount);
    for (std::size_t i = 0; i < kCount; ++i) signals.emplace_back(0);
    const double with_signals = heap_bytes();
    std::vector<Computed<int>> computeds;
    computeds.reserve(kCount);
    for (std::size_t i = 0; i < kCount; ++i) {
        computeds.emplace_back([signal = &signals[i]] { return signal->get() + 1; });
    }
    const double with_computeds = heap_bytes();
    std::vector<Effect> effects;
    effects.reserve(kCount);
    for (std::size_t i = 0; i < kCount; ++i) {
        effects.emplace_back([computed = &computeds[i]] { keep(computed->get()); });
    }
    const double end = heap_bytes();
    constexpr double kPer = kCount;
    report_bytes(report, "mem_signal", with_signals - start, kPer, "B/node", "handle included");
    report_bytes(report, "mem_computed_unread", with_computeds - with_signals, kPer, "B/node",
                 "handle included, no link");
    report_bytes(report, "mem_effect_plus_2_links", end - with_computeds, kPer, "B/node",
                 "handle included");
    report_bytes(report, "mem_computed_with_link",
                 with_computeds - with_signals + sizeof(syncline::detail::Link) * kPer, kPer,
                 "B/node", "as in the goals");
    report_bytes(report, "mem_effect_with_link",
                 end - with_computeds - sizeof(syncline::detail::Link) * kPer, kPer, "B/node",
                 "as in the goals");
}

void tree(Report& report) {
    const double start = heap_bytes();
    Signal<int> head(0);
    std::vector<Computed<int>> computeds;
    computeds.reserve(10'000);
    std::vector<Effect> effects;
    effects.reserve(10'000);
    for (int chain = 0; chain < 100; ++chain) {
        computeds.emplace_back([&head] { return head() + 1; });
        for (int i = 1; i < 100; ++i) {
            computeds.emplace_back([before = &computeds.back()] { return before->get() + 1; });
        }
    }
    for (const auto& computed : computeds) {
        effects.emplace_back([node = &computed] { keep(node->get()); });
    }
    head.set(1);
    report_bytes(report, "mem_tree_100x100", heap_bytes() - start, 1024, "KiB", "");
}

}  // namespace

void memory(Report& report) {
    if (report.wants("mem_")) {
        nodes(report);
        tree(report);
    }
}

}  // namespace bench
