// Random graphs, changed at random, against a naive oracle that recomputes everything.
#include <boost/test/unit_test.hpp>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "syncline/reactive/reactive.hpp"

using syncline::Computed;
using syncline::Effect;
using syncline::Signal;

namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr unsigned kSeeds = 300;
#else
constexpr unsigned kSeeds = 4000;
#endif

/// A node reads sources by a rule that depends on what it has read so far, so that dependencies
/// change from run to run.
struct Rule {
    std::vector<std::size_t> sources;
    int kind = 0;
};

class World {
public:
    explicit World(unsigned seed) : random_(seed) {
        const std::size_t signal_count = 1 + pick(6);
        const std::size_t computed_count = pick(24);
        for (std::size_t i = 0; i < signal_count; ++i) {
            values_.push_back(static_cast<int>(pick(4)));
            signals_.push_back(std::make_unique<Signal<int>>(values_.back()));
        }
        for (std::size_t i = 0; i < computed_count; ++i) add_computed();
        for (std::size_t i = pick(8); i > 0; --i) add_effect();
    }

    void run_steps(int steps) {
        for (int step = 0; step < steps; ++step) {
            take_step();
            check_effects();
        }
    }

private:
    struct Watcher {
        std::size_t target;
        int seen = 0;
        int runs = 0;
        std::optional<Effect> effect;
    };

    std::size_t pick(std::size_t below) { return below == 0 ? 0 : random_() % below; }
    std::size_t node_count() const { return signals_.size() + computeds_.size(); }

    int read(std::size_t node) const {
        return node < signals_.size() ? signals_[node]->get()
                                      : computeds_[node - signals_.size()]->get();
    }

    template <class Read>
    static int apply(const Rule& rule, Read read) {
        int total = 0;
        if (rule.kind == 0) {
            for (const std::size_t source : rule.sources) total += read(source);
            return total;
        }
        if (rule.kind == 1) {  // a cut-off: few values
            for (const std::size_t source : rule.sources) total += read(source);
            return total & 1;
        }
        const int first = read(rule.sources[0]);
        if (rule.kind == 2) {  // one of several
            return read(rule.sources[static_cast<unsigned>(first) % rule.sources.size()]);
        }
        // All but one, some of them twice.
        for (std::size_t i = 1; i < rule.sources.size(); ++i) {
            if (static_cast<unsigned>(first) % 3 != i) total += read(rule.sources[i]);
        }
        return total + read(rule.sources[rule.sources.size() / 2]);
    }

    void add_computed() {
        Rule rule;
        rule.kind = static_cast<int>(pick(4));
        for (std::size_t i = 1 + pick(5); i > 0; --i) rule.sources.push_back(pick(node_count()));
        rules_.push_back(rule);
        evaluations_.push_back(std::make_unique<int>(0));
        int* const evaluations = evaluations_.back().get();
        computeds_.push_back(std::make_unique<Computed<int>>([this, rule, evaluations] {
            ++*evaluations;
            return apply(rule, [this](std::size_t node) { return read(node); });
        }));
    }

    void add_effect() {
        watchers_.push_back(std::make_unique<Watcher>());
        Watcher& watcher = *watchers_.back();
        watcher.target = pick(node_count());
        watcher.effect.emplace([this, &watcher] {
            ++watcher.runs;
            watcher.seen = read(watcher.target);
        });
    }

    int expected(std::size_t node) {
        if (node < signals_.size()) return values_[node];
        auto& memo = memo_[node - signals_.size()];
        if (!memo) {
            const Rule& rule = rules_[node - signals_.size()];
            memo = apply(rule, [this](std::size_t source) { return expected(source); });
        }
        return *memo;
    }

    void forget() { memo_.assign(computeds_.size(), std::nullopt); }

    void write(std::size_t signal) {
        values_[signal] = static_cast<int>(pick(4));
        signals_[signal]->set(values_[signal]);
    }

