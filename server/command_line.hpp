#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "syncline/storage/database.hpp"

namespace syncline::server {

/// What `syncline-server` was told to do.
struct CommandLine {
    std::filesystem::path schema;
    std::filesystem::path database;
    std::string address;
    std::uint16_t port = 0;
    unsigned threads = 0;
    std::filesystem::path token_file;  ///< empty: none
    Durability durability = Durability::full;
    std::chrono::hours retention{0};  ///< 0: tombstones are kept for ever
    bool recount = false;             ///< hashes are made anew at the start
    bool verbose = false;
};

/// Ends the process, with 2 if the flags are wrong and 0 after `--help` and `--version`.
CommandLine parse_command_line(int argc, char** argv);

}  // namespace syncline::server
