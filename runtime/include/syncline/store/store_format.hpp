#pragma once

#include <cstdint>

#include "syncline/storage/database.hpp"

namespace syncline {

/// "SynC": the application id of client databases.
inline constexpr std::uint32_t kClientApplicationId = 0x53796e43;
inline constexpr std::uint32_t kClientFormatVersion = 4;

/// Makes the tables of the store that do not depend on the application's schema.
void create_store_tables(Connection& connection);

/// Brings them up to date from format `from`.
void migrate_store_tables(Connection& connection, std::uint32_t from);

/// A number that no generation of rows in this database has had. See `ScopeState`.
std::uint64_t take_generation(Connection& connection);

/// Notes that the rows of `generation` are no longer used.
void abandon_generation(Connection& connection, std::uint64_t generation);

/// Whether rows of abandoned generations are left.
bool has_abandoned(Connection& connection);

/// Deletes up to `rows_max` rows of abandoned generations. Returns whether some may be left.
bool sweep_abandoned(Connection& connection, std::size_t rows_max);

}  // namespace syncline
