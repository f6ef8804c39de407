#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <stdexcept>
#include <string>

namespace examples {

/// A command that could not do what it was asked; the text is one line for people.
class Failure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The flags of every program that opens a client database.
struct ClientFlags {
    std::string database;
    std::string server;  ///< empty: none
    std::string scope = "user:demo";
};

void add_client_flags(CLI::App& cli, ClientFlags& flags);

/// Parses the command line and then runs `body`. Returns the exit status: 0; 1 if `body` threw,
/// with one line on stderr; 2 for a bad command line, with a usage message.
int run(CLI::App& cli, int argc, char** argv, const std::function<void()>& body);

}  // namespace examples
