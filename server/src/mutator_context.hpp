#pragma once

#include "row_rules.hpp"
#include "syncline/server/mutator.hpp"

namespace syncline::server {

/// Gives a mutator the rows of the running transaction.
class PlanContext final : public MutatorContext {
public:
    PlanContext(RowRules& rules, std::string_view scope, ClientId client, WallTime time)
        : rules_(rules), scope_(scope), client_(client), time_(time) {}

    const Schema& schema() const override { return rules_.catalog().schema(); }
    std::string_view scope() const override { return scope_; }
    ClientId client() const override { return client_; }
    WallTime now() const override { return rules_.now(); }
    WallTime made_at() const override { return time_; }

    std::optional<Row> find(std::string_view entity, std::string_view id) override;
    void create(std::string_view entity, ByteView row) override;
    void put(std::string_view entity, ByteView row) override;
    void update(std::string_view entity, std::string_view id, ByteView patch) override;
    bool remove(std::string_view entity, std::string_view id) override;

private:
    const CatalogEntry& entry(std::string_view entity);

    RowRules& rules_;
    std::string_view scope_;
    ClientId client_;
    WallTime time_;
};

}  // namespace syncline::server
