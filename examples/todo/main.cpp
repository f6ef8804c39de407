// todo: a to-do list on the command line that works offline and syncs when it can.

#include "../common/sync.hpp"
#include "commands.hpp"

int main(int argc, char** argv) {
    CLI::App cli("A to-do list that works offline and syncs when it can.", "todo");
    todo_cli::Flags flags;
    examples::add_client_flags(cli, flags.client);
    cli.add_flag("--json", flags.json, "Machine-readable output of list, status and rejected");
    cli.require_subcommand(1);
    cli.fallthrough();  // the flags may stand after the command, too

    todo_cli::Command command;
    todo_cli::add_write_commands(cli, command);
    todo_cli::add_read_commands(cli, command);
    todo_cli::add_sync_commands(cli, command);

    return examples::run(cli, argc, argv, [&] {
        todo::App app(examples::client_options(flags.client));
        todo_cli::Session session{app, flags};
        command(session);
    });
}
