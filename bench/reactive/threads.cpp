#include <atomic>
#include <memory>
#include <thread>

#include "bench.hpp"

using syncline::Computed;
using syncline::Effect;
using syncline::Signal;

namespace bench {
namespace {

/// Nanoseconds per call of `step` in each of `count` threads that work at the same time for a
/// while; `make(number)` runs in the thread and returns the step.
template <class Make>
Result in_threads(int count, Make make) {
    std::vector<double> samples;
    for (int round = 0; round < 9; ++round) {
        std::atomic<int> ready{0};
        std::atomic<bool> stop{false};
        std::vector<double> results(static_cast<std::size_t>(count));
        std::vector<std::thread> threads;
        for (int i = 0; i < count; ++i) {
            threads.emplace_back([&, i] {
                auto step = make(i);
                ++ready;
                while (ready < count) std::this_thread::yield();
                const double begin = now_ns();
                std::int64_t calls = 0;
                do {
                    for (int k = 0; k < 1000; ++k) step();
                    calls += 1000;
                } while (!stop.load(std::memory_order_relaxed));
                results[static_cast<std::size_t>(i)] =
                    (now_ns() - begin) / static_cast<double>(calls);
            });
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(60));
        stop = true;
        for (std::thread& thread : threads) thread.join();
        double sum = 0;
        for (const double result : results) sum += result;
        samples.push_back(sum / count);
    }
    return summarize(std::move(samples));
}

void read_mt(Report& report) {
    Signal<int> signal(1);
    Computed computed([&] { return signal() + 1; });
    const Effect effect = syncline::watch([&] { keep(computed()); });
    for (const int count : {1, 2, 4}) {
        const std::string suffix = "_" + std::to_string(count);
        report.add("T1_read_mt" + suffix,
                   in_threads(count, [&](int) { return [&] { keep(signal.get()); }; }), 1,
                   "ns/read", "per thread");
        report.add("T2_read_computed_mt" + suffix,
                   in_threads(count, [&](int) { return [&] { keep(computed.get()); }; }), 1,
                   "ns/read", "per thread");
    }
}

struct Own {
    syncline::ReactiveGraph graph;
    std::unique_ptr<Signal<int>> signal;
    std::unique_ptr<Effect> effect;
    int value = 0;
};

void write_disjoint(Report& report) {
    for (const int count : {1, 2}) {
        std::vector<std::unique_ptr<Own>> owns;
        for (int i = 0; i < count; ++i) owns.push_back(std::make_unique<Own>());
        const Result result = in_threads(count, [&](int number) {
            Own& own = *owns[static_cast<std::size_t>(number)];
            own.effect.reset();
            own.graph.run([&] {
                own.signal = std::make_unique<Signal<int>>(0);
                own.effect = std::make_unique<Effect>([&own] { keep(own.signal->get()); });
            });
            return [&own] { own.signal->set(++own.value); };
        });
        report.add("T3_write_disjoint_mt_" + std::to_string(count), result, 1, "ns/write",
                   "per thread, a graph each");
        for (const auto& own : owns) own->effect.reset();
    }
}

void write_shared(Report& report) {
    for (const int count : {1, 2, 4}) {
        Signal<int> signal(0);
        std::atomic<int> seen{0};
        std::unique_ptr<Effect> effect =
            std::make_unique<Effect>([&] { seen.store(signal(), std::memory_order_relaxed); });
        const Result result = in_threads(count, [&](int number) {
            return [&signal, value = number * 100'000'000]() mutable { signal.set(++value); };
        });
        report.add("T4_write_shared_mt_" + std::to_string(count), result, 1, "ns/write",
                   "per thread");
        report.check("T4_write_shared_mt", seen == signal.peek());
    }
}

void handover(Report& report) {
    Signal<std::int64_t> sent(0);
    std::atomic<std::int64_t> received{0};
    syncline::ThreadExecutor executor;
    std::vector<double> samples;
    {
        Effect effect(
            [&] {
                if (sent() != 0) received.store(sent.peek(), std::memory_order_release);
            },
            {.executor = &executor});
        for (std::int64_t i = 1; i <= 3000; ++i) {
            const double begin = now_ns();
            sent.set(i);
            while (received.load(std::memory_order_acquire) != i) {
            }
            samples.push_back(now_ns() - begin);
        }
        effect.stop_and_wait();
    }
    executor.stop();
    std::sort(samples.begin(), samples.end());
    report.add("T6_handover", {samples.front(), samples[samples.size() / 2]}, 1e3, "us");
    report.add("T6_handover_p99", {samples[2970], samples[2970]}, 1e3, "us", "99th percentile");
}

}  // namespace

void threads(Report& report) {
    if (!syncline::detail::kThreadSafe) return;
    if (report.wants("T1_read_mt") || report.wants("T2_read_computed_mt")) read_mt(report);
    if (report.wants("T3_write_disjoint_mt")) write_disjoint(report);
    if (report.wants("T4_write_shared_mt")) write_shared(report);
    if (report.wants("T6_handover")) handover(report);
}

}  // namespace bench
