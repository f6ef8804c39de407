// reactive_bench [filter] [--json]: runs the workloads whose name contains `filter`, one line each.
#include <cstdio>
#include <cstring>

#include "bench.hpp"

namespace bench {

void Report::add(const std::string& name, Result result, double per, const std::string& unit,
                 const std::string& note) {
    if (json) {
        std::printf(
            "{\"framework\":\"%s\",\"workload\":\"%s\",\"median\":%.6g,\"min\":%.6g,"
            "\"unit\":\"%s\",\"note\":\"%s\"}\n",
            syncline::detail::kThreadSafe ? "syncline" : "syncline, single-threaded", name.c_str(),
            result.median / per, result.minimum / per, unit.c_str(), note.c_str());
    } else {
        std::printf("%-34s min %12.3f  median %12.3f  %-10s %s\n", name.c_str(),
                    result.minimum / per, result.median / per, unit.c_str(), note.c_str());
    }
    std::fflush(stdout);
}

bool Report::wants(const std::string& name) const {
    return filter.empty() || name.find(filter) != std::string::npos;
}

void Report::check(const std::string& name, bool ok) {
    if (ok) return;
    failed = true;
    std::fprintf(stderr, "%s: CHECK FAILED\n", name.c_str());
}

}  // namespace bench

int main(int argc, char** argv) {
    bench::Report report;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--json") == 0) {
            report.json = true;
        } else {
            report.filter = argv[i];
        }
    }
    bench::memory(report);  // first: what others leave in the pools would count as free
    bench::micro(report);
    bench::propagate(report);
    bench::kairo(report);
    bench::cellx(report);
    bench::create_update(report);
    bench::grids(report);
    bench::threads(report);
    return report.failed ? 1 : 0;
}
