#include "sim/steps.hpp"

namespace syncline::sim {

const std::vector<StepInfo>& step_infos() {
    using K = StepKind;
    static const std::vector<StepInfo> all = {
        {K::write, "write", "", 110},
        {K::transaction, "transaction", "", 25},
        {K::twins, "transaction of twins", "", 10},
        {K::named, "named mutation", "", 8},
        {K::huge, "write too large for the server", "too_large", 3},
        {K::retry, "retry a rejection", "", 6},
        {K::discard, "discard a rejection", "", 4},
        {K::sync, "sync by hand", "", 16},
        {K::flip_live, "live on or off", "", 4},
        {K::pause, "pause", "", 2},
        {K::resume, "resume", "", 5},
        {K::run, "run tasks", "", 130},
        {K::wait, "wait", "", 40},
        {K::wait_long, "wait for minutes", "", 3},
        {K::net_fault, "network fault", "network", 60},
        {K::refuse, "refused by the server", "refusals", 16},
        {K::unreachable, "network away", "network", 6},
        {K::reachable, "network back", "network", 10},
        {K::expire_token, "token expires", "tokens", 4},
        {K::give_token, "another token", "tokens", 6},
        {K::forbid, "scope forbidden", "tokens", 2},
        {K::allow, "scope allowed", "tokens", 4},
        {K::reopen, "client closed", "kills", 6},
        {K::kill_client, "client killed", "kills", 6},
        {K::power_client, "power failure of the client", "kills", 4},
        {K::kill_client_at_write, "client killed at a write", "kills", 8},
        {K::client_io_error, "client I/O error", "disks", 8},
        {K::client_full, "client disk full", "disks", 3},
        {K::client_room, "client disk has room", "disks", 6},
        {K::copy_client, "client file copied to another device", "copies", 2},
        {K::skew_client, "client clock set", "clocks", 4},
        {K::restart_server, "server restarted", "kills", 3},
        {K::kill_server, "server killed", "kills", 3},
        {K::kill_server_at_write, "server killed at a write", "kills", 6},
        {K::power_server_at_write, "power failure of the server", "kills", 5},
        {K::server_io_error, "server I/O error", "disks", 6},
        {K::server_full, "server disk full", "disks", 2},
        {K::server_room, "server disk has room", "disks", 5},
        {K::start_server, "server started", "", 14},
        {K::backup, "server backup", "restores", 5},
        {K::restore, "server restored from a backup", "restores", 3},
        {K::purge, "deletes purged", "purges", 6},
        {K::old_schema, "server with an older schema", "schemas", 2},
        {K::new_schema, "server with the newer schema", "schemas", 6},
        {K::update_app, "application updated", "schemas", 2},
        {K::skew_server, "server clock set", "clocks", 2},
    };
    return all;
}

namespace {

bool is_possible(StepKind kind, const Scene& scene) {
    switch (kind) {
        case StepKind::named:
            return scene.built_in;
        case StepKind::twins:
            return scene.twins != nullptr;
        case StepKind::old_schema:
        case StepKind::new_schema:
            return scene.older_server != nullptr;
        case StepKind::update_app:
            return scene.older_app != nullptr;
        default:
            return true;
    }
}

}  // namespace

const StepInfo& info(StepKind kind) {
    return step_infos()[static_cast<std::size_t>(kind)];
}

std::set<std::string> fault_words() {
    std::set<std::string> words;
    for (const StepInfo& step : step_infos()) {
        if (!step.fault.empty()) words.emplace(step.fault);
    }
    return words;
}

std::vector<Step> make_steps(const Options& options, std::uint64_t seed) {
    Dice dice(seed * 0x2545F4914F6CDD1DULL + 1);
    // Each seed has its own mixture: what happens often in one may be absent in the next.
    std::vector<std::uint64_t> weights;
    std::uint64_t sum = 0;
    for (const StepInfo& step : step_infos()) {
        const bool wanted =
            (step.fault.empty() || options.faults.count(std::string(step.fault)) != 0) &&
            is_possible(step.kind, *options.scene);
        const std::uint64_t scale = step.fault.empty() ? 4 : dice.below(3) * 2 + dice.below(3);
        weights.push_back(wanted ? step.weight * scale : 0);
        sum += weights.back();
    }
    std::vector<Step> steps;
    for (std::uint32_t i = 0; i < options.steps; ++i) {
        std::uint64_t at = dice.below(sum);
        std::size_t kind = 0;
        while (at >= weights[kind]) at -= weights[kind++];
        steps.push_back({static_cast<StepKind>(kind), static_cast<std::uint32_t>(dice.below(1000)),
                         dice.next()});
    }
    return steps;
}

std::string describe(const Step& step) {
    return std::string(info(step.kind).name) + " (device " + std::to_string(step.device) + ", " +
           std::to_string(step.salt) + ")";
}

}  // namespace syncline::sim
