#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bare_sqlite.hpp"
#include "seats.hpp"
#include "store_workload.hpp"
#include "syncline/collection/model.hpp"

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

// The same row a thousand times offline: one mutation that grows no longer.
void replica_durable_joined_update(benchmark::State& state) {
    TemporaryFolder folder;
    OpenReplica open(folder / "client.db");
    open.replica.create(test::kNote, notes().rows[0]);
    bool done = false;
    for (auto _ : state) {
        open.replica.update(test::kNote, notes().ids[0], test::patch_done(done = !done));
    }
}

constexpr std::size_t kChanges = 1'000;

Page whole_page(const Notes& rows, std::size_t count) {
    Page page = snapshot_page(rows, 0, count);
    page.more = false;
    page.continuation = {};
    return page;
}

/// A page that changes the first rows, as if another client had.
Page change_page(const Notes& rows, Cursor from) {
    Page page = whole_page(rows, kChanges);
    page.snapshot = false;
    page.from = from;
    page.to = Cursor{from.value + 1};
    for (RowChange& change : page.rows) change.cursor = page.to;
    return page;
}

/// A thousand mutations pending, and a thousand rows changed by others; with `named` ones among
/// the pending, each of which may touch any row.
void rebase(benchmark::State& state, std::size_t named, bool same_rows) {
    TemporaryFolder folder;
    OpenReplica open(folder / "client.db");
    open.replica.apply_page(whole_page(notes(), 10 * kChanges));
    open.replica.set_mutator("visit", [](Replica& replica, ByteView id) {
        replica.update(test::kNote, as_text(id), test::add_visits(1));
    });
    const std::size_t first = same_rows ? 0 : 5 * kChanges;
    for (std::size_t i = 0; i < kChanges; ++i) {
        const std::string& id = notes().ids[first + i];
        if (i < named) {
            open.replica.mutate("visit", to_bytes(as_bytes(id)));
        } else {
            open.replica.update(test::kNote, id, test::patch_done(true));
        }
    }
    for (auto _ : state) {
        open.replica.apply_page(change_page(notes(), *open.replica.sync_state().cursor));
    }
}

void rebase_other_rows(benchmark::State& state) {
    rebase(state, 0, false);
}
void rebase_the_same_rows(benchmark::State& state) {
    rebase(state, 0, true);
}
void rebase_with_one_named(benchmark::State& state) {
    rebase(state, 1, false);
}
void rebase_all_named(benchmark::State& state) {
    rebase(state, kChanges, true);
}

/// The same rows changed by typed mutators of generated code.
void rebase_all_typed(benchmark::State& state) {
    TemporaryFolder folder;
    const Clock& clock = SystemClock::instance();
    Database db(Replica::database_options(folder / "client.db", Durability::normal));
    Replica replica(db, seats::schema(), "scope", clock, Random(2));
    Model model(replica, clock, Random(3));
    model.set_mutator(seats::mutators::give_back.name, seats::Return::table(),
                      [](RowAccess& access, RowView arguments) {
                          const seats::Rows rows(access);
                          const seats::Return to = seats::Return::read(arguments);
                          rows.seats.update(to.seat_id, {.guest = to.guest});
                      });
    Notes seats;
    Random random(1);
    IdGenerator ids(clock, random);
    for (std::size_t i = 0; i < 10 * kChanges; ++i) {
        seats.ids.push_back(ids.row_id());
        RowBuilder row(*seats::Seat::schema().table);
        seats::SeatDraft{.guest = std::string(200, 'g')}.write(row);
        row.string(seats::Seat::schema().key, seats.ids.back());
        stamp(seats::Seat::schema(), row, clock.wall_now());
        seats.rows.push_back(row.finish());
    }
    const auto of_seats = [](Page page) {
        for (RowChange& change : page.rows) change.entity = "seat";
        return page;
    };
    replica.apply_page(of_seats(whole_page(seats, 10 * kChanges)));
    for (std::size_t i = 0; i < kChanges; ++i) {
        replica.mutate(seats::mutators::give_back.name,
                       seats::mutators::give_back.encode({"anna", seats.ids[i]}));
    }
    for (auto _ : state) {
        replica.apply_page(of_seats(change_page(seats, *replica.sync_state().cursor)));
    }
}

BENCHMARK(bare_durable_create)->Iterations(20'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(replica_durable_create)->Iterations(20'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(replica_durable_update)->Iterations(20'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(replica_durable_joined_update)->Iterations(20'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(rebase_other_rows)->Iterations(50)->Unit(benchmark::kMillisecond);
BENCHMARK(rebase_the_same_rows)->Iterations(50)->Unit(benchmark::kMillisecond);
BENCHMARK(rebase_with_one_named)->Iterations(50)->Unit(benchmark::kMillisecond);
BENCHMARK(rebase_all_named)->Iterations(50)->Unit(benchmark::kMillisecond);
BENCHMARK(rebase_all_typed)->Iterations(50)->Unit(benchmark::kMillisecond);
BENCHMARK(replica_get)->Unit(benchmark::kMicrosecond);
BENCHMARK(replica_iterate)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
