// places: real data in a client database; imported offline, pushed, pulled, and asked through
// indexes.

#include <functional>

#include "../common/sync.hpp"
#include "commands.hpp"

namespace {

/// Everything that can be said after the command's name.
struct Arguments {
    std::string file;
    std::string country;
    std::string prefix;
    std::uint64_t limit = 10;
};

using Command = std::function<void(places::Session&)>;

CLI::App& add_command(CLI::App& cli, const char* name, const char* help, Command& chosen,
                      Command run) {
    auto* command = cli.add_subcommand(name, help);
    command->callback([&chosen, run = std::move(run)] { chosen = run; });
    return *command;
}

void add_limit(CLI::App& command, Arguments& arguments) {
    command.add_option("-n,--limit", arguments.limit, "At most so many")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
}

void add_commands(CLI::App& cli, Arguments& arguments, Command& chosen) {
    using places::Session;
    add_command(cli, "import", "Bring the database up to a tab-separated file, offline", chosen,
                [&](Session& session) { places::import_file(session, arguments.file); })
        .add_option("FILE", arguments.file)
        ->required();
    add_command(cli, "push", "Send what waits for the server", chosen, places::push);
    add_command(cli, "pull", "Fetch what is new on the server", chosen, places::pull);
    add_command(cli, "count", "Say how many places there are", chosen, places::count);

    auto& top = add_command(
        cli, "top", "Show the most populous places of a country", chosen,
        [&](Session& session) { places::top(session, arguments.country, arguments.limit); });
    top.add_option("COUNTRY", arguments.country, "Two letters, like JP")->required();
    add_limit(top, arguments);

    auto& search = add_command(
        cli, "search", "Show the most populous places by the beginning of a name", chosen,
        [&](Session& session) { places::search(session, arguments.prefix, arguments.limit); });
    search.add_option("PREFIX", arguments.prefix, "Case and accents matter")->required();
    add_limit(search, arguments);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App cli("Places of the world in a database that works offline and syncs when it can.",
                 "places");
    examples::ClientFlags flags;
    Arguments arguments;
    Command command;
    examples::add_client_flags(cli, flags);
    cli.require_subcommand(1);
    cli.fallthrough();  // the flags may stand after the command, too
    add_commands(cli, arguments, command);

    return examples::run(cli, argc, argv, [&] {
        places::App app(examples::client_options(flags));
        places::Session session{app, flags};
        command(session);
    });
}
