#include "page_judge.hpp"

#include "syncline/base/error.hpp"
#include "syncline/protocol/row.hpp"

namespace syncline::detail {
namespace {

// The id of our mutation `sequence`, where it is still known.
std::optional<MutationId> known_id(Work& work, Sequence sequence) {
    const ScopeState& state = work.state;
    if (sequence == state.floor) return state.floor_id;
    if (sequence == state.applied) return state.applied_id;
    if (const auto entry = work.queue.find(work.connection, sequence)) return entry->id;
    return std::nullopt;
}

bool is_forked(Work& work, const Page& page) {
    if (page.applied.value == 0) return false;
    if (page.applied > work.counts.last) return true;
    const auto id = known_id(work, page.applied);
    return id && *id != page.applied_id;
}

Verdict judge_complete(Work& work, const Page& page) {
    return is_forked(work, page) ? Verdict::forked : Verdict::complete;
}

Verdict judge_snapshot(Work& work, const Page& page) {
    const ScopeState& state = work.state;
    if (state.cursor && !state.wants_snapshot) return Verdict::ignore;
    if (state.cursor && page.epoch == state.epoch && page.to < *state.cursor) {
        return Verdict::ignore;
    }
    const bool staged = state.staging.active && state.staging.snapshot;
    if (staged && page.epoch != state.staging.epoch) return Verdict::other_history;
    return page.more ? Verdict::stage : judge_complete(work, page);
}

Verdict judge_changes(Work& work, const Page& page) {
    const ScopeState& state = work.state;
    if (state.wants_snapshot) return Verdict::ignore;
    if (state.cursor && page.epoch != state.epoch) return Verdict::other_history;
    const bool staged = state.staging.active && !state.staging.snapshot;
    if (staged && page.epoch != state.staging.epoch) return Verdict::other_history;
    const Cursor cursor = state.cursor.value_or(Cursor{});
    if (page.from > cursor) return Verdict::gap;
    if (page.to < cursor) return Verdict::ignore;
    if (!page.more) return judge_complete(work, page);
    if (state.staging.active && state.staging.snapshot) return Verdict::ignore;
    return page.rows.empty() ? Verdict::gap : Verdict::stage;
}

std::string name_of(const RowChange& change) {
    return std::string(change.entity) + " " + std::string(change.key);
}

void verify_change(const RowTable& table, const RowChange& change) {
    const EntitySchema& entity = table.entity();
    if (const auto fault = verify_row(*entity.table, *change.data)) {
        throw ProtocolError("the server sent a row that is not valid: " + name_of(change) + ": " +
                            *fault);
    }
    if (RowView(*change.data).string(entity.key) != change.key) {
        throw ProtocolError("the server sent a row under another row's id: " + name_of(change));
    }
}

}  // namespace

Verdict judge(Work& work, const Page& page) {
    return page.snapshot ? judge_snapshot(work, page) : judge_changes(work, page);
}

void verify_page(const Replica::Impl& replica, const Page& page) {
    if (page.scope != replica.scope) {
        throw ProtocolError("the server sent a page of scope " + std::string(page.scope) +
                            ", asked was " + replica.scope);
    }
    for (const RowChange& change : page.rows) {
        if (!change.data) continue;
        const RowTable* table = replica.find_table(change.entity);
        if (table != nullptr) verify_change(*table, change);
    }
}

}  // namespace syncline::detail
