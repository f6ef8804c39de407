#include "memory_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <vector>

#include "memory_locks.hpp"

namespace syncline::detail {
namespace {

constexpr std::size_t kChunkBytes = 64 << 10;

using Chunk = std::array<std::uint8_t, kChunkBytes>;

// The bytes of one file, the locks on it, and, of a database, the shared index of its WAL.
struct MemoryFile {
    std::shared_mutex mutex;  // guards all below
    std::vector<std::unique_ptr<Chunk>> chunks;
    std::int64_t size = 0;

    MemoryLocks locks;
};

// All files in memory. SQLite knows a VFS by name, for the whole process.
class MemoryFolder {
public:
    std::shared_ptr<MemoryFile> open(const std::string& name, bool create) {
        const std::lock_guard lock(mutex_);
        auto found = files_.find(name);
        if (found != files_.end()) return found->second;
        if (!create) return nullptr;
        return files_[name] = std::make_shared<MemoryFile>();
    }

    bool exists(const std::string& name) {
        const std::lock_guard lock(mutex_);
        return files_.count(name) != 0;
    }

    void remove(const std::string& name) {
        const std::lock_guard lock(mutex_);
        files_.erase(name);
    }

private:
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<MemoryFile>> files_;
};

// Never destroyed: a database may be a static object, made before the folder.
MemoryFolder& folder() {
    static MemoryFolder& instance = *new MemoryFolder;
    return instance;
}

// One connection's handle of a file, in memory that SQLite allocates.
struct Handle {
    sqlite3_file base;
    std::shared_ptr<MemoryFile> file;
    HeldLocks held;
};

Handle& handle_of(sqlite3_file* file) {
    return *reinterpret_cast<Handle*>(file);
}

// Calls `use(bytes, size)` for each piece of [offset, offset + amount).
template <class Use>
void for_pieces(MemoryFile& file, std::int64_t offset, std::int64_t amount, Use use) {
    while (amount > 0) {
        const std::size_t chunk = static_cast<std::size_t>(offset) / kChunkBytes;
        const std::size_t start = static_cast<std::size_t>(offset) % kChunkBytes;
        const std::size_t size = std::min(kChunkBytes - start, static_cast<std::size_t>(amount));
        use(file.chunks[chunk]->data() + start, size);
        offset += static_cast<std::int64_t>(size);
        amount -= static_cast<std::int64_t>(size);
    }
}

int close_file(sqlite3_file* file) {
    handle_of(file).~Handle();
    return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* to, int amount, sqlite3_int64 offset) {
    MemoryFile& bytes = *handle_of(file).file;
    const std::shared_lock lock(bytes.mutex);
    auto* out = static_cast<std::uint8_t*>(to);
    const std::int64_t there = std::clamp<std::int64_t>(bytes.size - offset, 0, amount);
    for_pieces(bytes, offset, there, [&](const std::uint8_t* data, std::size_t size) {
        std::memcpy(out, data, size);
        out += size;
    });
    if (there == amount) return SQLITE_OK;
    std::memset(out, 0, static_cast<std::size_t>(amount - there));
    return SQLITE_IOERR_SHORT_READ;
}

void grow(MemoryFile& file, std::int64_t size) {
    const std::size_t chunks = (static_cast<std::size_t>(size) + kChunkBytes - 1) / kChunkBytes;
    while (file.chunks.size() < chunks) file.chunks.push_back(std::make_unique<Chunk>());
    file.size = std::max(file.size, size);
}

int write_file(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
    MemoryFile& bytes = *handle_of(file).file;
    const std::lock_guard lock(bytes.mutex);
    try {
        grow(bytes, offset + amount);
    } catch (const std::bad_alloc&) {
        return SQLITE_FULL;
    }
    const auto* in = static_cast<const std::uint8_t*>(from);
    for_pieces(bytes, offset, amount, [&](std::uint8_t* data, std::size_t size) {
        std::memcpy(data, in, size);
        in += size;
    });
    return SQLITE_OK;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    MemoryFile& bytes = *handle_of(file).file;
    const std::lock_guard lock(bytes.mutex);
    if (size >= bytes.size) return SQLITE_OK;
    bytes.size = size;
    bytes.chunks.resize((static_cast<std::size_t>(size) + kChunkBytes - 1) / kChunkBytes);
    const std::size_t used = static_cast<std::size_t>(size) % kChunkBytes;
    // What lies behind the end reads as zero should the file grow again.
    if (used != 0) std::fill(bytes.chunks.back()->begin() + used, bytes.chunks.back()->end(), 0);
    return SQLITE_OK;
}

int sync_file(sqlite3_file*, int) {
    return SQLITE_OK;
}

int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
    MemoryFile& bytes = *handle_of(file).file;
    const std::shared_lock lock(bytes.mutex);
    *size = bytes.size;
    return SQLITE_OK;
}

int lock_file(sqlite3_file* file, int level) {
    Handle& handle = handle_of(file);
    const std::lock_guard lock(handle.file->mutex);
    return handle.held.lock(handle.file->locks, level);
}

int unlock_file(sqlite3_file* file, int level) {
    Handle& handle = handle_of(file);
    const std::lock_guard lock(handle.file->mutex);
    return handle.held.unlock(handle.file->locks, level);
}

int is_reserved(sqlite3_file* file, int* reserved) {
    Handle& handle = handle_of(file);
    const std::shared_lock lock(handle.file->mutex);
    *reserved = handle.file->locks.writer != nullptr ? 1 : 0;
    return SQLITE_OK;
}

int control_file(sqlite3_file*, int, void*) {
    return SQLITE_NOTFOUND;
}

int sector_size(sqlite3_file*) {
    return 4096;
}

int characteristics(sqlite3_file*) {
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_SAFE_APPEND | SQLITE_IOCAP_SEQUENTIAL;
}

int map_region(sqlite3_file* file, int index, int size, int extend, void volatile** memory) {
    Handle& handle = handle_of(file);
    const std::lock_guard lock(handle.file->mutex);
    return handle.file->locks.map(index, size, extend, memory);
}

int lock_region(sqlite3_file* file, int offset, int count, int flags) {
    Handle& handle = handle_of(file);
    const std::lock_guard lock(handle.file->mutex);
    return handle.held.lock_slots(handle.file->locks, offset, count, flags);
}

void region_barrier(sqlite3_file* file) {
    // Taking the mutex orders memory between threads, and thread sanitizers know it.
    const std::lock_guard lock(handle_of(file).file->mutex);
}

int unmap_region(sqlite3_file* file, int remove) {
    MemoryFile& bytes = *handle_of(file).file;
    const std::lock_guard lock(bytes.mutex);
    if (remove != 0) bytes.locks.regions.clear();
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

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    file->pMethods = nullptr;
    try {
        // SQLite gives temporary files no name.
        auto bytes = name == nullptr ? std::make_shared<MemoryFile>()
                                     : folder().open(name, (flags & SQLITE_OPEN_CREATE) != 0);
        if (bytes == nullptr) return SQLITE_CANTOPEN;
        auto* handle = new (file) Handle{};
        handle->file = std::move(bytes);
        handle->base.pMethods = &kMethods;
    } catch (const std::bad_alloc&) {
        return SQLITE_NOMEM;
    }
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
}

int delete_file(sqlite3_vfs*, const char* name, int) {
    folder().remove(name);
    return SQLITE_OK;
}

int access_file(sqlite3_vfs*, const char* name, int, int* result) {
    *result = folder().exists(name) ? 1 : 0;
    return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
}

sqlite3_vfs make_vfs() {
    // Randomness, sleep and time are the system's.
    sqlite3_vfs vfs = *sqlite3_vfs_find(nullptr);
    vfs.szOsFile = sizeof(Handle);
    vfs.zName = "syncline-memory";
    vfs.pNext = nullptr;
    vfs.xOpen = open_file;
    vfs.xDelete = delete_file;
    vfs.xAccess = access_file;
    vfs.xFullPathname = full_path;
    return vfs;
}

}  // namespace

const char* memory_vfs() {
    static sqlite3_vfs* const registered = [] {
        static sqlite3_vfs vfs = make_vfs();
        sqlite3_vfs_register(&vfs, 0);
        return &vfs;
    }();
    return registered->zName;
}

std::string new_memory_file() {
    static std::atomic<std::uint64_t> count{0};
    return "/memory-" + std::to_string(++count);
}

void remove_memory_file(const std::string& name) {
    folder().remove(name + "-wal");
    folder().remove(name);
}

}  // namespace syncline::detail
