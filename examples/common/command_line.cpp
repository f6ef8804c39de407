#include "command_line.hpp"

#include <iostream>

namespace examples {
namespace {

constexpr int kFailed = 1;
constexpr int kBadUsage = 2;

}  // namespace

void add_client_flags(CLI::App& cli, ClientFlags& flags) {
    cli.add_option("--db", flags.database, "The client's database file; made if absent")
        ->required()
        ->type_name("FILE");
    cli.add_option("--server", flags.server, "Address of a syncline-server")->type_name("URL");
    cli.add_option("--scope", flags.scope, "The part of the data to work on")
        ->capture_default_str();
}

int run(CLI::App& cli, int argc, char** argv, const std::function<void()>& body) {
    try {
        cli.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return cli.exit(error) == 0 ? 0 : kBadUsage;
    }
    try {
        body();
        std::cout.flush();
        if (!std::cout) throw Failure("cannot write to standard output");
        return 0;
    } catch (const std::exception& error) {
        std::cout.flush();
        std::cerr << cli.get_name() << ": " << error.what() << "\n";
        return kFailed;
    }
}

}  // namespace examples
