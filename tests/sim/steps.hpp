#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scene.hpp"

namespace syncline::sim {

/// What can happen in one step. The order is that of `kStepKinds`.
enum class StepKind : std::uint8_t {
    // What people and their devices do.
    write,
    transaction,
    twins,
    named,
    huge,
    retry,
    discard,
    sync,
    flip_live,
    pause,
    resume,
    // Time and messages.
    run,
    wait,
    wait_long,
    // Faults; `--faults` names those that may happen.
    net_fault,
    refuse,
    unreachable,
    reachable,
    expire_token,
    give_token,
    forbid,
    allow,
    reopen,
    kill_client,
    power_client,
    kill_client_at_write,
    client_io_error,
    client_full,
    client_room,
    copy_client,
    skew_client,
    restart_server,
    kill_server,
    kill_server_at_write,
    power_server_at_write,
    server_io_error,
    server_full,
    server_room,
    start_server,
    backup,
    restore,
    purge,
    old_schema,
    new_schema,
    update_app,
    skew_server,
};

struct StepInfo {
    StepKind kind;
    std::string_view name;
    std::string_view fault;  // the word for it in `--faults`; empty: no fault
    unsigned weight;         // how often, beside the others
};

/// All kinds of steps.
const std::vector<StepInfo>& step_infos();
const StepInfo& info(StepKind kind);
/// The words of `--faults`.
std::set<std::string> fault_words();

/// One step. All that is random in it comes from `salt`, so that a step does the same when others
/// are taken away.
struct Step {
    StepKind kind = StepKind::write;
    std::uint32_t device = 0;
    std::uint64_t salt = 0;
};

/// Small, fast, and the same everywhere.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15ULL;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }
    bool chance(std::uint64_t percent) { return below(100) < percent; }

private:
    std::uint64_t state_;
};

struct Options {
    const Scene* scene = &built_in_scene();
    std::uint64_t first_seed = 1;
    std::uint64_t seeds = 100;
    std::uint32_t clients = 3;
    std::uint32_t steps = 120;
    std::uint32_t offline = 0;  // mutations that the first device makes before, without a network
    std::set<std::string> faults = fault_words();
};

/// The steps of one seed.
std::vector<Step> make_steps(const Options& options, std::uint64_t seed);

std::string describe(const Step& step);

}  // namespace syncline::sim
