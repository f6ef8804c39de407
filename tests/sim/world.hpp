#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/device.hpp"
#include "sim/model.hpp"
#include "sim/server.hpp"
#include "sim/steps.hpp"
#include "syncline/testing/manual_clock.hpp"
#include "syncline/testing/manual_executor.hpp"

namespace syncline::sim {

/// What happened in a run, or in many.
struct Counts {
    std::uint64_t seeds = 0;
    std::uint64_t steps = 0;  // steps of the list, tasks and timers run between them
    std::uint64_t checks = 0;
    std::uint64_t shown = 0;  // of them, with a part of a first sync
    std::uint64_t mutations = 0;
    std::uint64_t rejected = 0;
    std::uint64_t lost_power = 0;    // made without syncs, and lost by a power failure
    std::uint64_t lost_restore = 0;  // applied, and not in the backup that was restored
    std::uint64_t commits = 0;
    std::chrono::nanoseconds longest_settle{0};
    std::map<std::string, std::uint64_t> faults;

    void add(const Counts& other);
};

/// A server and its clients, in one thread, on virtual time.
class World {
public:
    World(const Options& options, std::uint64_t seed);

    /// Says what happens, one line a step.
    std::function<void(const std::string&)> trace;

    /// Runs `steps`, then lets the faults end, and checks throughout. Throws: `Violation`.
    void run(const std::vector<Step>& steps);
    Counts counts() const;

private:
    void act(const Step& step);
    void act_on_device(const Step& step, Device& device, Dice& dice);
    void act_on_server(const Step& step, Dice& dice);
    void run_task();
    void run_tasks();
    void pass(std::chrono::milliseconds time);
    void after_step();
    void bury_dead();
    void cut_streams();
    void note(const std::string& line) const;
    void stop_faults();
    void settle();
    bool settled();
    Device& device(const Step& step) { return *devices_[step.device % devices_.size()]; }

    testing::ManualClock clock_;
    testing::ManualExecutor executor_{clock_};
    Server server_;
    std::vector<std::unique_ptr<Device>> devices_;
    std::size_t devices_max_;
    std::uint64_t seed_;
    std::uint32_t offline_;
    Counts counts_;
    std::map<std::string, std::uint64_t> happened_;
};

}  // namespace syncline::sim
