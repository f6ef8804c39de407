#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace syncline {

/// What kind of thing went wrong; `to_string` gives the enumerator's name.
enum class ErrorCode : std::uint8_t {
    invalid_argument,   ///< the caller passed something that can never work
    invalid_state,      ///< the call is not allowed now (a write inside a computed, use after stop)
    not_found,          ///< the row, rejection or file that was named does not exist
    storage_failed,     ///< the database could not be read or written
    disk_full,          ///< no room for the write; nothing was changed
    database_in_use,    ///< another process has the database file open
    database_foreign,   ///< the file is not a syncline database of this kind
    database_newer,     ///< the file was written by a newer syncline
    database_damaged,   ///< the file does not hold together
    schema_invalid,     ///< an entity schema that syncline cannot use
    protocol_invalid,   ///< bytes that are no valid message, row or patch
    transport_failed,   ///< the server could not be reached or did not answer sensibly
    cycle,              ///< reactive nodes that need their own value or never settle
    internal,           ///< a broken invariant of syncline itself: please report it
};

std::string_view to_string(ErrorCode code);

/// Base of every exception that syncline throws. The text says what, where, and what to do.
class Error : public std::runtime_error {
public:
    Error(ErrorCode code, const std::string& text) : std::runtime_error(text), code_(code) {}
    ErrorCode code() const noexcept { return code_; }

private:
    ErrorCode code_;
};

/// The caller passed something that can never work.
class InvalidArgument : public Error {
public:
    explicit InvalidArgument(const std::string& text)
        : Error(ErrorCode::invalid_argument, text) {}
};

/// The call is not allowed in this state.
class InvalidState : public Error {
public:
    explicit InvalidState(const std::string& text) : Error(ErrorCode::invalid_state, text) {}
};

/// What was named does not exist.
class NotFound : public Error {
public:
    explicit NotFound(const std::string& text) : Error(ErrorCode::not_found, text) {}
};

/// The database file could not be opened, read or written; `code()` tells why. Nothing is half done.
class StorageError : public Error {
public:
    using Error::Error;
};

/// Bytes that are no valid message, row, patch or schema.
class ProtocolError : public Error {
public:
    explicit ProtocolError(const std::string& text)
        : Error(ErrorCode::protocol_invalid, text) {}
};

/// A message that is not as it was sent: its checksum does not match. Sending it again helps.
class DamagedMessage : public ProtocolError {
public:
    explicit DamagedMessage(const std::string& text) : ProtocolError(text) {}
};

namespace detail {
[[noreturn]] void assertion_failed(const char* condition, const char* text, const char* file,
                                   int line);
}

}  // namespace syncline

/// Throws `Error` with `internal` if an invariant of syncline itself is broken. Stays on in release.
#define SYNCLINE_ASSERT(condition, text) \
    ((condition) ? void(0)               \
                 : ::syncline::detail::assertion_failed(#condition, text, __FILE__, __LINE__))
