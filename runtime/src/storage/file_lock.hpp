#pragma once

#include <filesystem>

namespace syncline::detail {

/// Holds `<database>-lock` for as long as it lives: one `Database` per file, in this process and in
/// all others. The system ends it with the process, however that ends; the empty file stays, since
/// removing it would let two processes each lock one of their own.
class FileLock {
public:
    FileLock() = default;

    /// Throws: `StorageError` with `database_in_use` or `storage_failed`.
    explicit FileLock(const std::filesystem::path& database);
    ~FileLock();
    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&& other) noexcept;

private:
#ifdef _WIN32
    void* handle_ = nullptr;
#else
    int descriptor_ = -1;
#endif
};

}  // namespace syncline::detail
