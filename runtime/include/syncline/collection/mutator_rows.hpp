#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "syncline/base/clock.hpp"
#include "syncline/base/error.hpp"
#include "syncline/protocol/patch.hpp"
#include "syncline/protocol/row.hpp"
#include "syncline/protocol/row_access.hpp"

namespace syncline {

/// What generated `Rows` have in common: all that a named mutator may read and write, on a client
/// and at the server alike, so that one function can be its code on both sides.
///
/// Lives only during the call of the mutator. Thread-safety: none.
class MutatorRows {
public:
    explicit MutatorRows(RowAccess& access) : access_(&access) {}

    /// When the mutation was made, by the clock of the device that made it; at the server not later
    /// than the server's own clock.
    WallTime made_at() const { return access_->made_at(); }

    RowAccess& access() const { return *access_; }

private:
    RowAccess* access_;
};

/// The rows of one entity, as a mutator sees them; `E` is the generated handle. Reads see the
/// writes before them.
template <class E>
class EntityRows {
public:
    using View = typename E::View;
    using Draft = typename E::Draft;
    using Patch = typename E::Patch;

    explicit EntityRows(RowAccess& access) : access_(&access) {}

    /// The row, or nothing.
    std::optional<View> find(std::string_view id) const {
        if (std::optional<Row> row = access_->find(name(), id)) return View(std::move(*row));
        return std::nullopt;
    }

    /// Throws: `NotFound`.
    View get(std::string_view id) const {
        if (std::optional<View> view = find(id)) return std::move(*view);
        throw NotFound("there is no " + std::string(name()) + " '" + std::string(id) + "'");
    }

    bool has(std::string_view id) const { return access_->find(name(), id).has_value(); }

    /// Adds a row. The draft must have its id, best taken from the mutation's arguments: one that
    /// was made here would be another each time the mutator runs.
    /// Throws: `InvalidArgument` without an id; an `Error` if a row has that id already.
    void create(const Draft& draft) const {
        if (draft.key().empty()) {
            throw InvalidArgument("a mutator cannot make an id for a new " + std::string(name()) +
                                  ": take it from the arguments (App::new_id() makes one)");
        }
        access_->create(name(), row_of(draft, draft.key()));
    }

    /// Changes the fields that `patch` names. Throws: `NotFound`.
    void update(std::string_view id, const Patch& patch) const {
        get(id);
        PatchBuilder builder(E::schema());
        patch.write(builder);
        if (!builder.empty()) access_->update(name(), id, builder.finish());
    }

    /// Makes the row be `draft`, whether it exists or not; the draft's own id is not used.
    void set(std::string_view id, const Draft& draft) const {
        const Bytes row = row_of(draft, id);
        if (!has(id)) return access_->create(name(), row);
        access_->update(name(), id, assign_all(E::schema(), RowView(row)));
    }

    /// Returns whether there was such a row.
    bool remove(std::string_view id) const { return access_->remove(name(), id); }

private:
    static std::string_view name() { return E::schema().name; }

    Bytes row_of(const Draft& draft, std::string_view id) const {
        RowBuilder row(*E::schema().table);
        draft.write(row);
        row.string(E::schema().key, id);
        stamp(E::schema(), row, access_->made_at());
        return row.finish();
    }

    RowAccess* access_;
};

}  // namespace syncline
