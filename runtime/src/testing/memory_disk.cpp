#include "syncline/testing/memory_disk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "../storage/memory_locks.hpp"
#include "syncline/base/random.hpp"

namespace syncline::testing {
namespace {

constexpr std::size_t kSectorBytes = 512;

// A write that was not synced: how to undo it, and what it was.
struct Unsynced {
    std::size_t offset = 0;
    std::size_t size_before = 0;
    Bytes before;  // what was overwritten
    Bytes after;
};

struct DiskFile {
    Bytes bytes;
    std::vector<Unsynced> unsynced;

    int handles = 0;
    detail::MemoryLocks locks;

    void note(std::size_t offset, std::size_t length, const std::uint8_t* data) {
        Unsynced write;
        write.offset = offset;
        write.size_before = bytes.size();
        const std::size_t begin = std::min(offset, bytes.size());
        const std::size_t end = std::min(offset + length, bytes.size());
        write.before.assign(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                            bytes.begin() + static_cast<std::ptrdiff_t>(end));
        write.after.assign(data, data + length);
        unsynced.push_back(std::move(write));
    }

    void put(std::size_t offset, const std::uint8_t* data, std::size_t length) {
        if (bytes.size() < offset + length) bytes.resize(offset + length);
        if (length > 0) std::memcpy(bytes.data() + offset, data, length);
    }

    void undo() {
        for (auto write = unsynced.rbegin(); write != unsynced.rend(); ++write) {
            bytes.resize(std::max(bytes.size(), write->size_before));
            std::copy(write->before.begin(), write->before.end(),
                      bytes.begin() +
                          static_cast<std::ptrdiff_t>(std::min(write->offset, write->size_before)));
            bytes.resize(write->size_before);
        }
    }
};

}  // namespace

std::string_view to_string(DiskFault fault) {
    switch (fault) {
        case DiskFault::io_error:
            return "io_error";
        case DiskFault::full:
            return "disk_full";
        case DiskFault::killed:
            return "killed";
        case DiskFault::power_failure:
            return "power_failure";
    }
    return "unknown";
}

struct MemoryDisk::Impl {
    explicit Impl(std::uint64_t seed) : random(seed) {}

    // --- Faults -------------------------------------------------------------------------------

    // What happens to the write that is about to be made.
    std::optional<DiskFault> next_fault() {
        ++writes;
        if (full) {
            ++counts[DiskFault::full];
            return DiskFault::full;
        }
        if (!planned || --countdown > 0) return std::nullopt;
        const DiskFault fault = *std::exchange(planned, std::nullopt);
        ++counts[fault];
        full = fault == DiskFault::full;
        return fault;
    }

    // A write that fails may have reached the file in part: a whole number of sectors.
    std::size_t part_of(std::size_t length) {
        return std::min<std::size_t>(length,
                                     random.below(length / kSectorBytes + 1) * kSectorBytes);
    }

    void die(DiskFault fault) {
        stopped = true;
        for (auto& [path, file] : files) {
            if (fault == DiskFault::power_failure) lose_unsynced(*file);
            file->unsynced.clear();
        }
    }

    // Nothing, all, all up to some write, or any of them, torn between two sectors.
    void lose_unsynced(DiskFile& file) {
        const std::uint64_t kind = random.below(4);
        if (kind == 1 || file.unsynced.empty()) return;
        file.undo();
        if (kind == 0) return;
        const std::size_t kept = random.below(file.unsynced.size() + 1);
        for (std::size_t i = 0; i < file.unsynced.size(); ++i) {
            const Unsynced& write = file.unsynced[i];
            const bool torn = kind == 2 ? i == kept : random.below(4) == 0;
            const bool whole = kind == 2 ? i < kept : random.below(2) == 0;
            if (!torn && !whole) continue;
            const std::size_t length = torn ? part_of(write.after.size()) : write.after.size();
            file.put(write.offset, write.after.data(), length);
        }
    }

    int result_of(DiskFault fault) {
        if (fault == DiskFault::full) return SQLITE_FULL;
        if (fault == DiskFault::killed || fault == DiskFault::power_failure) die(fault);
        return SQLITE_IOERR_WRITE;
    }

    int write(DiskFile& file, const std::uint8_t* data, std::size_t length, std::size_t offset) {
        if (stopped) return SQLITE_IOERR_WRITE;
        const auto fault = next_fault();
        if (fault == DiskFault::full) return SQLITE_FULL;
        const std::size_t done = fault ? part_of(length) : length;
        file.note(offset, done, data);
        file.put(offset, data, done);
        return fault ? result_of(*fault) : SQLITE_OK;
    }

