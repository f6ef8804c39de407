#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>

#include "command_line.hpp"
#include "retention.hpp"
#include "syncline/base/clock.hpp"
#include "syncline/base/random.hpp"
#include "syncline/server/engine.hpp"
#include "syncline/server/http_server.hpp"
#include "syncline/server/schema_file.hpp"
#include "syncline/server/sqlite_authority.hpp"
#include "syncline/server/token_file.hpp"

namespace {

using namespace syncline::server;

void log_to_stderr(bool verbose) {
    auto logger = spdlog::stderr_color_mt("syncline-server");
    logger->set_level(verbose ? spdlog::level::debug : spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
}

/// Every live client keeps a descriptor.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

std::unique_ptr<const Authorizer> authorizer_of(const CommandLine& command) {
    if (command.token_file.empty()) return std::make_unique<Authorizer>();
    return std::make_unique<TokenFile>(TokenFile::load(command.token_file));
}

HttpOptions http_options(const CommandLine& command) {
    HttpOptions options;
    options.address = command.address;
    options.port = command.port;
    options.threads = command.threads;
    options.stop_on_signals = true;
    return options;
}

void announce(const CommandLine& command, std::uint16_t port) {
    const bool is_ipv6 = command.address.find(':') != std::string::npos;
    std::cout << "listening on " << (is_ipv6 ? "[" + command.address + "]" : command.address) << ':'
              << port << std::endl;
}

void serve(const CommandLine& command) {
    const SchemaFile schema = SchemaFile::load(command.schema);
    const auto authorizer = authorizer_of(command);
    SqliteAuthority authority(command.database, command.durability,
                              syncline::Random::from_system());
    Engine engine(authority, schema.schema(), syncline::SystemClock::instance());
    if (command.recount) spdlog::info("hashes made anew, of which {} differed", engine.recount());
    HttpServer server(engine, *authorizer, http_options(command));
    std::optional<Retention> retention;
    if (command.retention.count() > 0) retention.emplace(server, engine, command.retention);
    announce(command, server.port());
    server.run();
}

}  // namespace

int main(int argc, char** argv) {
    const CommandLine command = parse_command_line(argc, argv);
    try {
        log_to_stderr(command.verbose);
        raise_descriptor_limit();
        serve(command);
        spdlog::debug("stopped");
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "syncline-server: %s\n", error.what());
        return 1;
    }
}
