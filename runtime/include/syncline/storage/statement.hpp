#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "syncline/base/bytes.hpp"

namespace syncline {

/// A prepared SQL statement of one connection. Parameters count from 1, columns from 0.
///
/// Bound texts and blobs are not copied: they must live until `reset`. Columns are valid until the
/// next `step` or `reset`. All throw `StorageError`. Thread-safety: that of its connection.
class Statement {
public:
    struct Impl;
    explicit Statement(std::unique_ptr<Impl> impl);
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    Statement& bind(int index, std::int64_t value);
    Statement& bind(int index, std::uint64_t value);  ///< kept as its two's complement
    Statement& bind(int index, int value) { return bind(index, std::int64_t{value}); }
    Statement& bind(int index, double value);
    Statement& bind(int index, std::string_view text);
    Statement& bind(int index, ByteView blob);
    Statement& bind_null(int index);

    /// Goes to the next row; false: there is none.
    bool step();
    /// Runs to the end, resets, and returns the number of rows changed.
    std::int64_t run();
    void reset() noexcept;

    std::int64_t integer(int column) const;
    std::uint64_t unsigned_integer(int column) const {
        return static_cast<std::uint64_t>(integer(column));
    }
    double real(int column) const;
    std::string_view text(int column) const;
    ByteView blob(int column) const;
    bool is_null(int column) const;

private:
    std::unique_ptr<Impl> impl_;
};

/// Resets a statement at the end of a block, so that a thrown exception leaves none half run.
class StatementUse {
public:
    explicit StatementUse(Statement& statement) : statement_(statement) {}
    ~StatementUse() { statement_.reset(); }
    StatementUse(const StatementUse&) = delete;
    StatementUse& operator=(const StatementUse&) = delete;
    Statement* operator->() { return &statement_; }
    Statement& operator*() { return statement_; }

private:
    Statement& statement_;
};

}  // namespace syncline