    mutable std::mutex mutex;
    std::string name;
    sqlite3_vfs vfs{};
    std::map<std::string, std::shared_ptr<DiskFile>> files;  // and all below guarded by mutex
    Random random;
    std::optional<DiskFault> planned;
    std::uint64_t countdown = 0;
    bool full = false;
    bool stopped = false;
    std::uint64_t writes = 0;
    std::map<DiskFault, std::uint64_t> counts;
};

// --- SQLite's side ------------------------------------------------------------------------------

namespace {

// One connection's handle of a file, in memory that SQLite allocates.
struct Handle {
    sqlite3_file base;
    MemoryDisk::Impl* disk = nullptr;
    std::shared_ptr<DiskFile> file;
    detail::HeldLocks held;
};

Handle& handle_of(sqlite3_file* file) {
    return *reinterpret_cast<Handle*>(file);
}

MemoryDisk::Impl& disk_of(sqlite3_vfs* vfs) {
    return *static_cast<MemoryDisk::Impl*>(vfs->pAppData);
}

int close_file(sqlite3_file* file) {
    Handle& handle = handle_of(file);
    {
        // Whoever opens it next finds no shared memory, as the first one to open a file does.
        const std::lock_guard lock(handle.disk->mutex);
        if (--handle.file->handles == 0) handle.file->locks.regions.clear();
    }
    handle.~Handle();
    return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* to, int amount, sqlite3_int64 offset) {
    Handle& handle = handle_of(file);
    const std::lock_guard lock(handle.disk->mutex);
    if (handle.disk->stopped) return SQLITE_IOERR_READ;
    const Bytes& bytes = handle.file->bytes;
    const auto from = std::min(static_cast<std::size_t>(offset), bytes.size());
    const auto wanted = static_cast<std::size_t>(amount);
    const std::size_t there = std::min(wanted, bytes.size() - from);
    if (there > 0) std::memcpy(to, bytes.data() + from, there);
    if (there == wanted) return SQLITE_OK;
    std::memset(static_cast<std::uint8_t*>(to) + there, 0, wanted - there);
    return SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
    Handle& handle = handle_of(file);
    const std::lock_guard lock(handle.disk->mutex);
    return handle.disk->write(*handle.file, static_cast<const std::uint8_t*>(from),
                              static_cast<std::size_t>(amount), static_cast<std::size_t>(offset));
}

// Not torn, and not undone: SQLite truncates nothing that it still needs.
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    Handle& handle = handle_of(file);
    const std::lock_guard lock(handle.disk->mutex);
    if (handle.disk->stopped) return SQLITE_IOERR_TRUNCATE;
    if (const auto fault = handle.disk->next_fault()) return handle.disk->result_of(*fault);
    const auto wanted = static_cast<std::size_t>(size);
    if (wanted < handle.file->bytes.size()) handle.file->bytes.resize(wanted);
    handle.file->unsynced.clear();
    return SQLITE_OK;
}

int sync_file(sqlite3_file* file, int) {
    Handle& handle = handle_of(file);
    const std::lock_guard lock(handle.disk->mutex);
    if (handle.disk->stopped) return SQLITE_IOERR_FSYNC;
    // What is on the disk already needs no room.
    if (handle.disk->full && handle.file->unsynced.empty()) return SQLITE_OK;
    const auto fault = handle.disk->next_fault();
    if (fault) {
        handle.disk->result_of(*fault);
        return SQLITE_IOERR_FSYNC;  // whatever the reason, as SQLite has it from a system
    }
    handle.file->unsynced.clear();
    return SQLITE_OK;
}

int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
    Handle& handle = handle_of(file);
    const std::lock_guard lock(handle.disk->mutex);
    *size = static_cast<sqlite3_int64>(handle.file->bytes.size());
    return SQLITE_OK;
}

int lock_file(sqlite3_file* file, int level) {
    Handle& handle = handle_of(file);
    const std::lock_guard lock(handle.disk->mutex);
    return handle.held.lock(handle.file->locks, level);
}

int unlock_file(sqlite3_file* file, int level) {
    Handle& handle = handle_of(file);
    const std::lock_guard lock(handle.disk->mutex);
    return handle.held.unlock(handle.file->locks, level);
}

int is_reserved(sqlite3_file* file, int* reserved) {
    Handle& handle = handle_of(file);
    const std::lock_guard lock(handle.disk->mutex);
    *reserved = handle.file->locks.writer != nullptr ? 1 : 0;
    return SQLITE_OK;
}

int control_file(sqlite3_file*, int, void*) {
    return SQLITE_NOTFOUND;
}

int sector_size(sqlite3_file*) {
    return static_cast<int>(kSectorBytes);
}

// Nothing is promised: a power failure tears writes and changes their order.
int characteristics(sqlite3_file*) {
    return 0;
}

int map_region(sqlite3_file* file, int index, int size, int extend, void volatile** memory) {
    Handle& handle = handle_of(file);
    const std::lock_guard lock(handle.disk->mutex);
    *memory = nullptr;
    if (handle.disk->stopped) return SQLITE_IOERR_SHMMAP;
    return handle.file->locks.map(index, size, extend, memory);
}

int lock_region(sqlite3_file* file, int offset, int count, int flags) {
    Handle& handle = handle_of(file);
    const std::lock_guard lock(handle.disk->mutex);
    const bool unlocks = (flags & SQLITE_SHM_UNLOCK) != 0;
    if (handle.disk->stopped && !unlocks) return SQLITE_IOERR_SHMLOCK;
    return handle.held.lock_slots(handle.file->locks, offset, count, flags);
}

