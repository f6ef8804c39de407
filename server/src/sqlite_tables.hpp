#pragma once

#include <cstdint>

namespace syncline::server {

/// "SLsv": this file is a server's.
constexpr std::uint32_t kApplicationId = 0x534C7376;
constexpr std::uint32_t kFormatVersion = 3;

// What was decided under another client id than the one it was made under.
constexpr const char* kCreateOriginReceipts = R"sql(
CREATE TABLE origin_receipt (
  scope INTEGER NOT NULL,
  origin_high INTEGER NOT NULL,
  origin_low INTEGER NOT NULL,
  id INTEGER NOT NULL,
  client INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (scope, origin_high, origin_low, id)
) WITHOUT ROWID;
CREATE INDEX origin_receipt_by_client ON origin_receipt (client, sequence);
)sql";

// A pull reads (scope, cursor) and, through the index's hidden last column, place: rows that came
// in one transaction are read in the order in which they lie in the file.
constexpr const char* kCreateTables = R"sql(
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  high INTEGER NOT NULL,
  low INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE scope (
  scope INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  head INTEGER NOT NULL,
  purged_below INTEGER NOT NULL,
  stored INTEGER NOT NULL
);

CREATE TABLE entity (
  entity INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE entity_row (
  place INTEGER PRIMARY KEY,
  scope INTEGER NOT NULL,
  entity INTEGER NOT NULL,
  id TEXT NOT NULL,
  cursor INTEGER NOT NULL,
  created INTEGER NOT NULL,
  writer INTEGER NOT NULL,
  others INTEGER NOT NULL,
  data BLOB
);
CREATE UNIQUE INDEX entity_row_by_id ON entity_row (scope, entity, id);
CREATE INDEX entity_row_by_cursor ON entity_row (scope, cursor);

CREATE TABLE tally (
  scope INTEGER NOT NULL,
  entity INTEGER NOT NULL,
  live INTEGER NOT NULL,
  hash_high INTEGER NOT NULL,
  hash_low INTEGER NOT NULL,
  bytes INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (scope, entity)
) WITHOUT ROWID;

CREATE TABLE client (
  client INTEGER PRIMARY KEY,
  scope INTEGER NOT NULL,
  id_high INTEGER NOT NULL,
  id_low INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  last_id INTEGER NOT NULL,
  UNIQUE (scope, id_high, id_low)
);

CREATE TABLE receipt (
  client INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  first_sequence INTEGER NOT NULL,
  ids BLOB NOT NULL,
  PRIMARY KEY (client, last_sequence)
) WITHOUT ROWID;

CREATE TABLE rejection (
  client INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  data BLOB,
  PRIMARY KEY (client, sequence)
) WITHOUT ROWID;

CREATE TABLE moment (
  scope INTEGER NOT NULL,
  time INTEGER NOT NULL,
  cursor INTEGER NOT NULL,
  PRIMARY KEY (scope, time)
) WITHOUT ROWID;
)sql";

// Format 1 did not count bytes.
constexpr const char* kToFormat2[] = {
    "ALTER TABLE tally ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0",
    "UPDATE tally SET bytes = (SELECT coalesce(sum(length(CAST(id AS BLOB)) + length(data)), 0)"
    " FROM entity_row WHERE entity_row.scope = tally.scope AND entity_row.entity = tally.entity"
    " AND data IS NOT NULL)"};

}  // namespace syncline::server
