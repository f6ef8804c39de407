#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "syncline/base/clock.hpp"
#include "syncline/base/executor.hpp"
#include "syncline/protocol/transport.hpp"
#include "syncline/queue/rejected.hpp"
#include "syncline/storage/database.hpp"
#include "syncline/sync/status.hpp"

namespace syncline {

/// How a client is opened: `todo::App app({.server = "http://127.0.0.1:8080", .database =
/// "todo.db"})`.
struct ClientOptions {
    /// Address of the server, `http://host:port`. Empty: works without one, for ever.
    std::string server = {};
    /// Which part of the server's data this is.
    std::string scope = "_default";
    /// The file; made if absent. Empty: a private database in memory, gone with the client.
    std::filesystem::path database = {};
    Durability durability = Durability::normal;
    /// Most memory for pages of the file in writes and syncs, in bytes. What it does not hold is
    /// read from the file again: to import very many rows takes longer with less. A first sync
    /// takes 1 MB of it at most.
    std::size_t cache_bytes = 16 << 20;

    /// Gives the token that the server wants. Asked before the first request, and once again when
    /// the server refuses a token. Called on the sync thread, which may block in it; `stop` and the
    /// destructor wait for it then. If it throws, the phase is `auth_needed`.
    std::function<std::string()> token = {};

    /// A write is sent at once; this is the longest that it may wait otherwise.
    std::chrono::milliseconds push_interval{1000};
    /// Between two pulls when nothing else asks for one. At least 100 ms; `milliseconds::max()`:
    /// none (in a year).
    std::chrono::milliseconds pull_interval{30'000};
    /// Whether changes of others arrive at once, by a stream that is kept open.
    bool live = true;
    /// Whether rows of the first sync are read as they arrive, those of tables with a low
    /// `priority` first, instead of all at once at its end. Until it is done (`cursor` is 0, and
    /// `progress` tells how far it is) rows may be missing, and those there are of no one moment at
    /// the server. A later resync always appears whole.
    bool show_first_sync = false;

    /// Where callbacks and the notices of remote changes arrive: a UI loop, a game's frame. Must
    /// outlive the client. None: the sync thread.
    Executor* executor = nullptr;

    // Callbacks, on `executor`. An exception out of one is reported to `on_error`. None is called
    // while a lock of syncline's is held, nor after the client's destructor has returned.

    std::function<void(const SyncResult&)> on_sync = {};            ///< the head was reached
    std::function<void()> on_online = {};                           ///< the server answers
    std::function<void()> on_offline = {};                          ///< it does not any more
    std::function<void(const SyncError&)> on_error = {};            ///< a try failed
    std::function<void(const RejectedMutation&)> on_rejected = {};  ///< recorded just now

    // For tests, and for transports of one's own.

    std::shared_ptr<Transport> transport = {};  ///< none: HTTP to `server`
    const Clock* clock = nullptr;               ///< none: the machine's
    Executor* sync_executor = nullptr;          ///< none: a thread of the client's own
    /// None: from the operating system. Two clients with one seed would take each other for a copy.
    std::optional<std::uint64_t> random_seed = {};
};

}  // namespace syncline
