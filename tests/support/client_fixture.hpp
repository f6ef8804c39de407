#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "support/sync_world.hpp"
#include "syncline/client/client.hpp"

namespace syncline::test {

/// Clients on virtual time against the real engine; `World::anna` and `ben` are the others.
struct ClientFixture : World {
    explicit ClientFixture(server::EngineOptions engine = {}) : World(engine) {}

    ClientOptions options() {
        ClientOptions options;
        options.scope = std::string(kScope);
        options.transport = std::make_shared<testing::MemoryTransport>(network, executor);
        options.clock = &clock;
        options.sync_executor = &executor;
        options.random_seed = ++seeds;
        return options;
    }

    static MutationTicket create(Client& client, std::string_view id, std::string_view title) {
        return client.model().replica().create(kNote, note_row(id, title));
    }

    SyncResult sync(Client& client) {
        std::optional<SyncResult> result;
        client.sync_async([&](const SyncResult& done) { result = done; });
        while (!result && executor.advance_to_next_timer()) {
        }
        run();
        return result.value_or(SyncResult{});
    }

    std::uint64_t seeds = 100;
};

}  // namespace syncline::test
