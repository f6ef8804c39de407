#include "syncline/store/base_hashes.hpp"

namespace syncline {

BaseHashes::BaseHashes(Connection& connection, std::uint64_t generation) : generation_(generation) {
    StatementUse row(
        connection.prepare("SELECT entity, high, low, rows FROM base_hash WHERE generation = ?"));
    row->bind(1, generation);
    while (row->step()) {
        Tally& tally = tallies_[std::string(row->text(0))];
        tally.hash = {row->unsigned_integer(1), row->unsigned_integer(2)};
        tally.rows = row->integer(3);
    }
}

BaseHashes::Tally& BaseHashes::tally(std::string_view entity) {
    auto found = tallies_.find(entity);
    if (found == tallies_.end()) found = tallies_.emplace(std::string(entity), Tally{}).first;
    found->second.changed = true;
    return found->second;
}

void BaseHashes::add(std::string_view entity, std::string_view id, ByteView row) {
    Tally& sum = tally(entity);
    sum.hash.add(id, row);
    ++sum.rows;
}

void BaseHashes::remove(std::string_view entity, std::string_view id, ByteView row) {
    Tally& sum = tally(entity);
    sum.hash.remove(id, row);
    --sum.rows;
}

void BaseHashes::save(Connection& connection) const {
    for (const auto& [entity, tally] : tallies_) {
        if (!tally.changed) continue;
        StatementUse row(
            connection.prepare("INSERT OR REPLACE INTO base_hash VALUES (?, ?, ?, ?, ?)"));
        row->bind(1, generation_).bind(2, std::string_view(entity));
        row->bind(3, tally.hash.high).bind(4, tally.hash.low).bind(5, tally.rows);
        row->run();
    }
}

bool BaseHashes::empty() const {
    for (const auto& [entity, tally] : tallies_) {
        if (tally.rows != 0) return false;
    }
    return true;
}

HashDifference BaseHashes::difference(const std::vector<EntityHash>& expected) const {
    HashDifference result;
    for (const EntityHash& theirs : expected) {
        SetHash hash = theirs.hash;
        const auto ours = tallies_.find(theirs.entity);
        if (ours != tallies_.end()) hash -= ours->second.hash;
        if (hash != SetHash{}) result.emplace(theirs.entity, hash);
    }
    return result;
}

}  // namespace syncline
