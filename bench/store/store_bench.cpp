#include <benchmark/benchmark.h>

#include "bare_sqlite.hpp"
#include "store_workload.hpp"

namespace {

using namespace store_bench;

constexpr std::size_t kRows = 135'000;

const Notes& notes() {
    static const Notes all = make_notes(kRows);
    return all;
}

void bare_durable_create(benchmark::State& state) {
    TemporaryFolder folder;
    BareSqlite bare(folder / "bare.db");
    std::size_t i = 0;
    for (auto _ : state) {
        bare.begin();
        bare.insert_row(notes().ids[i], notes().rows[i], 1);
        bare.insert_entry(notes().ids[i++]);
        bare.commit();
    }
}

void replica_durable_create(benchmark::State& state) {
    TemporaryFolder folder;
    OpenReplica open(folder / "client.db");
    std::size_t i = 0;
    for (auto _ : state) open.replica.create(test::kNote, notes().rows[i++]);
}

void replica_durable_update(benchmark::State& state) {
    TemporaryFolder folder;
    OpenReplica open(folder / "client.db");
    for (std::size_t i = 0; i < 1'000; ++i) open.replica.create(test::kNote, notes().rows[i]);
    const Bytes patch = test::patch_title("another title");
    std::size_t i = 0;
    for (auto _ : state) open.replica.update(test::kNote, notes().ids[i++ % 1'000], patch);
}

void replica_get(benchmark::State& state) {
    TemporaryFolder folder;
    OpenReplica open(folder / "client.db");
    for (std::size_t i = 0; i < 1'000; ++i) open.replica.create(test::kNote, notes().rows[i]);
    std::size_t i = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(open.replica.get(test::kNote, notes().ids[i++ % 1'000]));
    }
}

void replica_iterate(benchmark::State& state) {
    TemporaryFolder folder;
    OpenReplica open(folder / "client.db");
    open.replica.apply_page(snapshot_page(notes(), 0, kRows));
    for (auto _ : state) {
        std::size_t bytes = 0;
        open.replica.select(test::kNote, {}, [&](Row row) {
            bytes += row.bytes().size();
            return true;
        });
        benchmark::DoNotOptimize(bytes);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}

BENCHMARK(bare_durable_create)->Iterations(20'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(replica_durable_create)->Iterations(20'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(replica_durable_update)->Iterations(20'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(replica_get)->Unit(benchmark::kMicrosecond);
BENCHMARK(replica_iterate)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
