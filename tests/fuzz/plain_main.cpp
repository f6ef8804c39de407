// The target without libFuzzer, for every other build: runs the corpus, and random changes of it.
//
//     fuzz_TARGET [CORPUS_FOLDER] [--changes N] [--seed S] [--write FOLDER]
//
// --write puts the seeds that the target makes into a folder: how the corpus in the tree began.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>

#include "fuzz.hpp"
#include "syncline/base/random.hpp"

namespace {

using syncline::Bytes;
using syncline::Random;

Bytes read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Bytes> read_folder(const std::string& folder) {
    std::vector<Bytes> inputs;
    if (folder.empty()) return inputs;
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        paths.push_back(entry.path());
    }
    std::ranges::sort(paths);
    for (const auto& path : paths) inputs.push_back(read_file(path));
    return inputs;
}

void write_folder(const std::string& folder) {
    std::filesystem::create_directories(folder);
    int number = 0;
    for (const Bytes& seed : fuzz_seeds()) {
        const std::string name = "seed" + std::to_string(number++);
        std::ofstream(std::filesystem::path(folder) / name, std::ios::binary)
            << syncline::as_text(seed);
    }
}

Bytes changed(Bytes bytes, Random& random) {
    for (std::uint64_t i = 1 + random.below(4); i > 0 && !bytes.empty(); --i) {
        const auto at = static_cast<std::ptrdiff_t>(random.below(bytes.size()));
        switch (random.below(4)) {
            case 0:
                bytes.resize(static_cast<std::size_t>(at));
                break;
            case 1:
                bytes.insert(bytes.begin() + at, static_cast<std::uint8_t>(random.next()));
                break;
            case 2:
                bytes[static_cast<std::size_t>(at)] = random.below(2) == 0 ? 0xFF : 0;
                break;
            default:
                bytes[static_cast<std::size_t>(at)] ^=
                    static_cast<std::uint8_t>(1U << random.below(8));
        }
    }
    return bytes;
}

}  // namespace

int main(int argc, char** argv) {
    std::string corpus;
    std::string write;
    std::uint64_t changes = 1000;
    std::uint64_t seed = std::random_device{}();
    CLI::App cli("Runs a fuzz target on its corpus, and on random changes of it.");
    cli.add_option("corpus", corpus, "Folder of inputs")->check(CLI::ExistingDirectory);
    cli.add_option("--changes", changes, "How many")->capture_default_str();
    cli.add_option("--seed", seed, "Of the changes; printed");
    cli.add_option("--write", write, "Folder for the seeds; nothing is run then");
    CLI11_PARSE(cli, argc, argv);
    if (!write.empty()) {
        write_folder(write);
        return 0;
    }
    std::vector<Bytes> inputs = fuzz_seeds();
    for (Bytes& input : read_folder(corpus)) inputs.push_back(std::move(input));
    std::cout << inputs.size() << " inputs, " << changes << " changes, seed " << seed << std::endl;
    for (const Bytes& input : inputs) fuzz_one(input);
    Random random(seed);
    for (std::uint64_t i = 0; i < changes; ++i) {
        fuzz_one(changed(inputs[random.below(inputs.size())], random));
    }
}
