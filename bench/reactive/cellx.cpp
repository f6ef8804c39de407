#include <memory>
#include <optional>

#include "bench.hpp"

using syncline::Computed;
using syncline::Effect;
using syncline::Signal;

namespace bench {
namespace {

struct Cells {
    explicit Cells(std::size_t layers) {
        nodes.reserve(4 * layers);
        for (int i = 1; i <= 4; ++i) heads.emplace_back(i);
        add_layer([this](std::size_t i) { return heads[i].get(); });
        for (std::size_t layer = 1; layer < layers; ++layer) {
            const Computed<int>* const before = nodes.data() + nodes.size() - 4;
            add_layer([before](std::size_t i) { return before[i].get(); });
        }
    }

    template <class Read>
    void add_layer(Read read) {
        nodes.emplace_back([read] { return read(1); });
        nodes.emplace_back([read] { return read(0) - read(2); });
        nodes.emplace_back([read] { return read(1) + read(3); });
        nodes.emplace_back([read] { return read(2); });
        for (std::size_t i = nodes.size() - 4; i < nodes.size(); ++i) {
            effects.emplace_back([node = &nodes[i]] { keep(node->get()); });
        }
    }

    std::vector<int> end() const {
        std::vector<int> values;
        for (std::size_t i = nodes.size() - 4; i < nodes.size(); ++i) {
            values.push_back(nodes[i].get());
        }
        return values;
    }

    std::vector<Signal<int>> heads;
    std::vector<Computed<int>> nodes;
    std::vector<Effect> effects;
};

}  // namespace

void cellx(Report& report) {
    for (const std::size_t layers : {std::size_t{1000}, std::size_t{2500}}) {
        const std::string name = "cellx_" + std::to_string(layers);
        if (!report.wants(name)) continue;
        bool ok = true;
        const Result result = sample_long(
            15, [&] { return std::make_unique<Cells>(layers); },
            [&](const std::unique_ptr<Cells>& cells) {
                const std::vector<int> before = cells->end();
                syncline::batch([&] {
                    for (std::size_t i = 0; i < 4; ++i)
                        cells->heads[i].set(4 - static_cast<int>(i));
                });
                const std::vector<int> after = cells->end();
                ok = ok && before == std::vector<int>{-3, -6, -2, 2} &&
                     after == std::vector<int>{-2, -4, 2, 3};
            });
        report.check(name, ok);
        report.add(name, result, 1e6, "ms/run");
    }
}

}  // namespace bench
