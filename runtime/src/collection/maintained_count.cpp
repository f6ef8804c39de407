#include "maintained_count.hpp"

#include <algorithm>

#include "write_scope.hpp"

namespace syncline {

/// Has commits logged for as long as it exists. Both ends take the lock.
class MaintainedCount::Counting {
public:
    explicit Counting(MaintainedCount& count) : count_(count) {
        const std::lock_guard lock(count_.mutex_);
        ++count_.counting_;
        noticed_ = count_.noticed_;
    }
    ~Counting() {
        const std::lock_guard lock(count_.mutex_);
        if (--count_.counting_ == 0) count_.log_.clear();
    }
    Counting(const Counting&) = delete;
    Counting& operator=(const Counting&) = delete;

    /// Whether the log holds every commit that a state of `version` lacks.
    bool covers(std::uint64_t version) const { return version >= noticed_; }

private:
    MaintainedCount& count_;
    std::uint64_t noticed_ = 0;
};

MaintainedCount::MaintainedCount(const Replica& replica, const EntitySchema& entity)
    : replica_(replica), entity_(entity) {}

std::uint64_t MaintainedCount::get() {
    if (WriteScope::with_own_state(replica_) != nullptr) return replica_.count(entity_).rows;
    for (;;) {
        {
            const std::lock_guard lock(mutex_);
            if (rows_) return *rows_;
        }
        const Counting counting(*this);
        const Replica::Count counted = replica_.count(entity_);
        if (!counting.covers(counted.version)) return counted.rows;
        const std::lock_guard lock(mutex_);
        install(counted);
        if (rows_) return *rows_;
    }
}

bool MaintainedCount::apply(std::uint64_t version, const EntityChanges& changes) {
    const std::lock_guard lock(mutex_);
    noticed_ = version;
    if (counting_ != 0) log_.push_back({version, changes.count_delta, changes.all});
    if (rows_ && version > version_) {
        if (changes.all) {
            rows_.reset();
        } else {
            *rows_ += static_cast<std::uint64_t>(changes.count_delta);
        }
    }
    return changes.all || changes.count_delta != 0;
}

// Under the lock. Leaves the count open if the log does not tell by how much it changed.
void MaintainedCount::install(const Replica::Count& counted) {
    if (rows_) return;
    std::uint64_t rows = counted.rows;
    for (const Commit& commit : log_) {
        if (commit.version <= counted.version) continue;
        if (commit.all) return;
        rows += static_cast<std::uint64_t>(commit.delta);
    }
    rows_ = rows;
    version_ = std::max(counted.version, noticed_);
}

}  // namespace syncline
