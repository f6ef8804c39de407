#include "sim/device.hpp"

#include "support/test_schema.hpp"
#include "syncline/base/error.hpp"

namespace syncline::sim {
namespace {

constexpr std::string_view kFile = "client.db";

void set_mutators(Replica& replica) {
    replica.set_mutator("bump", [](Replica& to, ByteView arguments) {
        const std::string_view id = as_text(arguments);
        const EntitySchema& note = *to.schema().find("note");
        if (to.exists(note, id)) to.update(note, id, test::add_visits(10));
    });
    // Throws when it has done a part: all of it is predicted, or nothing.
    replica.set_mutator("share", [](Replica& to, ByteView arguments) {
        const std::string_view both = as_text(arguments);
        const EntitySchema& note = *to.schema().find("note");
        to.update(note, both.substr(0, both.find(' ')), test::add_visits(1));
        const std::string_view other = both.substr(both.find(' ') + 1);
        if (both.starts_with(other)) throw InvalidArgument("these are one note");
        to.update(note, other, test::add_visits(1));
    });
}

}  // namespace

/// The way from one device to the server, on which an answer may come from elsewhere.
class Device::Way final : public testing::ServerEndpoint {
public:
    Way(Device& device, Server& server) : device_(device), server_(server) {}

    TransportResponse handle(Endpoint endpoint, std::string_view token, ByteView body) override {
        // A message that was changed on its way reaches no server, and takes no answer from a
        // queue.
        if (is_damaged(endpoint, body)) {
            TransportResponse answer = server_.handle(endpoint, token, body);
            if (answer.status == 200) throw Violation("damaged", "a changed request was taken");
            return answer;
        }
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
    static bool is_damaged(Endpoint endpoint, ByteView body) {
        try {
            if (endpoint == Endpoint::push)
                decode_push_request(body);
            else
                decode_pull_request(body);
            return false;
        } catch (const ProtocolError&) {
            return true;
        }
    }

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
    observed_ = dice_.below(3) == 0;
    // Beside the other dice, so that a seed means the same for the others.
    shown = Dice(~seed).below(3) == 0;
    installed = !shown;
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
        replica = std::make_unique<Replica>(*db, schema(), std::string(kScopeName), clock,
                                            Random(dice_.next()));
        if (scene().built_in) set_mutators(*replica);
        replica->show_first_sync(shown);
        if (observed_) {
            observers = std::make_unique<Observers>(scene(), *replica, *db, clock, executor_,
                                                    "device " + std::to_string(number_), shown);
        }
    } catch (const StorageError&) {
        observers.reset();
        replica.reset();
        db.reset();
        if (disk.stopped()) disk.restart();
        return false;
    }
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
    name_indexes();
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
    observers.reset();
    replica.reset();
    db.reset();
    if (disk.stopped()) disk.restart();
}

void Device::copy_from(Device& other) {
    close();
    disk.load(other.disk.save());
    durability = other.durability;
    old_app = other.old_app;
    shown = other.shown;
    installed = true;
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
