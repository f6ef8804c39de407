#include "mutator_context.hpp"

#include "syncline/server/refusal.hpp"

namespace syncline::server {
namespace {

void demand(const std::optional<Refusal>& refusal) {
    if (refusal) throw Reject(refusal->code, refusal->reason);
}

}  // namespace

const CatalogEntry& PlanContext::entry(std::string_view entity) {
    const CatalogEntry* entry = rules_.catalog().find(entity);
    if (entry != nullptr) return *entry;
    throw Reject("invalid", "there is no synchronized entity \"" + std::string(entity) + "\"");
}

std::optional<Row> PlanContext::find(std::string_view entity, std::string_view id) {
    const PlannedRow& row = rules_.row(entry(entity), rules_.arena().keep(id));
    if (!row.live()) return std::nullopt;
    return Row(to_bytes(row.data));
}

// What a mutator passes in need not outlive its call, but what is planned must.
void PlanContext::create(std::string_view entity, ByteView row) {
    const CatalogEntry& found = entry(entity);
    demand(rules_.check_row(found, row));
    const ByteView kept = rules_.arena().keep(row);
    demand(rules_.create(found, RowRules::key_of(found, kept), kept));
}

void PlanContext::put(std::string_view entity, ByteView row) {
    const CatalogEntry& found = entry(entity);
    demand(rules_.check_row(found, row));
    const ByteView kept = rules_.arena().keep(row);
    rules_.put(found, RowRules::key_of(found, kept), kept);
}

void PlanContext::update(std::string_view entity, std::string_view id, ByteView patch) {
    const std::string_view kept = rules_.arena().keep(id);
    demand(rules_.update(entry(entity), kept, patch, time_, nullptr, Cursor{}));
}

bool PlanContext::remove(std::string_view entity, std::string_view id) {
    bool found = false;
    demand(rules_.remove(entry(entity), rules_.arena().keep(id), &found));
    return found;
}

}  // namespace syncline::server
