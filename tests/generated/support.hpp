#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "syncline/collection/generated.hpp"

/// The bytes of a row, checked as if they had come from outside.
template <class Draft>
syncline::Row row_of(const syncline::EntitySchema& entity, const Draft& draft,
                     std::string_view id = "id") {
    syncline::RowBuilder builder(*entity.table);
    draft.write(builder);
    builder.string(entity.key, id);
    syncline::Row row(builder.finish());
    if (const auto fault = syncline::verify_row(*entity.table, row.bytes())) {
        throw std::runtime_error("not a row: " + *fault);
    }
    return row;
}

/// What `patch` makes of `row`.
template <class Patch>
syncline::Row patched(const syncline::EntitySchema& entity, const syncline::Row& row,
                      const Patch& patch, syncline::WallTime time = {}) {
    syncline::PatchBuilder builder(entity);
    patch.write(builder);
    const syncline::Bytes bytes = builder.finish();
    if (const auto fault = syncline::verify_patch(entity, bytes)) {
        throw std::runtime_error("not a patch: " + *fault);
    }
    return syncline::Row(syncline::apply_patch(entity, row, bytes, time));
}
