#pragma once

#include "../common/command_line.hpp"
#include "todo_app.hpp"

namespace todo_cli {

struct Flags {
    examples::ClientFlags client;
    bool json = false;
};

/// What a command works on: the open client, and the flags it was opened with.
struct Session {
    todo::App& app;
    const Flags& flags;
};

}  // namespace todo_cli
