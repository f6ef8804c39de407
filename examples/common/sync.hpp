#pragma once

#include "command_line.hpp"
#include "progress.hpp"
#include "syncline/client/client.hpp"

namespace examples {

/// How a client is opened for `flags`.
syncline::ClientOptions client_options(const ClientFlags& flags);

/// Sends what waits and fetches what is new. Throws: `Failure`, saying why, and what stays queued.
syncline::SyncResult sync_now(syncline::Client& client, const ClientFlags& flags);

/// As `sync_now`, and tells `progress` how far it is.
syncline::SyncResult sync_now(syncline::Client& client, const ClientFlags& flags,
                              Progress& progress);

}  // namespace examples
