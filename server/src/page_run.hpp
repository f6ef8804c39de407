#pragma once

#include <optional>
#include <vector>

#include "catalog.hpp"
#include "continuation.hpp"
#include "syncline/protocol/messages.hpp"
#include "syncline/server/arena.hpp"
#include "syncline/server/authority.hpp"
#include "syncline/server/engine.hpp"

namespace syncline::server {

/// Makes pages out of one state of one scope.
class PageRun {
public:
    /// All must outlive it; `arena` keeps what the pages point to.
    PageRun(const Catalog& catalog, const Limits& limits, Epoch epoch, std::string_view scope,
            ScopeReader& reader, Arena& arena);

    Cursor head() const { return state_.head; }

    /// Throws: `RequestRefused` if nothing can follow on `cursor` of history `epoch` (zero: not
    /// said).
    void check_base(Epoch epoch, Cursor cursor) const;

    /// The page that `request` asks for, of about `bytes_max` and of one row at least.
    Page pull(const PullRequest& request, std::size_t bytes_max);

    /// Entities of which the last page of a snapshot has shown that their rows are not those that
    /// their hash says. Not found: what differs while the scope changes, and what this schema
    /// lacks.
    const std::vector<std::string_view>& differing() const { return differing_; }

    /// See `Engine::frames`.
    Engine::Frame frame(const FrameQuery& query, std::size_t bytes_max);

private:
    Continuation first_page(const PullRequest& request);
    Continuation next_page(const PullRequest& request) const;
    Page begin(const Continuation& at) const;
    void begin_snapshot(Continuation& at);
    /// Takes rows until `bytes_max` are full; true: there are more. `one_at_least`: however long.
    bool fill(Page& page, Continuation& at, std::size_t bytes_max, bool one_at_least);
    /// The part of a snapshot that goes by priority.
    bool fill_by_priority(Page& page, Continuation& at, std::size_t& room);
    /// False: there is no room for it.
    bool take(Page& page, Continuation& at, const ScannedRow& row, std::size_t& room,
              bool one_at_least);
    void know(const ScannedRow& row);
    void compare(const Continuation& at);
    std::vector<EntityNumber> by_priority();
    void estimate(Page& page, Continuation& at);
    void finish(Page& page, ClientId client, const ClientState& state, Sequence confirmed);
    void keep_more(Page& page, Continuation& at);

    const Catalog& catalog_;
    const Limits& limits_;
    Epoch epoch_;
    std::string_view scope_;
    ScopeReader& reader_;
    Arena& arena_;
    ScopeState state_;
    std::string_view known_name_;  // of the entity last seen, and what is known of it
    const CatalogEntry* known_ = nullptr;
    std::vector<std::string_view> differing_;
};

}  // namespace syncline::server
