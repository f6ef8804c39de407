#include "sync.hpp"

#include <algorithm>

#include "syncline/reactive/effect.hpp"
#include "text.hpp"

namespace examples {
namespace {

// Long enough for all places of the world over a slow line.
constexpr std::chrono::minutes kPatience{10};

std::string what_stays(const syncline::Client& client) {
    const auto pending = client.pending();
    if (pending == 0) return "nothing is queued";
    return counted(pending, "change stays queued", "changes stay queued");
}

void require_server(const syncline::Client& client, const ClientFlags& flags) {
    if (!flags.server.empty()) return;
    throw Failure("no server to sync with: give its address with --server URL; " +
                  what_stays(client));
}

void require_success(const syncline::Client& client, const syncline::SyncResult& result) {
    if (!result) throw Failure(result.error.text + "; " + what_stays(client));
}

}  // namespace

syncline::ClientOptions client_options(const ClientFlags& flags) {
    return {.server = flags.server, .scope = flags.scope, .database = flags.database};
}

syncline::SyncResult sync_now(syncline::Client& client, const ClientFlags& flags) {
    require_server(client, flags);
    const auto result = client.sync(kPatience);
    require_success(client, result);
    return result;
}

syncline::SyncResult sync_now(syncline::Client& client, const ClientFlags& flags,
                              Progress& progress) {
    require_server(client, flags);
    const std::uint64_t queued = client.pending();
    syncline::Effect show([&] {
        const auto pull = client.progress();
        const auto pending = client.pending();
        if (pull.rows_total != 0) {
            progress.show(pull.rows_done, pull.rows_total);
        } else if (queued != 0) {
            progress.show(queued - std::min(queued, pending), queued);
        }
    });
    const auto result = client.sync(kPatience);
    show.stop_and_wait();  // it runs on the sync thread and uses what is ours
    require_success(client, result);
    return result;
}

}  // namespace examples
