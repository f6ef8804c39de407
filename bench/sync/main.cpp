// Measures sync with the real server process, every step in a process of its own: import, push and
// first sync of places, and the time from a client's write to another client's effect.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <map>
#include <vector>

#include "process.hpp"
#include "steps.hpp"

namespace {

using sync_bench::Command;
using sync_bench::ServerProcess;
using sync_bench::StepResult;
using Figures = std::map<std::string, std::vector<double>>;

struct Options {
    std::string self = std::filesystem::canonical("/proc/self/exe").string();
    std::string server = std::filesystem::path(self).parent_path() / "syncline-server";
    std::string source = SYNCLINE_SOURCE_DIR;
    std::string file = source + "/examples/places/places-25000.tsv";
    std::uint64_t runs = 5;
    std::uint64_t writes = 1000;
    std::vector<std::uint64_t> memory_rows;
};

/// A folder of its own for one run.
class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "sync_bench-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    std::string operator/(const std::string& file) const { return path_ + "/" + file; }

private:
    std::string path_;
};

double rate(const StepResult& step) {
    return step.values.at("rows") / step.values.at("seconds");
}

void run_places(const Options& options, Figures& figures) {
    const Folder folder;
    const auto step = [&](const Command& arguments) {
        Command command = {options.self};
        command.insert(command.end(), arguments.begin(), arguments.end());
        return sync_bench::run_step(command);
    };
    const auto import = step({"import", folder / "a.db", options.file});
    const auto bare = step({"bare", folder / "a.db", folder / "bare.db"});
    figures["import, rows/s"].push_back(rate(import));
    figures["bare SQLite loop, rows/s"].push_back(import.values.at("rows") /
                                                  bare.values.at("seconds"));
    figures["import / bare loop"].push_back(bare.values.at("seconds") /
                                            import.values.at("seconds"));

    const ServerProcess server(options.server, options.source + "/schema/places.fbs",
                               folder / "server.db");
    figures["push, rows/s"].push_back(rate(step({"push", folder / "a.db", server.url()})));
    const auto first_sync = step({"first-sync", folder / "b.db", server.url()});
    figures["first sync, rows/s"].push_back(rate(first_sync));
    figures["first sync, peak memory of the client, MB"].push_back(first_sync.peak_memory_mb);
}

/// The peak of a client's first sync of `rows` rows, over that of one that syncs none.
void run_memory(const Options& options, std::uint64_t rows) {
    const Folder folder;
    const auto step = [&](const Command& arguments) {
        Command command = {options.self};
        command.insert(command.end(), arguments.begin(), arguments.end());
        return sync_bench::run_step(command).values;
    };
    const ServerProcess server(options.server, options.source + "/schema/places.fbs",
                               folder / "server.db");
    const double nothing = step({"first-sync", folder / "none.db", server.url()}).at("peak_mb");
    const double server_before = sync_bench::peak_memory_mb(server.process());
    step({"fill", folder / "a.db", server.url(), std::to_string(rows)});
    const double server_filled = sync_bench::peak_memory_mb(server.process());
    std::cout << std::setw(9) << rows << std::fixed << std::setprecision(1);
    for (const char* how : {"first-sync", "first-sync-shown"}) {
        const auto synced = step({how, folder / (std::string(how) + ".db"), server.url()});
        if (synced.at("rows") != static_cast<double>(rows)) {
            throw std::runtime_error("not all rows came");
        }
        std::cout << std::setw(14) << synced.at("peak_mb") - nothing << std::setw(12)
                  << synced.at("seconds");
    }
    std::cout << std::setw(12) << server_filled - server_before << std::setw(12)
              << sync_bench::peak_memory_mb(server.process()) - server_before << "\n"
              << std::flush;
}

void measure_memory(const Options& options) {
    std::cout << "peak resident memory, MB, over that of a process that syncs nothing; seconds\n"
                 "     rows  client, whole           s   as it arrives       s"
                 "   server, fill  first syncs\n";
    for (const std::uint64_t rows : options.memory_rows) run_memory(options, rows);
}

void run_live(const Options& options, Figures& figures) {
    const Folder folder;
    const ServerProcess server(options.server, options.source + "/schema/todo.fbs",
                               folder / "server.db");
    const auto live = sync_bench::run_step(
        {options.self, "live", folder / "", server.url(), std::to_string(options.writes)});
    figures["A's write to B's effect, p50 ms"].push_back(live.values.at("p50_ms"));
    figures["A's write to B's effect, p99 ms"].push_back(live.values.at("p99_ms"));
}

void print(const Figures& figures) {
    for (auto [name, values] : figures) {
        std::ranges::sort(values);
        std::cout << std::left << std::setw(46) << name << std::right << std::fixed
                  << std::setprecision(values.front() < 100 ? 2 : 0) << std::setw(12)
                  << values[values.size() / 2] << "   [" << values.front() << " - " << values.back()
                  << "]\n";
    }
}

void measure(const Options& options) {
    Figures figures;
    for (std::uint64_t run = 0; run < options.runs; ++run) {
        std::cerr << "run " << run + 1 << " of " << options.runs << "\n";
        run_places(options, figures);
        run_live(options, figures);
    }
    std::cout << "median [least - most] of " << options.runs << " runs, "
              << std::filesystem::path(options.file).filename().string() << ", " << options.writes
              << " live writes\n";
    print(figures);
}

/// A subcommand with positional arguments, by which a run starts its steps.
void add_step(CLI::App& cli, const std::string& name, std::vector<std::string>& arguments,
              int count, const std::function<void()>& run) {
    auto* step = cli.add_subcommand(name, "");
    step->add_option("arguments", arguments)->expected(count)->required();
    step->group("");
    step->callback(run);
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App cli("Measures sync over loopback with the real server.");
    cli.add_option("--places", options.file, "The file to import")->capture_default_str();
    cli.add_option("--runs", options.runs, "How often")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    cli.add_option("--writes", options.writes, "Live writes a run")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);

    cli.add_option("--memory", options.memory_rows,
                   "Measures memory alone, for these numbers of rows: 10000 1000000");

    using namespace sync_bench;
    std::vector<std::string> words;
    add_step(cli, "import", words, 2, [&] { import_step(words[0], words[1]); });
    add_step(cli, "bare", words, 2, [&] { bare_step(words[0], words[1]); });
    add_step(cli, "push", words, 2, [&] { push_step(words[0], words[1]); });
    add_step(cli, "first-sync", words, 2, [&] { first_sync_step(words[0], words[1], false); });
    add_step(cli, "first-sync-shown", words, 2, [&] { first_sync_step(words[0], words[1], true); });
    add_step(cli, "fill", words, 3, [&] { fill_step(words[0], words[1], std::stoull(words[2])); });
    add_step(cli, "live", words, 3, [&] { live_step(words[0], words[1], std::stoull(words[2])); });
    try {
        cli.parse(argc, argv);
        if (!cli.get_subcommands().empty()) return 0;
        if (options.memory_rows.empty()) {
            measure(options);
        } else {
            measure_memory(options);
        }
    } catch (const CLI::ParseError& error) {
        return cli.exit(error);
    } catch (const std::exception& error) {
        std::cerr << "sync_bench: " << error.what() << "\n";
        return 1;
    }
}
