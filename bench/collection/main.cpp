// What the typed layer costs over the inserts that it must make:
//
//     collection_bench [--folder FOLDER] [--creates N] [--rows N] [--rounds N]
//
// Rounds of a bare SQLite loop and of the typed API alternate, so that both meet the same machine;
// the figures are medians of the rounds, and of the ratios of each two neighbours: by the clock,
// and by the processor time used, which a busy machine blurs less.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "bare_loop.hpp"
#include "syncline/base/clock.hpp"
#include "syncline/base/ids.hpp"
#include "syncline/collection/model.hpp"
#include "syncline/reactive/reactive.hpp"
#include "syncline/replica/replica.hpp"
#include "syncline/storage/database.hpp"
#include "todo.hpp"

namespace {

using collection_bench::BareLoop;
using Microseconds = std::chrono::duration<double, std::micro>;

struct Cost {
    double elapsed = 0;    // microseconds by the clock
    double processor = 0;  // microseconds of processor time
};

struct Settings {
    std::filesystem::path folder = std::filesystem::temp_directory_path() / "collection_bench";
    int creates = 2000;  // in one round
    int rows = 100'000;
    int rounds = 7;
};

todo::TodoDraft draft(int number) {
    return {.title = "Task number " + std::to_string(number) + " of those that want doing",
            .done = number % 2 == 0,
            .tags = {"home", "urgent", "week " + std::to_string(number % 50)},
            .due = 1'700'000'000'000'000 + number,
            .list_id = "list-" + std::to_string(number % 50)};
}

template <class Body>
Cost cost_of(const Body& body) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t processor = std::clock();
    body();
    const double used = static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC;
    return {Microseconds(std::chrono::steady_clock::now() - start).count(), used * 1e6};
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// Rounds of the bare loop and the typed API beside it.
struct Comparison {
    void add(const Cost& bare, const Cost& typed) {
        bare_elapsed.push_back(bare.elapsed);
        typed_elapsed.push_back(typed.elapsed);
        ratios.push_back(typed.elapsed / bare.elapsed);
        processor_ratios.push_back(typed.processor / bare.processor);
    }

    std::vector<double> bare_elapsed, typed_elapsed, ratios, processor_ratios;
};

/// The typed layer over a file of its own.
struct Typed {
    explicit Typed(const std::filesystem::path& path)
        : database(syncline::Replica::database_options(path, syncline::Durability::normal)) {}

