#include <cmath>
#include <memory>
#include <optional>

#include "bench.hpp"

using syncline::Computed;
using syncline::Effect;
using syncline::Signal;

namespace bench {
namespace {

/// The random numbers that the public suite draws from the seed "seed".
class Random {
public:
    Random() {
        std::uint32_t hash = 2166136261U;
        for (const char c : std::string("seed")) {
            std::uint32_t mixed = static_cast<std::uint32_t>(c) * 3432918353U;
            mixed = rotate(mixed, 15);
            hash ^= mixed * 461845907U;
            hash = rotate(hash, 13);
            hash = 5 * hash + 3864292196U;
        }
        hash ^= 4U;
        for (std::uint32_t* part : {&a_, &b_, &c_, &d_}) {
            hash ^= hash >> 16U;
            hash *= 2246822507U;
            hash ^= hash >> 13U;
            hash *= 3266489909U;
            hash ^= hash >> 16U;
            *part = hash;
        }
    }

    double draw() {
        std::uint32_t t = a_ + b_;
        a_ = b_ ^ (b_ >> 9U);
        b_ = c_ + (c_ << 3U);
        c_ = rotate(c_, 21);
        d_ += 1;
        t += d_;
        c_ += t;
        return t / 4294967296.0;
    }

private:
    static std::uint32_t rotate(std::uint32_t x, unsigned by) {
        return (x << by) | (x >> (32U - by));
    }
    std::uint32_t a_ = 0;
    std::uint32_t b_ = 0;
    std::uint32_t c_ = 0;
    std::uint32_t d_ = 0;
};

struct Shape {
    const char* name;
    std::size_t width;
    std::size_t layers;
    std::size_t sources;
    double fixed;
    double read;
    std::int64_t iterations;
    double sum;
    std::int64_t count;
};

class Grid {
public:
    explicit Grid(const Shape& shape) : shape_(shape) {
        const std::size_t width = shape.width;
        for (std::size_t i = 0; i < width; ++i) signals_.emplace_back(static_cast<double>(i));
        nodes_.reserve(width * (shape.layers - 1));
        Random random;
        for (std::size_t layer = 1; layer < shape.layers; ++layer) {
            for (std::size_t x = 0; x < width; ++x) {
                const bool fixed = random.draw() < shape.fixed;
                layer == 1 ? add(signals_.data(), x, fixed)
                           : add(nodes_.data() + (layer - 2) * width, x, fixed);
            }
        }
        pick_leaves();
        reader_.emplace([this] {
            for (const Computed<double>* leaf : leaves_) keep(leaf->get());
        });
    }

    double run() {
        evaluations = 0;
        for (std::int64_t i = 0; i < shape_.iterations; ++i) {
            const std::size_t j = static_cast<std::size_t>(i) % shape_.width;
            signals_[j].set(static_cast<double>(i + static_cast<std::int64_t>(j)));
            for (const Computed<double>* leaf : leaves_) keep(leaf->get());
        }
        double total = 0;
        for (const Computed<double>* leaf : leaves_) total = leaf->get() + total;
        return total;
    }

    std::int64_t evaluations = 0;

private:
    template <class Node>
    void add(const Node* before, std::size_t x, bool fixed) {
        std::vector<const Node*> sources;
        for (std::size_t k = 0; k < shape_.sources; ++k) {
            sources.push_back(before + (x + k) % shape_.width);
        }
        if (fixed) {
            nodes_.emplace_back([this, sources] {
                ++evaluations;
                double total = 0;
                for (const Node* source : sources) total += source->get();
                return total;
            });
            return;
        }
        nodes_.emplace_back([this, sources] {
            ++evaluations;
            const double first = sources[0]->get();
            const auto whole = static_cast<std::uint64_t>(first);
            const bool drop = (whole & 1U) != 0;
            const std::size_t at = whole % (sources.size() - 1);
            double total = first;
            for (std::size_t i = 0; i + 1 < sources.size(); ++i) {
                if (drop && i == at) continue;
                total += sources[i + 1]->get();
            }
            return total;
        });
    }

    void pick_leaves() {
        for (std::size_t i = nodes_.size() - shape_.width; i < nodes_.size(); ++i) {
            leaves_.push_back(&nodes_[i]);
        }
        Random random;
        const double share = 1 - shape_.read;
        const auto drops = static_cast<int>(std::lround(static_cast<double>(shape_.width) * share));
        for (int i = 0; i < drops; ++i) {
            const double at = random.draw() * static_cast<double>(leaves_.size());
            leaves_.erase(leaves_.begin() + static_cast<std::ptrdiff_t>(at));
        }
    }

    const Shape& shape_;
    std::vector<Signal<double>> signals_ = make_room();
    std::vector<Computed<double>> nodes_;
    std::vector<const Computed<double>*> leaves_;
    std::optional<Effect> reader_;

    std::vector<Signal<double>> make_room() const {
        std::vector<Signal<double>> room;
        room.reserve(shape_.width);
        return room;
    }
};

}  // namespace

void grids(Report& report) {
    static const Shape shapes[] = {
        {"dyn_simple", 10, 5, 2, 1, 0.2, 600'000, 19199968, 3'480'000},
        {"dyn_dynamic", 10, 10, 6, 0.75, 0.2, 15'000, 302310782860, 1'155'000},
        {"dyn_large", 1000, 12, 4, 0.95, 1, 7'000, 29355933696000, 1'463'000},
        {"dyn_wide_dense", 1000, 5, 25, 1, 1, 3'000, 1171484375000, 732'000},
        {"dyn_deep", 5, 500, 3, 1, 1, 500, 3.0239642676898464e241, 1'246'500},
        {"dyn_very", 100, 15, 6, 0.5, 1, 2'000, 15664996402790400, 1'078'000},
    };
    for (const Shape& shape : shapes) {
        if (!report.wants(shape.name)) continue;
        const auto grid = std::make_unique<Grid>(shape);
        grid->run();
        bool ok = true;
        const Result result = sample_long(
            7, [] { return 0; },
            [&](int) { ok = grid->run() == shape.sum && grid->evaluations == shape.count && ok; });
        report.check(shape.name, ok);
        report.add(shape.name, result, 1e6, "ms/run",
                   std::to_string(grid->evaluations) + " evaluations");
    }
}

}  // namespace bench
