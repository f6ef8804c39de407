#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "syncline/replica/changes.hpp"
#include "syncline/replica/replica.hpp"

namespace syncline {

/// The number of rows of an entity: counted when first asked for, then kept up from commits. It is
/// counted again only after a commit that does not say by how much it changed.
///
/// Thread-safety: any thread; guarded by `mutex_`, under which nothing else is called.
class MaintainedCount {
public:
    MaintainedCount(const Replica& replica, const EntitySchema& entity);

    std::uint64_t get();

    /// Takes in a commit, in the order of commits. Returns whether the number may be another one.
    bool apply(std::uint64_t version, const EntityChanges& changes);

private:
    struct Commit {
        std::uint64_t version = 0;
        std::int64_t delta = 0;
        bool all = false;
    };
    class Counting;

    void install(const Replica::Count& counted);

    const Replica& replica_;
    const EntitySchema& entity_;
    std::mutex mutex_;
    std::optional<std::uint64_t> rows_;
    std::uint64_t version_ = 0;  // commits up to this are in `rows_`
    std::uint64_t noticed_ = 0;  // version of the last commit taken in
    std::size_t counting_ = 0;
    std::vector<Commit> log_;  // commits taken in while somebody is counting
};

}  // namespace syncline
