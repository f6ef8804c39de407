#include "sim/world.hpp"

#include <algorithm>

#include "syncline/base/error.hpp"
#include "syncline/protocol/messages.hpp"

namespace syncline::sim {
namespace {

using namespace std::chrono_literals;
using testing::DiskFault;
using testing::Fault;

// However long it may wait by itself: time-outs, backoffs and what the server asked for.
constexpr auto kSettleMax = 15min;

constexpr Fault kFaults[] = {
    Fault::lost_request, Fault::lost_answer,  Fault::unreachable,  Fault::no_answer,
    Fault::duplicate,    Fault::delay,        Fault::truncated,    Fault::garbage,
    Fault::html,         Fault::server_error, Fault::unauthorized, Fault::rate_limited,
    Fault::cut_stream,   Fault::lost_frame,   Fault::lost_answer,  Fault::lost_answer,
    Fault::bad_request,  Fault::bad_answer,   Fault::bad_frame,    Fault::delay,
    Fault::delay,        Fault::delay,
};

constexpr RequestError kRefusals[] = {
    RequestError::too_large,       RequestError::rate_limited,   RequestError::unavailable,
    RequestError::internal,        RequestError::forbidden,      RequestError::schema_unknown,
    RequestError::unauthorized,    RequestError::cursor_too_old, RequestError::epoch_changed,
    RequestError::invalid_request,
};

std::chrono::microseconds some_years(Dice& dice) {
    const auto days = static_cast<std::int64_t>(dice.below(20'000)) - 10'000;
    return std::chrono::hours(24) * days;
}

TransportResponse refusal(RequestError error, Dice& dice) {
    ErrorResponse body;
    body.error = error;
    body.message = "refused by the simulator";
    if (dice.chance(50)) body.retry_after = std::chrono::milliseconds(dice.below(30'000));
    TransportResponse response;
    response.outcome = TransportResponse::Outcome::answered;
    response.status = http_status(error);
    response.body = encode(body);
    if (dice.chance(30)) response.retry_after = std::chrono::milliseconds(dice.below(30'000));
    return response;
}

}  // namespace

void Counts::add(const Counts& other) {
    seeds += other.seeds;
    steps += other.steps;
    checks += other.checks;
    shown += other.shown;
    mutations += other.mutations;
    rejected += other.rejected;
    lost_power += other.lost_power;
    lost_restore += other.lost_restore;
    commits += other.commits;
    longest_settle = std::max(longest_settle, other.longest_settle);
    for (const auto& [name, count] : other.faults) faults[name] += count;
}

World::World(const Options& options, std::uint64_t seed)
    : server_(*options.scene, clock_, seed, options.offline > 0),
      devices_max_(options.clients + 2),
      seed_(seed),
      offline_(options.offline) {
    counts_.seeds = 1;
    for (std::uint32_t i = 0; i < options.clients; ++i) {
        devices_.push_back(std::make_unique<Device>(i, server_, executor_, clock_, seed * 100 + i));
        const bool schemas =
            options.faults.count("schemas") != 0 && options.scene->older_app != nullptr;
        devices_.back()->old_app = schemas && Dice(seed * 100 + i).below(5) == 0;
        if (devices_.back()->installed) devices_.back()->open();
    }
}

void World::note(const std::string& line) const {
    if (trace) trace(line);
}

void World::run(const std::vector<Step>& steps) {
    if (offline_ > 0) {
        devices_[0]->installed = true;
        if (!devices_[0]->open()) throw Violation("client", "cannot be opened");
        devices_[0]->memory.set_reachable(false);
        devices_[0]->write_many(offline_, seed_);
        after_step();
    }
    for (const Step& step : steps) {
        if (trace) note("-- " + describe(step));
        act(step);
        after_step();
        if (!trace) continue;
        for (const auto& one : devices_) note("     " + one->describe());
        note("     server " + std::string(server_.up() ? "up" : "down") + " head " +
             std::to_string(server_.model().head().value));
    }
    stop_faults();
    settle();
}

// --- Steps --------------------------------------------------------------------------------------

void World::act(const Step& step) {
    const StepInfo& what = info(step.kind);
    if (!what.fault.empty()) ++happened_[std::string(what.name)];
    Dice dice(step.salt);
    switch (step.kind) {
        case StepKind::run:
            for (std::uint64_t i = dice.below(20); i > 0; --i) run_task();
            return;
        case StepKind::wait:
            return pass(std::chrono::milliseconds(dice.below(20'000)));
        case StepKind::wait_long:
            return pass(std::chrono::minutes(dice.below(10)));
        case StepKind::restart_server:
        case StepKind::kill_server:
        case StepKind::kill_server_at_write:
        case StepKind::power_server_at_write:
        case StepKind::server_io_error:
        case StepKind::server_full:
        case StepKind::server_room:
        case StepKind::start_server:
        case StepKind::backup:
        case StepKind::restore:
        case StepKind::purge:
        case StepKind::old_schema:
        case StepKind::new_schema:
        case StepKind::skew_server:
            return act_on_server(step, dice);
        default:
            return act_on_device(step, device(step), dice);
    }
}

void World::act_on_server(const Step& step, Dice& dice) {
    const auto restart = [&] {
        cut_streams();
        server_.stop();
        server_.start();
    };
    switch (step.kind) {
        case StepKind::restart_server:
            return restart();
        case StepKind::kill_server:
            if (server_.up()) server_.disk.stop(DiskFault::killed);
            return;
        case StepKind::kill_server_at_write:
            return server_.disk.fail(DiskFault::killed, 1 + dice.below(12));
        case StepKind::power_server_at_write:
            return server_.disk.fail(DiskFault::power_failure, 1 + dice.below(12));
        case StepKind::server_io_error:
            return server_.disk.fail(DiskFault::io_error, 1 + dice.below(12));
        case StepKind::server_full:
            return server_.disk.fail(DiskFault::full, 1 + dice.below(12));
        case StepKind::server_room:
            return server_.disk.make_room();
        case StepKind::start_server:
            server_.start();
            return;
        case StepKind::backup:
            if (server_.up()) server_.backup();
            return;
        case StepKind::restore:
            cut_streams();
            server_.restore(dice);
            return;
        case StepKind::purge:
            if (server_.up()) server_.purge(dice);
            return;
        case StepKind::old_schema:
        case StepKind::new_schema:
            server_.old_schema = step.kind == StepKind::old_schema;
            return restart();
        default:
            server_.clock.offset = some_years(dice);
    }
}

void World::act_on_device(const Step& step, Device& on, Dice& dice) {
    if (!on.installed && step.kind == StepKind::sync) on.installed = dice.below(3) == 0;
    if (!on.installed) return;
    if (!on.is_open()) {
        if (!on.open()) return;
        after_step();  // what was uncertain is known now
        if (!on.is_open()) return;
    }
    switch (step.kind) {
        case StepKind::write:
            return on.write(dice);
        case StepKind::transaction:
            return on.transaction(dice);
        case StepKind::twins:
            return on.twins(dice);
        case StepKind::named:
            return on.named(dice);
        case StepKind::huge:
            return on.huge(dice);
        case StepKind::retry:
            return on.retry(dice);
        case StepKind::discard:
            return on.discard(dice);
        case StepKind::sync:
            return on.loop->post([](SyncLoop& loop) { loop.sync(20s, [](const SyncResult&) {}); });
        case StepKind::flip_live:
            on.live = !on.live;
            on.close();
            on.open();
            return;
        case StepKind::pause:
            return on.loop->post([](SyncLoop& loop) { loop.pause(); });
        case StepKind::resume:
            return on.loop->post([](SyncLoop& loop) { loop.resume(); });
        case StepKind::net_fault:
            return on.faults.inject(kFaults[dice.below(std::size(kFaults))]);
        case StepKind::refuse: {
            const RequestError error = kRefusals[dice.below(std::size(kRefusals))];
            ++happened_["refused: " + std::string(to_string(error))];
            on.refusals.push_back(refusal(error, dice));
            return;
        }
        case StepKind::unreachable:
            return on.memory.set_reachable(false);
        case StepKind::reachable:
            return on.memory.set_reachable(true);
        case StepKind::expire_token:
            on.fresh_token = dice.chance(50);
            ++server_.doorman.good[on.number()];
            return;
        case StepKind::give_token:
            return on.loop->post(
                [given = on.good_token()](SyncLoop& loop) { loop.set_token(given); });
        case StepKind::forbid:
            server_.doorman.forbidden.insert(on.number());
            return;
        case StepKind::allow:
            server_.doorman.forbidden.erase(on.number());
            return;
        case StepKind::reopen:
            return on.close();
        case StepKind::update_app:
            on.old_app = false;
            return on.close();
        case StepKind::kill_client:
            return on.disk.stop(DiskFault::killed);
        case StepKind::power_client:
            on.went_back = on.durability == Durability::normal;
            return on.disk.stop(DiskFault::power_failure);
        case StepKind::kill_client_at_write:
            return on.disk.fail(DiskFault::killed, 1 + dice.below(12));
        case StepKind::client_io_error:
            return on.disk.fail(DiskFault::io_error, 1 + dice.below(12));
        case StepKind::client_full:
            return on.disk.fail(DiskFault::full, 1 + dice.below(12));
        case StepKind::client_room:
            return on.disk.make_room();
        case StepKind::copy_client: {
            if (devices_.size() >= devices_max_) return;
            const auto number = static_cast<std::uint32_t>(devices_.size());
            devices_.push_back(
                std::make_unique<Device>(number, server_, executor_, clock_, seed_ * 100 + number));
            return devices_.back()->copy_from(on);
        }
        default:
            on.clock.offset = some_years(dice);
    }
}

// --- Between the steps
// ----------------------------------------------------------------------------

void World::run_task() {
    if (!executor_.run_one()) return;
    after_step();
}

void World::run_tasks() {
    for (std::uint32_t i = 0; executor_.run_one(); ++i) {
        after_step();
        // Each write of a long queue has woken the loop.
        if (i > 5'000 + 2 * offline_) throw Violation("busy", "something posts itself for ever");
    }
    for (const auto& one : devices_) {
        if (one->is_open()) one->check_quiet();
    }
}

void World::pass(std::chrono::milliseconds time) {
    const SteadyTime end = clock_.now() + time;
    run_tasks();
    for (auto next = executor_.next_timer(); next && *next <= end; next = executor_.next_timer()) {
        if (*next > clock_.now()) clock_.advance(*next - clock_.now());
        run_tasks();
    }
    if (end > clock_.now()) clock_.advance(end - clock_.now());
}

void World::cut_streams() {
    for (const auto& one : devices_) {
        one->memory.set_reachable(false);
        one->memory.set_reachable(true);
    }
}

void World::bury_dead() {
    if (server_.dead()) {
        cut_streams();
        server_.stop();
        note("     the server died");
    }
    for (const auto& one : devices_) {
        if (!one->dead()) continue;
        one->close();
        note("     device " + std::to_string(one->number()) + " died");
    }
}

void World::after_step() {
    ++counts_.steps;
    bury_dead();
    for (const auto& one : devices_) {
        if (!one->changed()) continue;
        ++counts_.checks;
        one->check();
    }
}

// --- The end
// ----------------------------------------------------------------------------------------

void World::stop_faults() {
    server_.disk.make_room();
    if (server_.old_schema || !server_.up()) {
        server_.old_schema = false;
        cut_streams();
        server_.stop();
    }
    if (!server_.start() && !server_.start()) throw Violation("server", "does not start");
    server_.doorman.forbidden.clear();
    for (const auto& one : devices_) {
        one->disk.make_room();
        one->refusals.clear();
        one->memory.set_reachable(true);
        one->fresh_token = true;
        if (!one->open() && !one->open()) throw Violation("client", "cannot be opened");
        one->loop->post([token = one->good_token()](SyncLoop& loop) {
            loop.resume();
            loop.set_token(token);
        });
    }
}

bool World::settled() {
    return std::all_of(devices_.begin(), devices_.end(),
                       [](const auto& one) { return one->settled(); });
}

void World::settle() {
    const SteadyTime begin = clock_.now();
    run_tasks();
    while (!settled() && clock_.now() - begin < kSettleMax && executor_.next_timer()) {
        const SteadyTime next = *executor_.next_timer();
        if (next > clock_.now()) clock_.advance(next - clock_.now());
        run_tasks();
    }
    counts_.longest_settle = clock_.now() - begin;
    if (!settled()) {
        std::string who;
        for (const auto& one : devices_) {
            if (!one->settled()) who += "\n  " + one->describe();
        }
        throw Violation("stuck", "not in step when all faults were over for long:" + who);
    }
    server_.check_all();
    for (const auto& one : devices_) {
        one->check();
        one->check_end();
    }
}

Counts World::counts() const {
    Counts all = counts_;
    all.commits = server_.commits;
    for (const auto& [name, count] : happened_) all.faults[name] += count;
    const auto add_disk = [&](const char* whose, const testing::MemoryDisk& disk) {
        for (const auto& [fault, count] : disk.counts()) {
            all.faults[std::string("done: ") + whose + " " + std::string(to_string(fault))] +=
                count;
        }
    };
    add_disk("server", server_.disk);
    for (const auto& one : devices_) {
        add_disk("client", one->disk);
        for (const auto& [fault, count] : one->faults.counts()) {
            all.faults["network: " + std::string(to_string(fault))] += count;
        }
        all.shown += one->shown_states;
        all.mutations += one->ledger.all.size();
        all.rejected += one->ledger.rejected.size();
        all.lost_power += one->ledger.lost_power.size();
        const auto& fates = server_.model().history().fates;
        for (const MutationId id : one->ledger.applied) {
            const auto fate = fates.find(one->ledger.all.at(id).sent);
            if (fate == fates.end() || !fate->second.applied) ++all.lost_restore;
        }
    }
    return all;
}

}  // namespace syncline::sim
