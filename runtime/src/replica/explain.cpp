#include "syncline/replica/explanation.hpp"

#include <algorithm>

#include "describe.hpp"
#include "replay.hpp"
#include "syncline/protocol/row.hpp"
#include "work.hpp"

namespace syncline {
namespace {

std::string_view name_of(MutationKind kind) {
    switch (kind) {
        case MutationKind::create:
            return "create";
        case MutationKind::update:
            return "update";
        case MutationKind::remove:
            return "remove";
        case MutationKind::named:
            return "mutate";
    }
    return "unknown";
}

/// Follows whether there is a row while the steps are gone through, to say which do nothing.
std::string note_on(MutationKind kind, bool& there) {
    const bool before = there;
    switch (kind) {
        case MutationKind::create:
            there = true;
            return before ? "there is such a row: shows nothing, and will be rejected" : "";
        case MutationKind::update:
            return before ? "" : "there is no such row: shows nothing, and will be rejected";
        case MutationKind::remove:
            there = false;
            return "";
        case MutationKind::named:
            return "the server decides; its prediction is shown";
    }
    return "";
}

/// `book(guest = "Anna")`, if the schema knows its arguments.
std::string describe_call(const Schema& schema, const QueueEntry& entry, const Bytes& payload) {
    const MutatorSchema* mutator = schema.find_mutator(entry.entity);
    if (mutator == nullptr || verify_row(*mutator->arguments, payload)) {
        return entry.entity + ", " + std::to_string(payload.size()) + " bytes of arguments";
    }
    return entry.entity + "(" + detail::describe_row(*mutator->arguments, RowView(payload)) + ")";
}

Row row_of(const std::optional<Bytes>& data) {
    return data ? Row(*data) : Row();
}

std::string line(const Explanation::Step& step) {
    std::string text = "  " + std::to_string(step.sequence.value) + " " +
                       std::string(name_of(step.kind)) + " (" + std::string(to_string(step.state));
    if (step.transaction != step.sequence) {
        text += ", in transaction " + std::to_string(step.transaction.value);
    }
    text += "): " + step.change;
    if (!step.note.empty()) text += " [" + step.note + "]";
    if (!step.after_known) return text + "\n";
    return text + "\n    then: " + (step.after ? step.after_text : "no such row") + "\n";
}

}  // namespace

Explanation Replica::explain(const EntitySchema& entity, std::string_view id) const {
    const RowTable& table = impl_->table(entity);
    Explanation result;
    result.entity = entity.name;
    result.id = id;
    result.local = entity.local;
    impl_->read([&](Connection& connection, std::uint64_t) {
        const ScopeState state = *find_scope(connection, impl_->scope);
        const std::uint64_t generation = entity.local ? state.local_generation : state.generation;
        const auto row = table.find(connection, generation, id);
        if (row) {
            result.base = row_of(row->base_row());
            result.base_cursor = row->cursor;
            result.view = row_of(row->data);
        }
        bool there = static_cast<bool>(result.base);
        std::optional<Bytes> after = row ? row->base_row() : std::nullopt;
        bool known = true;
        for (const Sequence sequence :
             MutationQueue(state.key).concerning(connection, entity.name, id)) {
            const auto entry = MutationQueue(state.key).find(connection, sequence);
            Explanation::Step step;
            step.sequence = sequence;
            step.ticket = entry->ticket;
            step.kind = entry->kind;
            step.state = impl_->state_of(sequence);
            step.made_at = entry->made_at;
            step.transaction = entry->transaction;
            const Bytes payload = detail::payload_of(connection, *entry, state.generation);
            step.change = entry->kind == MutationKind::named
                              ? describe_call(impl_->schema, *entry, payload)
                              : detail::describe_payload(entity, entry->kind, payload);
            step.note = note_on(entry->kind, there);
            known = known && entry->kind != MutationKind::named;
            if (known) after = detail::predicted(entity, *entry, after, payload);
            step.after_known = known;
            if (known) step.after = row_of(after);
            result.pending.push_back(std::move(step));
        }
        if (!known) result.pending.back().after = result.view;
        if (!known) result.pending.back().after_known = true;
        result.rejected = Rejections(state.key).all(connection);
    });
    std::erase_if(result.rejected, [&](const RejectedMutation& record) {
        return record.entity != entity.name || record.key != id;
    });
    for (Explanation::Step& step : result.pending) {
        if (step.after) step.after_text = detail::describe_row(*entity.table, step.after);
    }
    if (result.base) result.base_text = detail::describe_row(*entity.table, result.base);
    if (result.view) result.view_text = detail::describe_row(*entity.table, result.view);
    return result;
}

std::string Explanation::text() const {
    std::string all = entity + " " + id + "\n";
    if (local) {
        all += "base: none, since this entity stays on the device\n";
    } else if (base) {
        all += "base, as of cursor " + std::to_string(base_cursor.value) + ": " + base_text + "\n";
    } else {
        all += "base: the server is not known to have such a row\n";
    }
    all += pending.empty() ? "pending: nothing\n" : "pending, in this order:\n";
    for (const Step& step : pending) all += line(step);
    for (const RejectedMutation& record : rejected) {
        all += "rejected (" + record.code + "): " + std::string(name_of(record.kind)) + ", " +
               record.reason + "\n";
    }
    if (!view) return all + "view: no such row\n";
    const bool same = pending.empty();
    return all + "view" + (same ? ", which is the base: " : ": ") + view_text + "\n";
}

}  // namespace syncline
