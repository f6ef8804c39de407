#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/model.hpp"
#include "syncline/collection/model.hpp"
#include "syncline/reactive/effect.hpp"
#include "syncline/storage/database.hpp"

namespace syncline::sim {

/// Two rows that are made, changed and removed in one transaction only: whoever sees them with
/// different values, or one of them alone, has seen half of it.
inline constexpr std::string_view kTwins[] = {"twin a", "twin b"};

/// What an application has on its screen: real effects and a live query over a device's rows, and a
/// listener to its commits.
class Observers {
public:
    /// All must outlive it. `who` is for messages. `shown`: of a first sync, rows come one by one.
    Observers(const Scene& scene, Replica& replica, Database& database, const Clock& clock,
              Executor& executor, std::string who, bool shown);
    ~Observers();

    syncline::Model& model() { return *model_; }

    /// The commits that were told of lead to `view`. Throws: `Violation`, also one that an effect
    /// found before.
    void check_told(const std::map<Key, std::string>& view) const;
    /// Nothing waits: what was seen last is `view`.
    void check_seen(const std::map<Key, std::string>& view) const;

private:
    class Listener;

    void see_all();
    void see_twins();
    bool in_first_sync() const;
    void see_field(const std::string& id);
    void found(const char* kind, const std::string& what);
    std::map<Key, std::string> committed() const;
    std::vector<std::string> live_ids(const std::map<Key, std::string>& view) const;
    const EntitySchema& seen() const { return *replica_.schema().find(scene_.seen->name); }

    const Scene& scene_;
    Replica& replica_;
    Database& database_;
    const std::string who_;
    const bool shown_;
    std::unique_ptr<syncline::Model> model_;
    std::unique_ptr<Listener> listener_;
    std::optional<Violation> violation_;
    // What the effects saw last.
    std::map<Key, std::string> all_;
    std::map<std::string, std::optional<Plain>> values_;
    std::uint64_t count_ = 0;
    std::vector<std::string> live_ids_;
    std::shared_ptr<LiveRows> live_;
    std::vector<Effect> effects_;
};

}  // namespace syncline::sim
