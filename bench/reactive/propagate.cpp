#include <memory>

#include "bench.hpp"

using syncline::Computed;
using syncline::Effect;
using syncline::Signal;

namespace bench {

void propagate(Report& report) {
    for (const int width : {1, 10, 100}) {
        for (const int height : {1, 10, 100}) {
            const std::string name =
                "propagate_" + std::to_string(width) + "x" + std::to_string(height);
            if (!report.wants(name)) continue;
            Signal<int> source(1);
            std::vector<Computed<int>> nodes;
            nodes.reserve(static_cast<std::size_t>(width * height));
            std::vector<Effect> effects;
            std::int64_t runs = 0;
            for (int i = 0; i < width; ++i) {
                nodes.emplace_back([&source] { return source() + 1; });
                for (int j = 1; j < height; ++j) {
                    nodes.emplace_back([previous = &nodes.back()] { return previous->get() + 1; });
                }
                effects.emplace_back([end = &nodes.back(), &runs] {
                    keep(end->get());
                    ++runs;
                });
            }
            int value = 1;
            runs = 0;
            source.set(++value);
            report.check(name, runs == width && nodes.back().peek() == value + height);
            report.add(name, sample([&] { source.set(++value); }), 1, "ns/run");
            report.check(name, nodes.back().peek() == value + height);
        }
    }
}

}  // namespace bench