void region_barrier(sqlite3_file* file) {
    // Taking the mutex orders memory between threads, and thread sanitizers know it.
    const std::lock_guard lock(handle_of(file).disk->mutex);
}

int unmap_region(sqlite3_file* file, int remove) {
    Handle& handle = handle_of(file);
    const std::lock_guard lock(handle.disk->mutex);
    if (remove != 0) handle.file->locks.regions.clear();
    return SQLITE_OK;
}

const sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = size_of_file,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = is_reserved,
    .xFileControl = control_file,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = map_region,
    .xShmLock = lock_region,
    .xShmBarrier = region_barrier,
    .xShmUnmap = unmap_region,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

// SQLite gives temporary files no name; they are private and gone with their handle.
std::shared_ptr<DiskFile> find_file(MemoryDisk::Impl& disk, const char* name, int flags) {
    if (name == nullptr) return std::make_shared<DiskFile>();
    const auto found = disk.files.find(name);
    if (found != disk.files.end()) return found->second;
    if ((flags & SQLITE_OPEN_CREATE) == 0) return nullptr;
    return disk.files[name] = std::make_shared<DiskFile>();
}

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    MemoryDisk::Impl& disk = disk_of(vfs);
    const std::lock_guard lock(disk.mutex);
    file->pMethods = nullptr;
    if (disk.stopped) return SQLITE_CANTOPEN;
    auto found = find_file(disk, name, flags);
    if (found == nullptr) return SQLITE_CANTOPEN;
    auto* handle = new (file) Handle{};
    handle->disk = &disk;
    handle->file = std::move(found);
    ++handle->file->handles;
    handle->base.pMethods = &kMethods;
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* name, int) {
    MemoryDisk::Impl& disk = disk_of(vfs);
    const std::lock_guard lock(disk.mutex);
    if (disk.stopped) return SQLITE_IOERR_DELETE;
    disk.files.erase(name);
    return SQLITE_OK;
}

int access_file(sqlite3_vfs* vfs, const char* name, int, int* result) {
    MemoryDisk::Impl& disk = disk_of(vfs);
    const std::lock_guard lock(disk.mutex);
    *result = disk.files.count(name) != 0 ? 1 : 0;
    return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
}

std::string next_name() {
    static std::atomic<std::uint64_t> count{0};
    return "syncline-disk-" + std::to_string(++count);
}

}  // namespace

MemoryDisk::MemoryDisk(std::uint64_t seed) : impl_(std::make_unique<Impl>(seed)) {
    impl_->name = next_name();
    // Randomness, sleep and time are the system's.
    impl_->vfs = *sqlite3_vfs_find(nullptr);
    impl_->vfs.szOsFile = sizeof(Handle);
    impl_->vfs.zName = impl_->name.c_str();
    impl_->vfs.pAppData = impl_.get();
    impl_->vfs.pNext = nullptr;
    impl_->vfs.xOpen = open_file;
    impl_->vfs.xDelete = delete_file;
    impl_->vfs.xAccess = access_file;
    impl_->vfs.xFullPathname = full_path;
    sqlite3_vfs_register(&impl_->vfs, 0);
}

MemoryDisk::~MemoryDisk() {
    sqlite3_vfs_unregister(&impl_->vfs);
}

const std::string& MemoryDisk::vfs() const {
    return impl_->name;
}

void MemoryDisk::fail(DiskFault fault, std::uint64_t write) {
    const std::lock_guard lock(impl_->mutex);
    impl_->planned = fault;
    impl_->countdown = write;
}

void MemoryDisk::make_room() {
    const std::lock_guard lock(impl_->mutex);
    impl_->planned.reset();
    impl_->full = false;
}

void MemoryDisk::stop(DiskFault fault) {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->stopped) return;
    ++impl_->counts[fault];
    impl_->die(fault);
}

bool MemoryDisk::stopped() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->stopped;
}

void MemoryDisk::restart() {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopped = false;
    impl_->planned.reset();
    impl_->full = false;
    // Shared memory dies with the machine.
    for (auto& [path, file] : impl_->files) file->locks.regions.clear();
}

MemoryDisk::Files MemoryDisk::save() const {
    const std::lock_guard lock(impl_->mutex);
    Files result;
    for (const auto& [name, file] : impl_->files) result[name] = file->bytes;
    return result;
}

void MemoryDisk::load(Files files) {
    const std::lock_guard lock(impl_->mutex);
    impl_->files.clear();
    for (auto& [name, bytes] : files) {
        impl_->files[name] = std::make_shared<DiskFile>();
        impl_->files[name]->bytes = std::move(bytes);
    }
}

std::uint64_t MemoryDisk::writes() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->writes;
}

std::map<DiskFault, std::uint64_t> MemoryDisk::counts() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->counts;
}

}  // namespace syncline::testing
