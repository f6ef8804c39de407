#pragma once

#include "syncline/protocol/row_access.hpp"
#include "syncline/replica/replica.hpp"

namespace syncline {

/// The rows of a replica's view, for a mutator that is predicted within a write of it.
class PredictedRows final : public RowAccess {
public:
    explicit PredictedRows(Replica& replica) : replica_(replica) {}

    WallTime made_at() const override { return replica_.write_time(); }
    std::optional<Row> find(std::string_view entity, std::string_view id) override;
    void create(std::string_view entity, ByteView row) override;
    void update(std::string_view entity, std::string_view id, ByteView patch) override;
    bool remove(std::string_view entity, std::string_view id) override;

private:
    const EntitySchema& schema(std::string_view entity) const;

    Replica& replica_;
};

}  // namespace syncline