    void take_step() {
        const std::vector<int> before = targets();
        for (const auto& count : evaluations_) *count = 0;
        for (const auto& watcher : watchers_) watcher->runs = 0;
        switch (pick(9)) {
            case 0:
                write_several(false);
                break;
            case 1:
                write_several(true);
                break;
            case 2:
                check_read(pick(node_count()));
                return;
            case 3:
                if (!watchers_.empty()) {
                    watchers_.erase(watchers_.begin() + static_cast<long>(pick(watchers_.size())));
                }
                return;
            case 4:
                add_effect();
                return;
            case 5: {
                const int old = values_[0];
                syncline::batch([&] {
                    signals_[0]->set(old + 7);
                    signals_[0]->set(old);
                });
                for (const auto& watcher : watchers_) BOOST_REQUIRE(watcher->runs == 0);
                for (const auto& count : evaluations_) BOOST_REQUIRE(*count == 0);
                return;
            }
            case 6:
                write_several_and_take_back();
                for (const auto& watcher : watchers_) BOOST_REQUIRE(watcher->runs == 0);
                return;
            default:
                write(pick(signals_.size()));
        }
        check_runs(before);
    }

    void write_several(bool read_between) {
        syncline::batch([&] {
            for (std::size_t i = 1 + pick(4); i > 0; --i) {
                write(pick(signals_.size()));
                if (read_between) check_read(pick(node_count()));
            }
        });
        reads_in_batch_ = read_between;
    }

    void write_several_and_take_back() {
        const std::vector<int> old = values_;
        syncline::batch([&] {
            for (std::size_t i = 1 + pick(4); i > 0; --i) {
                write(pick(signals_.size()));
                check_read(pick(node_count()));
            }
            values_ = old;
            for (std::size_t i = 0; i < old.size(); ++i) signals_[i]->set(old[i]);
            if (pick(2) == 0) check_read(pick(node_count()));
        });
    }

    std::vector<int> targets() {
        forget();
        std::vector<int> result;
        for (const auto& watcher : watchers_) result.push_back(expected(watcher->target));
        return result;
    }

    // At most one run per batch; exactly one where the value differs, none where it does not,
    // unless a read inside of the batch saw a value in between.
    void check_runs(const std::vector<int>& before) {
        const std::vector<int> after = targets();
        for (std::size_t i = 0; i < watchers_.size(); ++i) {
            if (before[i] != after[i]) BOOST_REQUIRE(watchers_[i]->runs == 1);
            if (!reads_in_batch_ && before[i] == after[i]) BOOST_REQUIRE(watchers_[i]->runs == 0);
            BOOST_REQUIRE(watchers_[i]->runs <= 1);
        }
        if (!reads_in_batch_) {
            for (const auto& count : evaluations_) BOOST_REQUIRE(*count <= 1);
        }
        reads_in_batch_ = false;
    }

    void check_read(std::size_t node) {
        forget();
        const int value = read(node);
        BOOST_REQUIRE(value == expected(node));
        // Cached: a second read evaluates nothing.
        for (const auto& count : evaluations_) *count = 0;
        BOOST_REQUIRE(read(node) == value);
        for (const auto& count : evaluations_) BOOST_REQUIRE(*count == 0);
    }

    void check_effects() {
        forget();
        for (const auto& watcher : watchers_) {
            BOOST_REQUIRE(watcher->seen == expected(watcher->target));
        }
    }

    std::mt19937 random_;
    std::vector<int> values_;
    std::vector<std::unique_ptr<Signal<int>>> signals_;
    std::vector<Rule> rules_;
    std::vector<std::unique_ptr<int>> evaluations_;
    std::vector<std::unique_ptr<Computed<int>>> computeds_;
    std::vector<std::unique_ptr<Watcher>> watchers_;
    std::vector<std::optional<int>> memo_;
    bool reads_in_batch_ = false;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(random_graph_tests)

BOOST_AUTO_TEST_CASE(random_graphs_agree_with_a_recomputation_from_nothing) {
    for (unsigned seed = 1; seed <= kSeeds; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            World world(seed);
            world.run_steps(40);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
