#include "predicted_rows.hpp"

#include <string>

#include "syncline/base/error.hpp"

namespace syncline {

const EntitySchema& PredictedRows::schema(std::string_view entity) const {
    const EntitySchema* found = replica_.schema().find(entity);
    if (found != nullptr && !found->local) return *found;
    throw InvalidArgument("there is no synchronized entity '" + std::string(entity) + "'");
}

std::optional<Row> PredictedRows::find(std::string_view entity, std::string_view id) {
    return replica_.get(schema(entity), id);
}

void PredictedRows::create(std::string_view entity, ByteView row) {
    replica_.create(schema(entity), to_bytes(row));
}

void PredictedRows::update(std::string_view entity, std::string_view id, ByteView patch) {
    replica_.update(schema(entity), id, to_bytes(patch));
}

bool PredictedRows::remove(std::string_view entity, std::string_view id) {
    return replica_.remove(schema(entity), id).has_value();
}

}  // namespace syncline
