#include "sim/device.hpp"

#include "support/test_schema.hpp"
#include "syncline/base/error.hpp"

namespace syncline::sim {
namespace {

constexpr std::string_view kFile = "client.db";

}  // namespace

/// The way from one device to the server, on which an answer may come from elsewhere.
class Device::Way final : public testing::ServerEndpoint {
public:
    Way(Device& device, Server& server) : device_(device), server_(server) {}

    TransportResponse handle(Endpoint endpoint, std::string_view token, ByteView body) override {
        if (endpoint == Endpoint::push) device_.check_sent(decode_push_request(body));
        if (device_.refusals.empty()) return server_.handle(endpoint, token, body);
        TransportResponse answer = std::move(device_.refusals.front());
        device_.refusals.pop_front();
        return answer;
    }
    std::unique_ptr<Subscription> subscribe(const LiveRequest& request, LiveSink sink,
                                            TransportResponse& refusal) override {
        return server_.subscribe(request, std::move(sink), refusal);
    }

private:
    Device& device_;
    Server& server_;
};

Device::Device(std::uint32_t number, Server& server, testing::ManualExecutor& executor,
               const testing::ManualClock& common, std::uint64_t seed)
    : number_(number),
      server_(server),
      executor_(executor),
      dice_(seed),
      clock(common),
      disk(dice_.next()),
      way(std::make_unique<Way>(*this, server)),
      memory(*way, executor),
      faults(memory, executor, common, {.seed = dice_.next()}) {
    durability = dice_.below(3) == 0 ? Durability::normal : Durability::full;
    live = dice_.below(4) != 0;
    server_.doorman.good[number_] = 0;
}

Device::~Device() {
    close();
}

// --- Life -------------------------------------------------------------------------------------

bool Device::open() {
    if (is_open()) return true;
    try {
        DatabaseOptions options = Replica::database_options(std::string(kFile), durability);
        options.vfs = disk.vfs();
        options.cache_bytes = 1 << 20;
        db = std::make_unique<Database>(std::move(options));
        replica = std::make_unique<Replica>(*db, test::kSchema, std::string(kScopeName), clock,
                                            Random(dice_.next()));
    } catch (const StorageError&) {
        replica.reset();
        db.reset();
        if (disk.stopped()) disk.restart();
        return false;
    }
    replica->set_mutator("bump", [](Replica& to, ByteView arguments) {
        const std::string_view id = as_text(arguments);
        if (to.exists(test::kNote, id)) to.update(test::kNote, id, test::add_visits(10));
    });
    SyncOptions options;
    options.live = live;
    SyncHooks hooks;
    hooks.token = [this] {
        if (fresh_token) return good_token();
        return std::to_string(number_) + " " + std::to_string(token);
    };
    hooks.on_status = [this](const SyncStatus& status) {
        if (status.phase != SyncPhase::auth_needed || !fresh_token) return;
        loop->post([this](SyncLoop& sync) { sync.set_token(good_token()); });
    };
    loop = std::make_unique<SyncLoop>(*replica, faults, executor_, clock, Random(dice_.next()),
                                      options, std::move(hooks));
    replica->set_queue_listener([this] { loop->post([](SyncLoop& sync) { sync.wake(); }); });
    loop->post([](SyncLoop& sync) { sync.start(); });
    paused = false;
    replaced_ = true;
    version_ = ~std::uint64_t{0};
    return true;
}

std::string Device::good_token() {
    token = server_.doorman.good[number_];
    return std::to_string(number_) + " " + std::to_string(token);
}

void Device::close() {
    loop.reset();
    replica.reset();
    db.reset();
    if (disk.stopped()) disk.restart();
}

void Device::copy_from(Device& other) {
    close();
    disk.load(other.disk.save());
    durability = other.durability;
    ledger = other.ledger;
    went_back = true;
    open();
}

std::string Device::describe() const {
    std::string text = "device " + std::to_string(number_);
    if (!is_open()) return text + " closed";
    const SyncState state = replica->sync_state();
    text += " cursor " + (state.cursor ? std::to_string(state.cursor->value) : "none");
    text += " queue [";
    for (const Made& made : ledger.queued) {
        text += " " + std::to_string(made.id.value % 10000) + ":" + to_string(made.meaning.key);
    }
    text += " ] confirmed " + std::to_string(state.confirmed.value);
    text += " rejected " + std::to_string(state.rejected);
    text += " " + std::string(to_string(loop->status().phase));
    if (loop->status().last_error) text += " (" + loop->status().last_error->text + ")";
    return text;
}

}  // namespace syncline::sim
