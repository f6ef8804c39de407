#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "syncline/base/error.hpp"
#include "syncline/collection/field.hpp"
#include "syncline/collection/live_query.hpp"
#include "syncline/collection/model.hpp"

namespace syncline {

/// A query over the key and the indexed fields of a collection, answered by the database's indexes:
///
///     app.places.query().where(PlaceFields::country == "DE")
///         .order_by(PlaceFields::population, descending).limit(10).all()
///
/// A value: every step gives a new query. Nothing runs before `all`, `first`, `count` or `live`.
/// Reading inside an effect or computed re-runs that when any row of the collection changes; `live`
/// is the way to follow a query closely.
template <class E>
class Query {
public:
    using View = typename E::View;

    explicit Query(Model& model) : model_(&model) {}

    /// Only rows that meet `condition` too.
    Query where(FieldCondition<E> condition) const {
        Query next = *this;
        next.query_.where.push_back(std::move(condition.condition));
        return next;
    }

    /// Default: by id, ascending.
    template <class T, FieldId kId, bool kIndexed>
    Query order_by(Field<E, T, kId, kIndexed>, Direction direction = ascending) const {
        static_assert(kIndexed,
                      "syncline: order_by() takes the key and indexed fields only: mark this field "
                      "(index) in the schema, or sort what find(predicate) returns");
        static_assert(!kIndexed || Field<E, T, kId, kIndexed>::ordered,
                      "syncline: this field's type has no order");
        Query next = *this;
        next.query_.order_by = kId;
        next.query_.descending = direction == descending;
        return next;
    }

    /// At most `rows`.
    Query limit(std::uint64_t rows) const {
        Query next = *this;
        next.query_.limit = rows;
        return next;
    }

    /// Without the first `rows`.
    Query offset(std::uint64_t rows) const {
        Query next = *this;
        next.query_.offset = rows;
        return next;
    }

    std::vector<View> all() const {
        std::vector<View> views;
        select(query_, [&](Row row) {
            views.emplace_back(std::move(row));
            return true;
        });
        return views;
    }

    std::optional<View> first() const {
        std::optional<View> view;
        StoreQuery one = query_;
        if (!one.limit || *one.limit > 1) one.limit = 1;
        select(one, [&](Row row) {
            view.emplace(std::move(row));
            return false;
        });
        return view;
    }

    /// Cost: O(rows counted).
    std::uint64_t count() const {
        std::uint64_t rows = 0;
        select(query_, [&](const Row&) {
            ++rows;
            return true;
        });
        return rows;
    }

    /// Keeps the answer current. Throws: `InvalidArgument` if the query has an offset.
    LiveQuery<E> live() const {
        if (query_.offset != 0) throw InvalidArgument("a live query cannot have an offset");
        return LiveQuery<E>(model_->live(
            E::schema(), {query_.where, {}, query_.order_by, query_.descending, query_.limit}));
    }

private:
    template <class Visit>
    void select(const StoreQuery& query, const Visit& visit) const {
        model_->select(E::schema(), query, visit);
    }

    Model* model_;
    StoreQuery query_;
};

}  // namespace syncline
