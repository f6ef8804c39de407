#include "transaction_plan.hpp"

#include <algorithm>
#include <utility>

#include "stored_rows.hpp"

namespace syncline::server {

Tally& Tallies::of(EntityNumber entity) {
    const auto found = tallies_.find(entity);
    if (found != tallies_.end()) return found->second;
    return tallies_.emplace(entity, writer_.tally(entity)).first->second;
}

void Tallies::save() {
    for (const auto& [entity, tally] : tallies_) writer_.save_tally(entity, tally);
}

PlannedRow& TransactionPlan::row(const CatalogEntry& entity, std::string_view key) {
    const RowName name{entity.number, key};
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) return *found->second;
    StoredRow stored;
    writer_.find(entity.number, key, stored);
    if (stored.live) verify_stored(*entity.schema, key, stored.data);
    PlannedRow& row = rows_.emplace_back();
    row.entity = entity.number;
    row.key = key;
    row.before = std::move(stored);
    if (row.before.live) row.data = row.before.data;
    by_name_.emplace(name, &row);
    return row;
}

Cursor TransactionPlan::changed_by_others(const PlannedRow& row) const {
    return row.before.writer == tag_ ? row.before.others : row.before.cursor;
}

bool TransactionPlan::changed(const PlannedRow& row) {
    if (row.live() != row.before.live) return true;
    return row.live() && !std::equal(row.data.begin(), row.data.end(), row.before.data.begin(),
                                     row.before.data.end());
}

bool TransactionPlan::changes() const {
    return std::any_of(rows_.begin(), rows_.end(), changed);
}

void TransactionPlan::write(Cursor at, Tallies& tallies) {
    for (const PlannedRow& row : rows_) {
        if (changed(row)) write(row, at, tallies);
    }
}

void TransactionPlan::write(const PlannedRow& row, Cursor at, Tallies& tallies) {
    Tally& tally = tallies.of(row.entity);
    if (row.before.live) {
        tally.hash.remove(row.key, row.before.data);
        --tally.rows;
        tally.bytes -= row.key.size() + row.before.data.size();
    }
    RowWrite write;
    write.place = row.before.place;
    write.cursor = write.created = at;
    write.writer = tag_;
    if (row.before.live) {
        write.created = row.before.created;
        write.others = changed_by_others(row);
    }
    if (row.live()) {
        tally.hash.add(row.key, row.data);
        ++tally.rows;
        tally.bytes += row.key.size() + row.data.size();
        write.data = row.data;
    }
    writer_.put(row.entity, row.key, write);
}

void TransactionPlan::clear() {
    by_name_.clear();
    rows_.clear();
}

}  // namespace syncline::server
