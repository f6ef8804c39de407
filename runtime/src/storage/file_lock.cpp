#include "file_lock.hpp"

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#endif

#include "syncline/base/error.hpp"

namespace syncline::detail {
namespace {

[[noreturn]] void throw_in_use(const std::filesystem::path& database) {
    throw StorageError(ErrorCode::database_in_use,
                       database.string() +
                           ": the database is already open, in another process or elsewhere in "
                           "this one; close it there, or choose another file");
}

[[noreturn]] void throw_failed(const std::filesystem::path& lock, const std::string& reason) {
    throw StorageError(ErrorCode::storage_failed,
                       lock.string() + ": cannot make the lock file of the database: " + reason +
                           "; the folder must exist and be writable");
}

std::filesystem::path lock_path(const std::filesystem::path& database) {
    std::filesystem::path path = database;
    path += "-lock";
    return path;
}

}  // namespace

#ifdef _WIN32

FileLock::FileLock(const std::filesystem::path& database) {
    const std::filesystem::path path = lock_path(database);
    // Sharing nothing is the lock.
    HANDLE file = CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_ALWAYS,
                              FILE_ATTRIBUTE_NORMAL, nullptr);
    if (file != INVALID_HANDLE_VALUE) {
        handle_ = file;
        return;
    }
    const DWORD error = GetLastError();
    if (error == ERROR_SHARING_VIOLATION) throw_in_use(database);
    throw_failed(path, "Windows error " + std::to_string(error));
}

FileLock::~FileLock() {
    if (handle_ != nullptr) CloseHandle(handle_);
}

FileLock::FileLock(FileLock&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
}

#else

FileLock::FileLock(const std::filesystem::path& database) {
    const std::filesystem::path path = lock_path(database);
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) throw_failed(path, std::strerror(errno));
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
    const int error = errno;
    ::close(descriptor_);
    descriptor_ = -1;
    if (error == EWOULDBLOCK) throw_in_use(database);
    throw_failed(path, std::strerror(error));
}

FileLock::~FileLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

#endif

}  // namespace syncline::detail
