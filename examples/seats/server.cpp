// seats-server: the server of the hall. It is syncline-server with the code of two mutations.

#include <cstdint>
#include <iostream>

#include "../common/command_line.hpp"
#include "mutators.hpp"
#include "syncline/base/clock.hpp"
#include "syncline/base/random.hpp"
#include "syncline/server/engine.hpp"
#include "syncline/server/http_server.hpp"
#include "syncline/server/sqlite_authority.hpp"

int main(int argc, char** argv) {
    using namespace syncline::server;
    CLI::App cli("Keeps the seats of a hall, and decides who gets which.", "seats-server");
    std::string database;
    std::uint16_t port = 8080;
    cli.add_option("--database", database, "The database; made if absent")->required();
    cli.add_option("--port", port, "On the loopback; 0 takes any free one")->capture_default_str();

    return examples::run(cli, argc, argv, [&] {
        SqliteAuthority authority(database, syncline::Durability::full,
                                  syncline::Random::from_system());
        Engine engine(authority, seats::schema(), syncline::SystemClock::instance());
        seats::set_mutators(engine);
        const Authorizer everybody;
        HttpServer server(engine, everybody, {.port = port, .stop_on_signals = true});
        std::cout << "listening on 127.0.0.1:" << server.port() << std::endl;
        server.run();
    });
}
