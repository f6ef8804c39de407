#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "syncline/collection/field.hpp"
#include "syncline/collection/live_query.hpp"
#include "syncline/collection/model.hpp"
#include "syncline/collection/query.hpp"

namespace syncline {

/// All rows of one entity. `E` is the generated handle: `Collection<todo::Todo>`.
///
/// Reading inside an effect or computed re-runs that when what was read changes: `has` that one
/// row, `count` the number of rows, all else any row of the collection.
///
/// A value that must not outlive its client. Thread-safety: any thread.
template <class E>
class Collection {
public:
    using View = typename E::View;
    using Draft = typename E::Draft;

    explicit Collection(Model& model) : model_(&model) {}

    static const EntitySchema& schema() { return E::schema(); }

    /// Adds a row, with a new time-ordered id if the draft has none. Durable when it returns,
    /// unless inside a transaction; needs no network.
    /// Throws: `InvalidArgument` if a row has that id already; `StorageError`; `InvalidState`
    /// inside a computed.
    E create(const Draft& draft) const {
        RowBuilder row(*schema().table);
        draft.write(row);
        return E(*model_, model_->create(schema(), draft.key(), row));
    }

    /// The handle of a row, which may exist or not. Reads nothing.
    E get(std::string_view id) const { return E(*model_, std::string(id)); }

    bool has(std::string_view id) const { return model_->exists(schema(), id); }

    /// Why the row reads as it does: its base, what waits for the server, and what comes of both.
    /// `explain(id).text()` is for people. Not tracked. Cost: O(queue).
    Explanation explain(std::string_view id) const { return model_->explain(schema(), id); }

    /// Cost: O(rows) the first time, constant after that (inside a transaction: O(rows)).
    std::uint64_t count() const { return model_->count(schema()); }

    /// All rows, by id.
    std::vector<View> all() const { return query().all(); }

    /// The rows for which `predicate(const View&)` holds, by id. It runs with no lock held.
    /// Cost: O(rows); see `query` for what indexes can answer.
    template <class Predicate>
    std::vector<View> find(Predicate predicate) const {
        std::vector<View> found;
        model_->select(schema(), {}, [&](Row row) {
            View view(std::move(row));
            if (predicate(std::as_const(view))) found.push_back(std::move(view));
            return true;
        });
        return found;
    }

    /// A query over the key and the indexed fields.
    Query<E> query() const { return Query<E>(*model_); }

    /// The rows for which `predicate` holds, by id, kept current. The predicate must depend on
    /// nothing but the row; it runs on whichever thread commits, with no lock held.
    template <class Predicate>
    LiveQuery<E> live(Predicate predicate) const {
        return make_live({{}, filter(std::move(predicate)), std::nullopt, false, std::nullopt});
    }

    /// As above, ordered by a field, which need not be indexed; ties by id.
    template <class Predicate, class T, FieldId kId, bool kIndexed>
    LiveQuery<E> live(Predicate predicate, Field<E, T, kId, kIndexed>,
                      Direction direction = ascending,
                      std::optional<std::uint64_t> limit = std::nullopt) const {
        static_assert(Field<E, T, kId, kIndexed>::ordered,
                      "syncline: this field's type has no order");
        return make_live({{}, filter(std::move(predicate)), kId, direction == descending, limit});
    }

private:
    template <class Predicate>
    static std::function<bool(const Row&)> filter(Predicate predicate) {
        return [predicate = std::move(predicate)](const Row& row) {
            const View view(row);
            return static_cast<bool>(predicate(view));
        };
    }

    LiveQuery<E> make_live(LiveSpec spec) const {
        return LiveQuery<E>(model_->live(schema(), std::move(spec)));
    }

    Model* model_;
};

}  // namespace syncline
