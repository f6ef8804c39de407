#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "session.hpp"

namespace todo_cli {

/// What the command line asks for, once it is parsed.
using Command = std::function<void(Session&)>;

/// Adds the commands that change todos to `cli`; the one that is given is put into `chosen`.
void add_write_commands(CLI::App& cli, Command& chosen);

/// Adds the commands that show what there is, without a network: list, status, rejected.
void add_read_commands(CLI::App& cli, Command& chosen);

/// Adds the commands that talk to the server: sync, watch.
void add_sync_commands(CLI::App& cli, Command& chosen);

}  // namespace todo_cli
