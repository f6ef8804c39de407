#pragma once

#include <cstdint>
#include <string>

#include "../common/command_line.hpp"
#include "places_app.hpp"

namespace places {

/// What every command works on: the open client, and the flags it was opened with.
struct Session {
    App& app;
    const examples::ClientFlags& flags;
};

/// Brings the database up to a file; says how many rows, and how fast.
void import_file(Session& session, const std::string& file);

/// Sends what waits / fetches what is new; both sync both ways, and differ in what they report.
void push(Session& session);
void pull(Session& session);

/// The most populous places of a country.
void top(Session& session, const std::string& country, std::uint64_t limit);

/// The most populous places whose name begins with `prefix`.
void search(Session& session, const std::string& prefix, std::uint64_t limit);

void count(Session& session);

}  // namespace places
