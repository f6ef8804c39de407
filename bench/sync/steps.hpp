#pragma once

#include <cstdint>
#include <string>

#include "syncline/client/client_options.hpp"

// One step each, to be run in a process of its own, so that its memory is its own. They print what
// they measured as lines `name value`.

namespace sync_bench {

/// Imports the file into a new client database, offline.
void import_step(const std::string& database, const std::string& file);

/// Writes the same as is in `database` into `copy`, with bare SQLite.
void bare_step(const std::string& database, const std::string& copy);

/// Sends all that waits in `database`.
void push_step(const std::string& database, const std::string& server);

/// Syncs a new client with all that the server has. `shown`: its rows are read as they arrive.
void first_sync_step(const std::string& database, const std::string& server, bool shown);

/// Gives the server `rows` made-up places, all of one shape.
void fill_step(const std::string& database, const std::string& server, std::uint64_t rows);

/// `writes` todos made one after the other by a client A, each seen by an effect of a client B
/// before the next one.
void live_step(const std::string& folder, const std::string& server, std::uint64_t writes);

}  // namespace sync_bench
