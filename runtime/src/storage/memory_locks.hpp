#pragma once

#include <sqlite3.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

// What SQLite asks of a file in memory beside its bytes: locks, and, of a database in WAL mode, the
// index of its WAL that all connections share. Used by the files of this folder and by those of
// testing::MemoryDisk.

namespace syncline::detail {

/// Of one file. Guarded by a mutex of the file's.
struct MemoryLocks {
    int readers = 0;               // connections that hold a shared lock or more
    const void* writer = nullptr;  // the one that holds more than that
    bool exclusive = false;
    std::vector<std::unique_ptr<std::uint8_t[]>> regions;
    std::array<int, SQLITE_SHM_NLOCK> slots{};  // number of readers; -1: one writer

    /// As `xShmMap`.
    int map(int index, int size, int extend, void volatile** memory) {
        const auto wanted = static_cast<std::size_t>(index);
        *memory = nullptr;
        if (regions.size() <= wanted && extend == 0) return SQLITE_OK;
        try {
            while (regions.size() <= wanted) {
                regions.push_back(std::make_unique<std::uint8_t[]>(static_cast<std::size_t>(size)));
            }
        } catch (const std::bad_alloc&) {
            return SQLITE_NOMEM;
        }
        *memory = regions[wanted].get();
        return SQLITE_OK;
    }
};

/// What one connection holds of them. All calls with the file's mutex held.
class HeldLocks {
public:
    /// As `xLock`.
    int lock(MemoryLocks& file, int level) {
        if (level <= level_) return SQLITE_OK;
        if (level == SQLITE_LOCK_SHARED) {
            if (file.exclusive) return SQLITE_BUSY;
            ++file.readers;
        } else {
            if (file.writer != nullptr && file.writer != this) return SQLITE_BUSY;
            file.writer = this;
            if (level == SQLITE_LOCK_EXCLUSIVE) {
                if (file.readers > 1) return SQLITE_BUSY;
                file.exclusive = true;
            }
        }
        level_ = level;
        return SQLITE_OK;
    }

    /// As `xUnlock`.
    int unlock(MemoryLocks& file, int level) {
        if (level >= level_) return SQLITE_OK;
        if (file.writer == this) {
            file.writer = nullptr;
            file.exclusive = false;
        }
        if (level == SQLITE_LOCK_NONE) --file.readers;
        level_ = level;
        return SQLITE_OK;
    }

    /// As `xShmLock`.
    int lock_slots(MemoryLocks& file, int offset, int count, int flags) {
        const auto first = static_cast<std::size_t>(offset);
        const std::size_t end = first + static_cast<std::size_t>(count);
        if ((flags & SQLITE_SHM_UNLOCK) != 0) {
            for (std::size_t slot = first; slot < end; ++slot) release(file, slot);
            return SQLITE_OK;
        }
        if ((flags & SQLITE_SHM_SHARED) != 0) return share(file, first);
        return take(file, first, end);
    }

private:
    void release(MemoryLocks& file, std::size_t slot) {
        if (exclusive_[slot]) file.slots[slot] = 0;
        if (shared_[slot]) --file.slots[slot];
        exclusive_[slot] = shared_[slot] = false;
    }

    int share(MemoryLocks& file, std::size_t slot) {
        if (shared_[slot]) return SQLITE_OK;
        if (file.slots[slot] < 0) return SQLITE_BUSY;
        ++file.slots[slot];
        shared_[slot] = true;
        return SQLITE_OK;
    }

    int take(MemoryLocks& file, std::size_t first, std::size_t end) {
        for (std::size_t slot = first; slot < end; ++slot) {
            if (file.slots[slot] != 0 && !exclusive_[slot]) return SQLITE_BUSY;
        }
        for (std::size_t slot = first; slot < end; ++slot) {
            file.slots[slot] = -1;
            exclusive_[slot] = true;
        }
        return SQLITE_OK;
    }

    int level_ = SQLITE_LOCK_NONE;
    std::array<bool, SQLITE_SHM_NLOCK> shared_{};
    std::array<bool, SQLITE_SHM_NLOCK> exclusive_{};
};

}  // namespace syncline::detail
