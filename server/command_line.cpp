#include "command_line.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <map>

namespace syncline::server {
namespace {

constexpr int kBadFlags = 2;

/// "HOST:PORT", with an IPv6 address in brackets.
std::string parse_listen(const std::string& text, std::string& address, std::uint16_t& port) {
    const std::size_t colon = text.rfind(':');
    const std::string wrong = "must be ADDRESS:PORT, not " + text;
    if (colon == std::string::npos || colon == 0) return wrong;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data() + colon + 1, end, port);
    if (error != std::errc{} || stopped != end) return wrong;
    address = text.substr(0, colon);
    if (address == "localhost") address = "127.0.0.1";
    if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
        address = address.substr(1, address.size() - 2);
    }
    return {};
}

bool is_loopback(const std::string& address) {
    return address.rfind("127.", 0) == 0 || address == "::1";
}

}  // namespace

CommandLine parse_command_line(int argc, char** argv) {
    CommandLine result;
    std::string listen = "127.0.0.1:8080";
    bool allow_anonymous = false;
    unsigned retention_days = 0;

    CLI::App app("Holds the authoritative state of syncline applications.", "syncline-server");
    app.set_version_flag("--version", SYNCLINE_VERSION);
    app.add_option("--schema", result.schema, "The entity schema, .fbs or .bfbs")
        ->required()
        ->type_name("FILE");
    app.add_option("--database", result.database, "The database; made if absent")
        ->required()
        ->type_name("FILE");
    app.add_option("--listen", listen, "Where to listen; port 0 takes any free one")
        ->type_name("ADDRESS:PORT")
        ->capture_default_str()
        ->check([&](const std::string& text) {
            return parse_listen(text, result.address, result.port);
        });
    app.add_option("--threads", result.threads, "Threads that read; pushes have one of their own")
        ->default_val(4)
        ->check(CLI::Range(1, 256));
    app.add_option("--token-file", result.token_file,
                   "JSON: {\"token\": [\"scope\", ...]}; scope * is all of them")
        ->type_name("FILE");
    app.add_flag("--allow-anonymous", allow_anonymous,
                 "Serve everybody who can connect, also from other machines");
    const std::map<std::string, Durability> durabilities{{"normal", Durability::normal},
                                                         {"full", Durability::full}};
    app.add_option(
           "--durability", result.durability,
           "What an answered push survives: full: a power failure; normal: a killed process")
        ->transform(CLI::CheckedTransformer(durabilities).description(""))
        ->type_name("normal|full")
        ->default_str("full");
    app.add_option("--retention-days", retention_days,
                   "Forget deleted rows after so many days; 0: never")
        ->default_val(0)
        ->check(CLI::Range(0, 36'500));
    app.add_flag("--recount", result.recount,
                 "Take all rows as they are and make their hashes anew, once, before serving");
    app.add_flag("--verbose", result.verbose, "Log more");
    try {
        app.parse(argc, argv);
        const std::string fault = parse_listen(listen, result.address, result.port);
        if (!fault.empty()) throw CLI::ValidationError("--listen", fault);
        if (!is_loopback(result.address) && result.token_file.empty() && !allow_anonymous) {
            throw CLI::ValidationError("--listen",
                                       result.address +
                                           " is open to other machines: give --token-file, or say "
                                           "--allow-anonymous");
        }
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        std::exit(code == 0 ? 0 : kBadFlags);
    }
    result.retention = std::chrono::hours{24} * retention_days;
    return result;
}

}  // namespace syncline::server
