#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "sim/model.hpp"
#include "sim/steps.hpp"
#include "support/service_endpoint.hpp"
#include "syncline/server/engine.hpp"
#include "syncline/server/service.hpp"
#include "syncline/server/sqlite_authority.hpp"
#include "syncline/testing/manual_clock.hpp"
#include "syncline/testing/memory_disk.hpp"

namespace syncline::sim {

inline constexpr std::string_view kScopeName = "user:1";

/// The clock of one machine: steady as all others, its wall clock off by any amount.
class SkewedClock final : public Clock {
public:
    explicit SkewedClock(const Clock& common) : common_(common) {}
    SteadyTime now() const override { return common_.now(); }
    WallTime wall_now() const override { return common_.wall_now() + offset; }
    std::chrono::microseconds offset{0};

private:
    const Clock& common_;
};

/// Tokens are "<device> <number>"; each device has one that is good at a time.
class Doorman final : public server::Authorizer {
public:
    server::Access authorize(std::string_view token, std::string_view scope) const override;
    std::map<std::uint32_t, std::uint64_t> good;
    std::set<std::uint32_t> forbidden;
};

/// The real server, beside the model that says what it should do.
class Server {
public:
    /// `batches_large`: it takes hundreds of mutations at once.
    Server(const Scene& scene, const Clock& clock, std::uint64_t seed, bool batches_large);
    ~Server();

    // --- Life -------------------------------------------------------------------------------
    /// False: it cannot be started now (its disk).
    bool start();
    /// Ends in order, or has died already.
    void stop();
    bool up() const { return service_ != nullptr; }
    /// Whether its disk has died under it.
    bool dead() const { return up() && disk.stopped(); }
    void backup();
    /// From the last backup, with a new epoch. False: there is none.
    bool restore(Dice& dice);
    void purge(Dice& dice);

    // --- Requests ---------------------------------------------------------------------------
    TransportResponse handle(Endpoint endpoint, std::string_view token, ByteView body);
    std::unique_ptr<testing::ServerEndpoint::Subscription> subscribe(
        const LiveRequest& request, testing::ServerEndpoint::LiveSink sink,
        TransportResponse& refusal);

    const Scene& scene() const { return scene_; }

    // --- What should be ------------------------------------------------------------------------
    const Model& model() const { return model_; }
    Epoch epoch() const { return epoch_; }
    const History& history(Epoch epoch) const;
    bool has_history(Epoch epoch) const { return epoch == epoch_ || histories_.count(epoch) != 0; }
    bool has_history_if(const std::function<bool(const History&)>& is_meant) const;
    /// Holds all that is stored against the model. Throws: `Violation`.
    void check_all();

    testing::MemoryDisk disk;
    SkewedClock clock;
    Doorman doorman;
    bool old_schema = false;
    std::uint64_t commits = 0;

private:
    struct Interrupted {
        Bytes body;
        WallTime time;
    };
    struct Backup {
        testing::MemoryDisk::Files files;
        Model model;
        std::vector<Interrupted> interrupted;
    };

    void open();
    void close();
    void take_interrupted();
    void compare(const PushRequest& request, ByteView answer);
    void check_changed(Cursor before);

    const Scene& scene_;
    server::EngineOptions options_;
    std::uint64_t seed_;
    std::unique_ptr<server::SqliteAuthority> authority_;
    std::unique_ptr<server::Engine> engine_;
    std::unique_ptr<server::Service> service_;
    std::unique_ptr<test::ServiceEndpoint> endpoint_;
    Epoch epoch_;
    Model model_;
    std::map<Epoch, History> histories_;  // former ones
    std::optional<Backup> backup_;
    // Pushes that failed since the last that did not: one of them may have reached the file all the
    // same, and show when it is read again.
    std::vector<Interrupted> interrupted_;
};

}  // namespace syncline::sim