    syncline::Database database;
    syncline::Replica replica{database, todo::schema(), "user:bench",
                              syncline::SystemClock::instance(), syncline::Random(1)};
    syncline::Model model{replica, syncline::SystemClock::instance(), syncline::Random(2)};
    todo::TodoCollection todos{model};
};

/// Values ready to be inserted, so that the bare loop is bare.
struct Prepared {
    std::string id;
    syncline::Bytes row;
    std::string list_id;
};

std::vector<Prepared> prepare(int count) {
    syncline::Random random(3);
    syncline::IdGenerator ids(syncline::SystemClock::instance(), random);
    std::vector<Prepared> prepared;
    for (int i = 0; i < count; ++i) {
        const todo::TodoDraft values = draft(i);
        const std::string id = ids.row_id();
        syncline::RowBuilder row(*todo::Todo::schema().table);
        values.write(row);
        row.string(todo::TodoFields::id.id, id);
        row.scalar(todo::TodoFields::created_at.id, std::int64_t{1'700'000'000'000'000});
        row.scalar(todo::TodoFields::updated_at.id, std::int64_t{1'700'000'000'000'000});
        prepared.push_back({id, row.finish(), *values.list_id});
    }
    return prepared;
}

std::filesystem::path fresh_folder(const std::filesystem::path& folder) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    return folder;
}

std::string decimal(double value) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(2) << value;
    return text.str();
}

void print(const std::string& what, const std::string& bare, double typed,
           const std::string& note = {}) {
    std::cout << std::left << std::setw(32) << what << std::right << std::setw(10) << bare
              << std::setw(10) << decimal(typed) << "  " << note << std::endl;
}

// Every create is committed on its own and observed by an effect on the count.
void single_creates(const Settings& settings) {
    const auto folder = fresh_folder(settings.folder);
    BareLoop bare(folder / "bare.db");
    Typed typed(folder / "typed.db");
    std::uint64_t seen = 0;
    const syncline::Effect watch([&] { seen = typed.todos.count(); });

    Comparison comparison;
    for (int round = 0; round <= settings.rounds; ++round) {
        const std::vector<Prepared> prepared = prepare(settings.creates);
        const Cost bare_cost = cost_of([&] {
            for (const Prepared& each : prepared) {
                bare.begin();
                bare.insert(each.id, each.row, each.list_id);
                bare.commit();
            }
        });
        const Cost typed_cost = cost_of([&] {
            for (int i = 0; i < settings.creates; ++i) typed.todos.create(draft(i));
        });
        if (round == 0) continue;  // warms up caches and files
        comparison.add(bare_cost, typed_cost);
    }
    if (seen != typed.todos.count()) throw syncline::InvalidState("the effect missed a create");
    print("single create, us", decimal(median(comparison.bare_elapsed) / settings.creates),
          median(comparison.typed_elapsed) / settings.creates,
          decimal(median(comparison.ratios)) + " times (processor: " +
              decimal(median(comparison.processor_ratios)) + "; goal: 1.5)");
}

// All rows in one transaction, into an empty file each time.
void import(const Settings& settings) {
    Comparison comparison;
    for (int round = 0; round < settings.rounds; ++round) {
        const auto folder = fresh_folder(settings.folder);
        const std::vector<Prepared> prepared = prepare(settings.rows);
        BareLoop bare(folder / "bare.db");
        const Cost bare_cost = cost_of([&] {
            bare.begin();
            for (const Prepared& each : prepared) bare.insert(each.id, each.row, each.list_id);
            bare.commit();
        });
        Typed typed(folder / "typed.db");
        std::uint64_t seen = 0;
        const syncline::Effect watch([&] { seen = typed.todos.count(); });
        const Cost typed_cost = cost_of([&] {
            typed.model.transaction([&] {
                for (int i = 0; i < settings.rows; ++i) typed.todos.create(draft(i));
            });
        });
        if (seen != static_cast<std::uint64_t>(settings.rows)) {
            throw syncline::InvalidState("the effect missed the import");
        }
        comparison.add(bare_cost, typed_cost);
    }
    print("import, thousand rows/s", decimal(settings.rows / median(comparison.bare_elapsed) * 1e3),
          settings.rows / median(comparison.typed_elapsed) * 1e3,
          decimal(100 / median(comparison.ratios)) + " % (processor: " +
              decimal(100 / median(comparison.processor_ratios)) + "; goal: 60)");
}

// What reading costs, and an update that a live query over all rows follows.
void reads_and_updates(const Settings& settings) {
    const auto folder = fresh_folder(settings.folder);
    Typed typed(folder / "typed.db");
    typed.model.transaction([&] {
        for (int i = 0; i < settings.rows; ++i) {
            todo::TodoDraft values = draft(i);
            values.id = std::to_string(i);
            typed.todos.create(values);
        }
    });
    const auto each = [&](const std::string& what, const auto& body) {
        const Cost cost = cost_of([&] {
            for (int i = 0; i < settings.creates; ++i) {
                body(typed.todos.get(std::to_string(i * 7919 % settings.rows)));
            }
        });
        print(what, "", cost.elapsed / settings.creates);
    };
    std::size_t length = 0;
    each("read one field, us", [&](const todo::Todo& row) { length += row.title().size(); });
    each("update one field, us", [](const todo::Todo& row) { row.add_visits(1); });
    const auto live = typed.todos.live([](const todo::TodoView& row) { return !row.done(); },
                                       todo::TodoFields::due, syncline::ascending, 50);
    std::size_t shown = 0;
    const syncline::Effect watch([&] { shown = live.rows().size(); });
    each("update under a live query, us", [](const todo::Todo& row) { row.set_due(1); });
    if (shown != 50 || length == 0) throw syncline::InvalidState("the live query lost rows");
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        if (name == "--folder") settings.folder = argv[i + 1];
        if (name == "--creates") settings.creates = std::atoi(argv[i + 1]);
        if (name == "--rows") settings.rows = std::atoi(argv[i + 1]);
        if (name == "--rounds") settings.rounds = std::atoi(argv[i + 1]);
    }
    try {
        std::cout << std::setw(42) << "bare" << std::setw(10) << "typed" << '\n';
        single_creates(settings);
        import(settings);
        reads_and_updates(settings);
        std::filesystem::remove_all(settings.folder);
    } catch (const std::exception& error) {
        std::cerr << "collection_bench: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
