#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "syncline/base/bytes.hpp"

namespace syncline::testing {

/// What a disk can do to a write. A sync and a change of a file's length are writes too.
enum class DiskFault : std::uint8_t {
    io_error,       ///< the write fails, perhaps half done; the next one works again
    full,           ///< there is no room, for this one and all others, until `make_room`; a sync
                    ///< fails then as with `io_error`
    killed,         ///< the process dies there: what it had written is in the files
    power_failure,  ///< the power fails there: of what was not synced a part is in the files
};

std::string_view to_string(DiskFault fault);

/// Files in memory for SQLite databases, which survive their `Database`, and which fail, fill up
/// and die at a chosen write: what a test of durability needs, without processes and without sleep.
///
/// Give its `vfs()` to `DatabaseOptions::vfs` and any name to `path`. After `killed` or
/// `power_failure` nothing can be read or written any more: what worked on the files gets
/// `StorageError`s and is to be destroyed, as it would have been by the death of its process. Then
/// `restart` brings the files back.
///
/// The same calls with the same seed do the same. Thread-safety: any thread.
class MemoryDisk {
public:
    /// `seed` decides what remains of what was not synced.
    explicit MemoryDisk(std::uint64_t seed = 1);
    /// No database may be open on it.
    ~MemoryDisk();
    MemoryDisk(const MemoryDisk&) = delete;
    MemoryDisk& operator=(const MemoryDisk&) = delete;

    /// The name under which SQLite knows it.
    const std::string& vfs() const;

    /// Does `fault` to a write: 1 is the next one. One fault is planned at a time.
    void fail(DiskFault fault, std::uint64_t write = 1);
    /// Ends `full`, and forgets a planned fault.
    void make_room();

    /// Dies now, as by `killed` or `power_failure`.
    void stop(DiskFault fault);
    bool stopped() const;
    /// Starts again. Nothing may be open on it.
    void restart();

    /// The bytes of all files as they are now: a backup, or what another device is given.
    using Files = std::map<std::string, Bytes>;
    Files save() const;
    /// Replaces all files. Nothing may be open on it.
    void load(Files files);

    /// How many writes there were.
    std::uint64_t writes() const;
    /// How often a fault happened.
    std::map<DiskFault, std::uint64_t> counts() const;

    struct Impl;  ///< for the parts of the implementation

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace syncline::testing
