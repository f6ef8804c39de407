#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "syncline/base/random.hpp"
#include "syncline/server/authority.hpp"
#include "syncline/storage/database.hpp"

namespace syncline::server {

/// An authority in one SQLite file. Writers of all scopes take turns; readers wait for nobody.
///
/// Thread-safety: any thread. A reader or writer stays on the thread that began it.
class SqliteAuthority final : public Authority {
public:
    /// Opens `path` or makes it, with a new epoch from `random`; an empty path: in memory.
    /// `vfs` as in `DatabaseOptions`. Throws: `StorageError` as `Database`.
    SqliteAuthority(const std::filesystem::path& path, Durability durability, Random random,
                    const std::string& vfs = {});
    ~SqliteAuthority() override;

    Epoch epoch() const override;
    std::vector<EntityNumber> register_entities(
        const std::vector<std::string_view>& names) override;
    std::unique_ptr<ScopeReader> begin_read(std::string_view scope) override;
    std::unique_ptr<ScopeWriter> begin_write(std::string_view scope) override;
    std::vector<std::string> scopes() override;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace syncline::server
