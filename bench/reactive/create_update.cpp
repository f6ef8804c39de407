#include <memory>

#include "bench.hpp"

using syncline::Effect;
using syncline::Signal;

namespace bench {
namespace {

constexpr std::size_t kCount = 100'000;

std::vector<Signal<int>> make_signals(std::size_t count) {
    std::vector<Signal<int>> signals;
    signals.reserve(count);
    for (std::size_t i = 0; i < count; ++i) signals.emplace_back(static_cast<int>(i));
    for (int round = 0; round < 3; ++round) {
        for (const auto& signal : signals) keep(signal.get());
    }
    return signals;
}

// `reads` signals for each of `effects` effects; or one signal for `shared` effects.
void make_effects(std::vector<Effect>& effects, const std::vector<Signal<int>>& signals,
                  std::size_t count, std::size_t reads, std::size_t shared) {
    effects.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        if (reads == 0) {
            effects.emplace_back([i] { keep(i); });
        } else if (reads == 1) {
            effects.emplace_back([signal = &signals[i / shared]] { keep(signal->get()); });
        } else {
            effects.emplace_back([first = &signals[i * reads], reads] {
                for (std::size_t j = 0; j < reads; ++j) keep(first[j].get());
            });
        }
    }
}

struct Shape {
    const char* name;
    std::size_t effects;
    std::size_t reads;
    std::size_t shared;
    std::size_t signals;
};

void create(Report& report) {
    if (report.wants("create_signals")) {
        report.add("create_signals",
                   sample_long(
                       30, [] { return std::vector<Signal<int>>(); },
                       [](std::vector<Signal<int>>& signals) {
                           signals.reserve(kCount);
                           for (std::size_t i = 0; i < kCount; ++i) {
                               signals.emplace_back(static_cast<int>(i));
                           }
                       }),
                   1e6, "ms/run");
    }
    const Shape shapes[] = {
        {"create_0to1", kCount, 0, 1, 0},
        {"create_1to1", kCount, 1, 1, kCount},
        {"create_2to1", kCount / 2, 2, 1, kCount},
        {"create_4to1", kCount / 4, 4, 1, kCount},
        {"create_1000to1", kCount / 1000, 1000, 1, kCount},
        {"create_1to2", kCount, 1, 2, kCount / 2},
        {"create_1to4", kCount, 1, 4, kCount / 4},
        {"create_1to8", kCount, 1, 8, kCount / 8},
        {"create_1to1000", kCount, 1, 1000, kCount / 1000},
    };
    Result total{0, 0};
    bool all = true;
    for (const Shape& shape : shapes) {
        all = all && report.wants(shape.name);
        if (!report.wants(shape.name)) continue;
        const auto signals = make_signals(shape.signals);
        const auto prepare = [] { return std::vector<Effect>(); };
        const auto make = [&](std::vector<Effect>& effects) {
            make_effects(effects, signals, shape.effects, shape.reads, shape.shared);
        };
        report.add(shape.name, sample_long(20, prepare, make), 1e6, "ms/run", "creation only");
        const Result both = sample_long(20, prepare, [&](std::vector<Effect>& effects) {
            make(effects);
            effects.clear();
        });
        report.add(std::string(shape.name) + "_dispose", both, 1e6, "ms/run", "with disposal");
        total.minimum += both.minimum;
        total.median += both.median;
    }
    if (all) report.add("create_computations_total", total, 1e6, "ms/run");
}

void update(Report& report) {
    struct Update {
        const char* name;
        std::size_t reads;
        std::size_t effects;
        int writes;
    };
    const Update updates[] = {
        {"update_1to1", 1, 1, 400'000},      {"update_2to1", 2, 1, 200'000},
        {"update_4to1", 4, 1, 100'000},      {"update_1000to1", 1000, 1, 400},
        {"update_1to2", 1, 2, 100'000},      {"update_1to4", 1, 4, 100'000},
        {"update_1to1000", 1, 1000, 10'000},
    };
    Result total{0, 0};
    bool all = true;
    for (const Update& shape : updates) {
        all = all && report.wants(shape.name);
        if (!report.wants(shape.name)) continue;
        std::vector<Signal<int>> signals;
        signals.reserve(shape.reads);
        for (std::size_t i = 0; i < shape.reads; ++i) signals.emplace_back(0);
        std::int64_t runs = 0;
        std::vector<Effect> effects;
        for (std::size_t i = 0; i < shape.effects; ++i) {
            effects.emplace_back([&signals, &runs, reads = shape.reads] {
                for (std::size_t j = 0; j < reads; ++j) keep(signals[j].get());
                ++runs;
            });
        }
        bool ok = true;
        const Result result = sample_long(
            15,
            [&] {
                signals[0].set(0);
                runs = 0;
                return 0;
            },
            [&](int) {
                for (int i = 0; i < shape.writes; ++i) signals[0].set(i);
                ok = ok && runs == static_cast<std::int64_t>(shape.effects) * (shape.writes - 1);
            });
        report.check(shape.name, ok);
        char note[48];
        std::snprintf(note, sizeof note, "%.1f ns per write (min)", result.minimum / shape.writes);
        report.add(shape.name, result, 1e6, "ms/run", note);
        total.minimum += result.minimum;
        total.median += result.median;
    }
    if (all) report.add("update_signals_total", total, 1e6, "ms/run");
}

}  // namespace

void create_update(Report& report) {
    create(report);
    update(report);
}

}  // namespace bench
