#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "syncline/reactive/reactive.hpp"

namespace bench {

/// Keeps the compiler from removing what computes `value`.
template <class T>
inline void keep(const T& value) {
    asm volatile("" : : "r,m"(value) : "memory");
}

/// 100 increments that the compiler must keep.
inline void busy() {
    for (int i = 0; i < 100; ++i) asm volatile("" : "+r"(i));
}

inline double now_ns() {
    return std::chrono::duration<double, std::nano>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

struct Result {
    double minimum;
    double median;
};

inline Result summarize(std::vector<double> samples) {
    std::sort(samples.begin(), samples.end());
    return {samples.front(), samples[samples.size() / 2]};
}

/// Nanoseconds per call of `step`: 80 samples of about 2 ms.
template <class F>
Result sample(F&& step) {
    step();
    const double start = now_ns();
    std::int64_t steps = 0;
    while (now_ns() - start < 2e6) {
        step();
        ++steps;
    }
    std::vector<double> samples;
    for (int i = 0; i < 80; ++i) {
        const double begin = now_ns();
        for (std::int64_t j = 0; j < steps; ++j) step();
        samples.push_back((now_ns() - begin) / static_cast<double>(steps));
    }
    return summarize(std::move(samples));
}

/// Nanoseconds of `runs` long runs; `prepare` before each is not timed.
template <class Prepare, class F>
Result sample_long(int runs, Prepare&& prepare, F&& run) {
    std::vector<double> samples;
    for (int i = 0; i <= runs; ++i) {
        auto state = prepare();
        const double begin = now_ns();
        run(state);
        if (i > 0) samples.push_back(now_ns() - begin);
    }
    return summarize(std::move(samples));
}

/// Where workloads put their results.
class Report {
public:
    /// `per` divides nanoseconds into `unit`.
    void add(const std::string& name, Result result, double per, const std::string& unit,
             const std::string& note = {});
    /// Whether the workload was asked for.
    bool wants(const std::string& name) const;
    /// A workload whose check fails has no result, and the program fails.
    void check(const std::string& name, bool ok);

    std::string filter;
    bool json = false;
    bool failed = false;
};

void propagate(Report& report);
void kairo(Report& report);
void cellx(Report& report);
void create_update(Report& report);
void grids(Report& report);
void memory(Report& report);
void micro(Report& report);
void threads(Report& report);

}  // namespace bench
