#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>

#include "sim/scene.hpp"
#include "sim/shrink.hpp"
#include "sim/steps.hpp"
#include "sim/world.hpp"
#include "syncline/base/error.hpp"

using namespace syncline::sim;

namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
    return text;
}

std::string table(const Counts& counts, std::uint64_t violations, double seconds) {
    std::ostringstream out;
    out << "seeds            " << counts.seeds << "\nsteps            " << counts.steps
        << "\nsteps/s          "
        << static_cast<std::uint64_t>(static_cast<double>(counts.steps) / std::max(seconds, 1e-9))
        << "\nclient states    " << counts.checks << " checked, " << counts.shown
        << " of them with a part of a first sync\nserver commits   " << counts.commits
        << " checked\nmutations        " << counts.mutations << " made, " << counts.rejected
        << " recorded as rejected at the end, " << counts.lost_power
        << " lost by a power failure without syncs, " << counts.lost_restore
        << " not in a backup that was restored\nlongest settling "
        << std::chrono::duration_cast<std::chrono::seconds>(counts.longest_settle).count()
        << " s of virtual time\n\nfaults by kind\n";
    for (const auto& [name, count] : counts.faults) {
        out << "  " << name << std::string(name.size() < 48 ? 48 - name.size() : 1, ' ') << count
            << "\n";
    }
    out << "\nviolations       " << violations << "\n";
    return out.str();
}

// What is simulated of a user's schema, and what is not.
std::string introduction(const SchemaScene& scene) {
    std::vector<std::string> names;
    for (const auto& entity : scene.scene().schema->entities) names.emplace_back(entity.name);
    std::string text = "entities         " + joined(names) + "\n";
    for (const std::string& line : scene.left_out()) text += "left out         " + line + "\n";
    return text;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    std::string schema;
    std::string report;
    std::vector<std::string> faults;
    bool trace = false;
    bool no_shrink = false;
    CLI::App app(
        "Runs syncline's client and server, with faults, on virtual time, and checks them "
        "at every step.");
    app.add_option("--schema", schema,
                   "a .fbs or .bfbs file, whose entities the clients write; notes and folders of "
                   "its own if not given");
    app.add_option("--seeds", options.seeds, "how many runs")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    app.add_option("--first-seed", options.first_seed)->capture_default_str();
    app.add_option("--clients", options.clients)->capture_default_str()->check(CLI::Range(1, 50));
    app.add_option("--steps", options.steps, "per seed")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    app.add_option("--offline", options.offline,
                   "mutations that the first client has made without a network before");
    app.add_option("--faults", faults, "kinds that may happen, or none; all if not given")
        ->delimiter(',');
    app.add_option("--report", report, "file to write the summary to");
    app.add_flag("--trace", trace, "say what happens at every step");
    app.add_flag("--no-shrink", no_shrink, "do not look for a shorter trace of a failure");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    spdlog::set_level(spdlog::level::off);  // of the errors that the simulator makes
    if (!faults.empty()) {
        options.faults = {faults.begin(), faults.end()};
        options.faults.erase("none");
        for (const std::string& word : options.faults) {
            if (fault_words().count(word) != 0) continue;
            std::cerr << "unknown fault " << word << "; there are: none";
            for (const std::string& known : fault_words()) std::cerr << " " << known;
            std::cerr << "\n";
            return 2;
        }
    }

    std::optional<SchemaScene> scene;
    if (app.count("--schema") > 0) {
        try {
            scene.emplace(schema);
        } catch (const syncline::Error& error) {
            std::cerr << "syncline-sim: " << error.what() << "\n";
            return 2;
        }
        options.scene = &scene->scene();
        std::cout << introduction(*scene) << std::flush;
    }

    std::ofstream report_file;
    if (!report.empty()) {
        report_file.open(report);  // before hours have gone by
        if (!report_file) {
            std::cerr << report << ": cannot be written\n";
            return 2;
        }
    }

    const auto began = std::chrono::steady_clock::now();
    Counts counts;
    std::uint64_t violations = 0;
    std::uint64_t shown = 0;
    for (std::uint64_t seed = options.first_seed; seed < options.first_seed + options.seeds;
         ++seed) {
        const std::vector<Step> steps = make_steps(options, seed);
        const Run run = run_steps(options, seed, steps, trace);
        counts.add(run.counts);
        if (!run.failure) continue;
        ++violations;
        std::cout << "\nSEED " << seed << " FAILED: " << *run.failure
                  << "\n  again: syncline-sim --seeds 1 --first-seed " << seed << " --clients "
                  << options.clients << " --steps " << options.steps
                  << (options.offline > 0 ? " --offline " + std::to_string(options.offline) : "")
                  << (schema.empty() ? "" : " --schema '" + schema + "'")
                  << (faults.empty() ? "" : " --faults " + joined(faults)) << " --trace\n";
        if (no_shrink || trace || ++shown > 5) continue;
        const std::vector<Step> shorter = shrink(options, seed, steps, run.kind);
        std::cout << "  shortened from " << steps.size() << " steps to " << shorter.size() << ":\n";
        const Run last = run_steps(options, seed, shorter, true);
        if (last.failure) std::cout << "  " << *last.failure << "\n";
        std::cout.flush();
    }
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    const std::string text = table(counts, violations, seconds);
    std::cout << "\n" << text;
    if (!report.empty()) {
        report_file << text << std::flush;
        if (!report_file) {
            std::cerr << report << ": cannot be written\n";
            return 2;
        }
    }
    return violations == 0 ? 0 : 1;
}
