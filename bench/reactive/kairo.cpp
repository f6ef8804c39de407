#include <array>
#include <memory>

#include "bench.hpp"

using syncline::Computed;
using syncline::Effect;
using syncline::Signal;

namespace bench {
namespace {

void report_step(Report& report, const std::string& name, const std::function<bool()>& step) {
    report.check(name, step());
    bool ok = true;
    report.add(name, sample([&] { ok = step() && ok; }), 1e3, "us/iter");
    report.check(name, ok);
}

void avoidable(Report& report) {
    Signal<int> head(0);
    Computed c1([&] { return head(); });
    Computed c2([&] {
        c1();
        return 0;
    });
    int busy_runs = 0;
    Computed c3([&] {
        busy();
        ++busy_runs;
        return c2() + 1;
    });
    Computed c4([&] { return c3() + 2; });
    Computed c5([&] { return c4() + 3; });
    const Effect effect = syncline::watch([&] {
        keep(c5());
        busy();
    });
    report_step(report, "kairo_avoidable", [&] {
        const int before = busy_runs;
        head.set(1);
        bool ok = true;
        for (int i = 0; i < 1000; ++i) {
            head.set(i);
            ok = ok && c5() == 6;
        }
        return ok && busy_runs == before;
    });
}

void broad(Report& report) {
    Signal<int> head(0);
    std::vector<Computed<int>> nodes;
    nodes.reserve(100);
    std::vector<Effect> effects;
    int runs = 0;
    for (int i = 0; i < 50; ++i) {
        nodes.emplace_back([&head, i] { return head() + i; });
        nodes.emplace_back([previous = &nodes.back()] { return previous->get() + 1; });
        effects.emplace_back([last = &nodes.back(), &runs] {
            keep(last->get());
            ++runs;
        });
    }
    report_step(report, "kairo_broad", [&] {
        head.set(1);
        runs = 0;
        bool ok = true;
        for (int i = 0; i < 50; ++i) {
            head.set(i);
            ok = ok && nodes.back().get() == i + 50;
        }
        return ok && runs == 2500;
    });
}

void deep(Report& report) {
    Signal<int> head(0);
    std::vector<Computed<int>> nodes;
    nodes.reserve(50);
    nodes.emplace_back([&head] { return head() + 1; });
    for (int i = 1; i < 50; ++i) {
        nodes.emplace_back([previous = &nodes.back()] { return previous->get() + 1; });
    }
    int runs = 0;
    const Effect effect = syncline::watch([&] {
        keep(nodes.back().get());
        ++runs;
    });
    report_step(report, "kairo_deep", [&] {
        head.set(1);
        runs = 0;
        bool ok = true;
        for (int i = 0; i < 50; ++i) {
            head.set(i);
            ok = ok && nodes.back().get() == i + 50;
        }
        return ok && runs == 50;
    });
}

void diamond(Report& report) {
    Signal<int> head(0);
    std::vector<Computed<int>> nodes;
    for (int i = 0; i < 5; ++i) nodes.emplace_back([&head] { return head() + 1; });
    int evaluations = 0;
    Computed sum([&] {
        ++evaluations;
        int total = 0;
        for (const auto& node : nodes) total += node();
        return total;
    });
    int runs = 0;
    const Effect effect = syncline::watch([&] {
        keep(sum());
        ++runs;
    });
    report_step(report, "kairo_diamond", [&] {
        head.set(1);
        runs = evaluations = 0;
        bool ok = true;
        for (int i = 0; i < 500; ++i) {
            head.set(i);
            ok = ok && sum() == 5 * (i + 1);
        }
        return ok && runs == 500 && evaluations == 500;
    });
}

template <class Box, class Make>
void mux(Report& report, const std::string& name, Make make) {
    std::vector<Signal<int>> heads;
    heads.reserve(100);
    for (int i = 0; i < 100; ++i) heads.emplace_back(0);
    Computed<Box> all([&] { return make(heads); }, syncline::never_equal);
    std::vector<Computed<int>> outs;
    outs.reserve(200);
    std::vector<Effect> effects;
    for (std::size_t i = 0; i < 100; ++i) {
        outs.emplace_back([&all, i] {
            return all.with([i](const Box& box) {
                if constexpr (std::is_same_v<Box, std::array<int, 100>>) {
                    return box[i];
                } else {
                    return (*box)[i];
                }
            });
        });
        outs.emplace_back([previous = &outs.back()] { return previous->get() + 1; });
        effects.emplace_back([last = &outs.back()] { keep(last->get()); });
    }
    report_step(report, name, [&] {
        bool ok = true;
        for (std::size_t i = 0; i < 10; ++i) {
            heads[i].set(static_cast<int>(i));
            ok = ok && outs[2 * i + 1].get() == static_cast<int>(i) + 1;
        }
        for (std::size_t i = 0; i < 10; ++i) {
            heads[i].set(static_cast<int>(2 * i));
            ok = ok && outs[2 * i + 1].get() == static_cast<int>(2 * i) + 1;
        }
        return ok;
    });
}

void repeated(Report& report) {
    Signal<int> head(0);
    Computed sum([&] {
        int total = 0;
        for (int i = 0; i < 30; ++i) total += head();
        return total;
    });
    int runs = 0;
    const Effect effect = syncline::watch([&] {
        keep(sum());
        ++runs;
    });
    report_step(report, "kairo_repeated", [&] {
        head.set(1);
        runs = 0;
        bool ok = true;
        for (int i = 0; i < 100; ++i) {
            head.set(i);
            ok = ok && sum() == 30 * i;
        }
        return ok && runs == 100;
    });
}

void triangle(Report& report) {
    Signal<int> head(0);
    std::vector<Computed<int>> nodes;
    nodes.reserve(10);
    nodes.emplace_back([&head] { return head() + 1; });
    for (int i = 1; i < 10; ++i) {
        nodes.emplace_back([previous = &nodes.back()] { return previous->get() + 1; });
    }
    Computed sum([&] {
        int total = head();
        for (std::size_t i = 0; i < 9; ++i) total += nodes[i].get();
        return total;
    });
    int runs = 0;
    const Effect effect = syncline::watch([&] {
        keep(sum());
        ++runs;
    });
    report_step(report, "kairo_triangle", [&] {
        head.set(1);
        bool ok = sum() == 55;
        runs = 0;
        for (int i = 0; i < 100; ++i) {
            head.set(i);
            ok = ok && sum() == 45 + 10 * i;
        }
        return ok && runs == 100;
    });
}

void unstable(Report& report) {
    Signal<int> head(0);
    Computed twice([&] { return head() * 2; });
    Computed inverse([&] { return -head(); });
    Computed current([&] {
        int total = 0;
        for (int i = 0; i < 20; ++i) total += head() % 2 != 0 ? twice() : inverse();
        return total;
    });
    int runs = 0;
    const Effect effect = syncline::watch([&] {
        keep(current());
        ++runs;
    });
    report_step(report, "kairo_unstable", [&] {
        head.set(1);
        bool ok = current() == 40;
        runs = 0;
        for (int i = 0; i < 100; ++i) {
            head.set(i);
            ok = ok && current() == (i % 2 != 0 ? 40 * i : -20 * i);
        }
        return ok && runs == 100;
    });
}

int fibonacci(int n) {
    keep(n);
    return n < 2 ? 1 : fibonacci(n - 1) + fibonacci(n - 2);
}
int hard(int n) {
    return n + fibonacci(16);
}

using Boxes = std::array<int, 5>;

void mol(Report& report) {
    Signal<int> a(0);
    Signal<int> b(0);
    std::vector<int> list;
    Computed c([&] { return a() % 2 + b() % 2; });
    Computed d(
        [&] {
            Boxes boxes;
            for (int k = 0; k < 5; ++k) boxes[static_cast<std::size_t>(k)] = k + a() % 2 - b() % 2;
            return std::make_shared<const Boxes>(boxes);
        },
        syncline::never_equal);
    const auto box = [&](std::size_t k) {
        return d.with([k](const auto& boxes) { return (*boxes)[k]; });
    };
    Computed e([&] { return hard(c() + a() + box(0)); });
    Computed f([&] {
        const int second = box(2);
        return hard(second != 0 ? second : b());
    });
    Computed g([&] {
        const int first = c();
        return first + (first != 0 ? first : e() % 2) + box(4) + f();
    });
    const Effect h = syncline::watch([&] { list.push_back(hard(g())); });
    const Effect i = syncline::watch([&] { list.push_back(g()); });
    const Effect j = syncline::watch([&] { list.push_back(hard(f())); });
    int step = 0;
    report_step(report, "kairo_mol", [&] {
        ++step;
        list.clear();
        syncline::batch([&] {
            b.set(1);
            a.set(1 + 2 * step);
        });
        syncline::batch([&] {
            a.set(2 + 2 * step);
            b.set(2);
        });
        // A and B are even again: C is 0, D4 is 4, D2 is 2; E keeps its parity from A and D0.
        const int even = (2 + 2 * step + fibonacci(16)) % 2;
        const int last = even + 4 + hard(2);
        return g.peek() == last && f.peek() == hard(2);
    });
    int kept = 0;
    report.add("kairo_mol_user_code", sample([&] {
                   for (int k = 0; k < 6; ++k) keep(hard(++kept));
               }),
               1e3, "us/iter", "six calls of hard, without any graph");
}

}  // namespace

void kairo(Report& report) {
    if (report.wants("kairo_avoidable")) avoidable(report);
    if (report.wants("kairo_broad")) broad(report);
    if (report.wants("kairo_deep")) deep(report);
    if (report.wants("kairo_diamond")) diamond(report);
    using Shared = std::shared_ptr<const std::array<int, 100>>;
    const auto fill = [](const std::vector<Signal<int>>& heads) {
        std::array<int, 100> values;
        for (std::size_t i = 0; i < 100; ++i) values[i] = heads[i].get();
        return values;
    };
    if (report.wants("kairo_mux")) {
        mux<Shared>(report, "kairo_mux", [fill](const auto& heads) {
            return std::make_shared<const std::array<int, 100>>(fill(heads));
        });
        mux<std::array<int, 100>>(report, "kairo_mux_by_value", fill);
    }
    if (report.wants("kairo_repeated")) repeated(report);
    if (report.wants("kairo_triangle")) triangle(report);
    if (report.wants("kairo_unstable")) unstable(report);
    if (report.wants("kairo_mol")) mol(report);
}

}  // namespace bench
