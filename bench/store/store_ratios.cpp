// Runs the replica and a bare SQLite loop in turns and prints the medians and their ratio.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>

#include "bare_sqlite.hpp"
#include "store_workload.hpp"

namespace {

using namespace store_bench;

constexpr std::size_t kSingles = 5'000;
constexpr std::size_t kBulk = 135'000;
constexpr int kRounds = 7;

double seconds(const std::function<void()>& run) {
    const auto start = std::chrono::steady_clock::now();
    run();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

double best(const std::vector<double>& values) {
    return *std::min_element(values.begin(), values.end());
}

struct Pair {
    std::vector<double> bare;
    std::vector<double> ours;

    void print(const char* name, std::size_t rows) const {
        const double us = 1e6 / static_cast<double>(rows);
        std::printf(
            "%-24s bare %8.2f us/row (best %7.2f)   replica %8.2f us/row (best %7.2f)   "
            "ratio %.2f (best %.2f)\n",
            name, median(bare) * us, best(bare) * us, median(ours) * us, best(ours) * us,
            median(ours) / median(bare), best(ours) / best(bare));
    }
};

void single_creates(const Notes& notes, Pair& times) {
    TemporaryFolder folder;
    BareSqlite bare(folder / "bare.db");
    OpenReplica open(folder / "client.db");
    times.bare.push_back(seconds([&] {
        for (std::size_t i = 0; i < kSingles; ++i) {
            bare.begin();
            bare.insert_row(notes.ids[i], notes.rows[i], 1);
            bare.insert_entry(notes.ids[i]);
            bare.commit();
        }
    }));
    times.ours.push_back(seconds([&] {
        for (std::size_t i = 0; i < kSingles; ++i) open.replica.create(test::kNote, notes.rows[i]);
    }));
}

void bulk_creates(const Notes& notes, Pair& times) {
    TemporaryFolder folder;
    BareSqlite bare(folder / "bare.db");
    OpenReplica open(folder / "client.db");
    times.bare.push_back(seconds([&] {
        bare.begin();
        for (std::size_t i = 0; i < kBulk; ++i) {
            bare.insert_row(notes.ids[i], notes.rows[i], 1);
            bare.insert_entry(notes.ids[i]);
        }
        bare.commit();
    }));
    times.ours.push_back(seconds([&] {
        open.replica.transaction([&] {
            for (std::size_t i = 0; i < kBulk; ++i) open.replica.create(test::kNote, notes.rows[i]);
        });
    }));
}

void snapshot(const Notes& notes, Pair& times) {
    constexpr std::size_t kPage = 3'000;
    TemporaryFolder folder;
    BareSqlite bare(folder / "bare.db");
    OpenReplica open(folder / "client.db");
    times.bare.push_back(seconds([&] {
        for (std::size_t i = 0; i < kBulk; ++i) {
            if (i % kPage == 0) bare.begin();
            bare.insert_row(notes.ids[i], notes.rows[i], 0);
            if ((i + 1) % kPage == 0 || i + 1 == kBulk) bare.commit();
        }
    }));
    times.ours.push_back(seconds([&] {
        for (std::size_t i = 0; i < kBulk; i += kPage) {
            open.replica.apply_page(snapshot_page(notes, i, std::min(i + kPage, kBulk)));
        }
    }));
}

}  // namespace

int main() {
    const Notes notes = make_notes(kBulk);
    Pair single;
    Pair bulk;
    Pair first_sync;
    for (int round = 0; round < kRounds; ++round) {
        single_creates(notes, single);
        bulk_creates(notes, bulk);
        snapshot(notes, first_sync);
    }
    single.print("durable single create", kSingles);
    bulk.print("bulk create, 1 commit", kBulk);
    first_sync.print("snapshot, 45 pages", kBulk);
    std::printf("snapshot: %.0f rows/s (best %.0f)\n", kBulk / median(first_sync.ours),
                kBulk / best(first_sync.ours));
}
