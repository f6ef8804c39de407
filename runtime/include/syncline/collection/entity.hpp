#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "syncline/collection/field.hpp"
#include "syncline/collection/model.hpp"
#include "syncline/collection/put.hpp"

namespace syncline {

/// What generated handles (`Todo`) have in common: the name of a row, which may exist or not. Reads
/// and writes go to the database each time; a handle holds no data and never goes stale.
///
/// Reads are tracked inside effects and computeds: an accessor of one field re-runs them when that
/// field changes, and not otherwise. Every write is durable when it returns, unless it is part of a
/// transaction. Writing through a `const` handle is meant: it is the row that changes.
///
/// A value: copies name the same row. It must not outlive its client. Thread-safety: any thread.
template <class ViewT, class DraftT, class PatchT>
class Entity {
public:
    using View = ViewT;
    using Draft = DraftT;
    using Patch = PatchT;

    Entity(Model& model, std::string id) : model_(&model), id_(std::move(id)) {}

    static const EntitySchema& schema() { return View::schema(); }

    const std::string& id() const { return id_; }

    /// The row as it is now, or nothing. Tracks all of its fields.
    std::optional<View> get() const {
        if (std::optional<Row> row = model_->get(schema(), id_)) return View(std::move(*row));
        return std::nullopt;
    }

    bool exists() const { return model_->exists(schema(), id_); }

    /// Whether changes of this row wait for the server.
    bool pending() const { return model_->is_pending(schema(), id_); }

    /// Changes the fields that `patch` names, as one mutation. An empty patch changes nothing.
    /// Throws: `NotFound` if there is no such row, and as `Model` says.
    MutationTicket update(const Patch& patch) const {
        PatchBuilder builder(schema());
        patch.write(builder);
        return model_->update(schema(), id_, builder);
    }

    /// Makes the row be `draft`, whether it exists or not; the draft's own id is not used.
    MutationTicket set(const Draft& draft) const {
        RowBuilder row(*schema().table);
        draft.write(row);
        return model_->put(schema(), id_, row);
    }

    /// Returns whether there was such a row.
    bool remove() const { return model_->remove(schema(), id_); }

    /// Whether both name the same row.
    friend bool operator==(const Entity& a, const Entity& b) {
        return a.model_ == b.model_ && a.id_ == b.id_;
    }

protected:
    Model& model() const { return *model_; }

    /// The row, tracked by one field. Throws: `NotFound`.
    template <class E, class T, FieldId kId, bool kIndexed>
    View at(Field<E, T, kId, kIndexed>) const {
        return View(model_->field(schema(), id_, kId));
    }

    template <class E, class T, FieldId kId, bool kIndexed, class Value>
    MutationTicket assign(Field<E, T, kId, kIndexed>, const Value& value) const {
        return patch(
            [&](PatchBuilder& patch) { detail::write_value(patch.assign(kId), kId, value); });
    }

    template <class E, class T, FieldId kId, bool kIndexed>
    MutationTicket clear(Field<E, T, kId, kIndexed>) const {
        return patch([&](PatchBuilder& patch) { patch.assign(kId); });
    }

    /// Adds to a counter.
    template <class E, class T, FieldId kId, bool kIndexed>
    MutationTicket add(Field<E, T, kId, kIndexed> field, T amount) const {
        return patch([&](PatchBuilder& patch) {
            put(patch, field, CounterChange<T>(syncline::add(amount)));
        });
    }

    /// Adds elements to a set, or takes them out; an unknown one is not an error.
    template <class E, class T, FieldId kId, bool kIndexed>
    MutationTicket insert(Field<E, std::vector<T>, kId, kIndexed> field,
                          const std::vector<T>& elements) const {
        return patch([&](PatchBuilder& patch) {
            put(patch, field, SetChange<T>(syncline::insert(elements)));
        });
    }
    template <class E, class T, FieldId kId, bool kIndexed>
    MutationTicket erase(Field<E, std::vector<T>, kId, kIndexed> field,
                         const std::vector<T>& elements) const {
        return patch([&](PatchBuilder& patch) {
            put(patch, field, SetChange<T>(syncline::erase(elements)));
        });
    }

    /// The handle of the row that a reference names.
    template <class Target>
    std::optional<Target> follow(std::optional<std::string> id) const {
        if (!id) return std::nullopt;
        return Target(*model_, std::move(*id));
    }

private:
    template <class Fill>
    MutationTicket patch(const Fill& fill) const {
        PatchBuilder builder(schema());
        fill(builder);
        return model_->update(schema(), id_, builder);
    }

    Model* model_;
    std::string id_;
};

}  // namespace syncline
