#include "steps.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <semaphore>
#include <stdexcept>
#include <vector>

#include "../../examples/places/import.hpp"
#include "bare_copy.hpp"
#include "process.hpp"
#include "syncline/reactive/effect.hpp"
#include "todo_app.hpp"

namespace sync_bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes kPatience{10};
constexpr std::uint64_t kWarmUps = 50;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

syncline::ClientOptions options(const std::string& database, const std::string& server = {}) {
    return {.server = server, .scope = "bench", .database = database};
}

void print(std::uint64_t rows, double seconds) {
    std::cout << "rows " << rows << "\nseconds " << seconds << "\n";
}

/// Throws: `std::runtime_error` if it did not work, for a figure of that would mean nothing.
syncline::SyncResult sync(syncline::Client& client) {
    auto result = client.sync(kPatience);
    if (!result) throw std::runtime_error(result.error.text);
    return result;
}

places::PlaceDraft made_up(std::uint64_t number) {
    // In no order of anything, as real ones are, and all of one length.
    const std::uint64_t mixed = (number + 1) * 0x9E3779B97F4A7C15;
    places::PlaceDraft draft{.id = std::to_string(10'000'000 + number),
                             .name = "Place " + std::to_string(mixed % 9'000'000 + 1'000'000),
                             .country = std::string(1, static_cast<char>('A' + mixed % 26)) + "X"};
    draft.admin = "Some province";
    draft.feature = "PPL";
    draft.population = static_cast<std::int64_t>(mixed % 1'000'000 + 1);
    draft.latitude = static_cast<double>(mixed % 180) - 89.5;
    draft.longitude = static_cast<double>(mixed % 360) - 179.5;
    return draft;
}

double percentile(const std::vector<double>& sorted, double part) {
    const auto at = static_cast<std::size_t>(part * static_cast<double>(sorted.size()));
    return sorted[std::min(at, sorted.size() - 1)];
}

}  // namespace

void import_step(const std::string& database, const std::string& path) {
    const places::PlacesFile file(path);
    places::App app(options(database));
    const auto start = Clock::now();
    places::import_places(app, file, [](std::uint64_t) {});
    print(file.lines().size(), seconds_since(start));
}

void bare_step(const std::string& database, const std::string& copy) {
    std::cout << "seconds " << bare_copy(database, copy) << "\n";
}

void push_step(const std::string& database, const std::string& server) {
    places::App app(options(database, server));
    const auto start = Clock::now();
    const auto result = sync(app);
    const double seconds = seconds_since(start);
    if (result.rejected != 0) throw std::runtime_error("the server rejected places");
    print(result.pushed, seconds);
}

void first_sync_step(const std::string& database, const std::string& server, bool shown) {
    syncline::ClientOptions with = options(database, server);
    with.show_first_sync = shown;
    places::App app(std::move(with));
    const auto start = Clock::now();
    sync(app);
    const double seconds = seconds_since(start);
    const double peak = peak_memory_mb();
    print(app.places.count(), seconds);
    std::cout << "peak_mb " << peak << "\n";
}

void fill_step(const std::string& database, const std::string& server, std::uint64_t rows) {
    constexpr std::uint64_t kTogether = 10'000;
    places::App app(options(database, server));
    for (std::uint64_t made = 0; made < rows;) {
        const std::uint64_t end = std::min(rows, made + kTogether);
        app.transaction([&] {
            for (; made < end; ++made) app.places.create(made_up(made));
        });
        if (sync(app).rejected != 0) throw std::runtime_error("the server rejected places");
    }
    print(app.places.count(), 0);
}

void live_step(const std::string& folder, const std::string& server, std::uint64_t writes) {
    todo::App a(options(folder + "a.db", server));
    todo::App b(options(folder + "b.db", server));
    std::counting_semaphore seen(0);
    std::uint64_t known = 0;
    syncline::Effect watch([&] {
        const std::uint64_t rows = b.todos.count();
        if (rows > known) seen.release(static_cast<std::ptrdiff_t>(rows - known));
        known = rows;
    });
    a.start();
    b.start();
    sync(a);
    sync(b);

    std::vector<double> milliseconds;
    for (std::uint64_t i = 0; i < kWarmUps + writes; ++i) {
        const auto start = Clock::now();
        a.todos.create({.title = "Buy milk " + std::to_string(i)});
        if (!seen.try_acquire_for(kPatience)) throw std::runtime_error("a write did not arrive");
        if (i >= kWarmUps) milliseconds.push_back(seconds_since(start) * 1000);
    }
    watch.stop_and_wait();
    std::ranges::sort(milliseconds);
    std::cout << "p50_ms " << percentile(milliseconds, 0.5) << "\np99_ms "
              << percentile(milliseconds, 0.99) << "\n";
}

}  // namespace sync_bench
