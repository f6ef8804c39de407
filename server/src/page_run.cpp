#include "page_run.hpp"

#include <algorithm>
#include <string>

#include "syncline/server/refusal.hpp"

namespace syncline::server {
namespace {

// What a row takes in an encoded page beside its key and data.
constexpr std::size_t kRowOverhead = 56;

// Counting is for a progress bar; past this many rows nobody needs it exact.
constexpr std::uint64_t kCountMax = 1'000'000;

[[noreturn]] void refuse_old(const std::string& text) {
    throw RequestRefused(RequestError::cursor_too_old, text + "; resync from a snapshot");
}

std::string number(Cursor cursor) {
    return std::to_string(cursor.value);
}

}  // namespace

PageRun::PageRun(const Catalog& catalog, const Limits& limits, Epoch epoch, std::string_view scope,
                 ScopeReader& reader, Arena& arena)
    : catalog_(catalog),
      limits_(limits),
      epoch_(epoch),
      scope_(scope),
      reader_(reader),
      arena_(arena),
      state_(reader.state()) {}

void PageRun::check_base(Epoch epoch, Cursor cursor) const {
    if (epoch && epoch != epoch_) {
        throw RequestRefused(RequestError::epoch_changed,
                             "the server has another history than the client's; resync from a "
                             "snapshot");
    }
    if (cursor > state_.head) {
        refuse_old("cursor " + number(cursor) + " is beyond the head, " + number(state_.head));
    }
    if (cursor < state_.purged_below) {
        refuse_old("deletes up to cursor " + number(state_.purged_below) + " are gone");
    }
}

Page PageRun::pull(const PullRequest& request, std::size_t bytes_max) {
    Continuation at = request.continuation.empty() ? first_page(request) : next_page(request);
    Page page = begin(at);
    page.more = fill(page, at, bytes_max, true);
    if (page.more) {
        if (at.rows_total == 0) at.rows_total = reader_.count_after(at.base, kCountMax);
        page.rows_total = at.rows_total;
        keep_more(page, at);
    } else {
        page.rows_total = std::max<std::uint64_t>(at.rows_total, page.rows.size());
        finish(page, request.client, reader_.client(request.client), request.confirmed);
    }
    return page;
}

Continuation PageRun::first_page(const PullRequest& request) const {
    Continuation at;
    at.epoch = epoch_;
    at.snapshot = request.snapshot;
    at.start_head = state_.head;
    if (request.snapshot) {
        at.rows_total = state_.rows;
        return at;
    }
    check_base(request.epoch, request.cursor);
    at.base = request.cursor;
    at.after.cursor = request.cursor;
    if (request.cursor.value == 0) at.rows_total = state_.rows;
    return at;
}

Continuation PageRun::next_page(const PullRequest& request) const {
    const auto at = decode_continuation(request.continuation, scope_);
    if (!at || at->snapshot != request.snapshot ||
        (!request.snapshot && at->base != request.cursor)) {
        throw RequestRefused(RequestError::invalid_request,
                             "the continuation is not of this pull; begin it again");
    }
    check_base(at->epoch, request.snapshot ? at->start_head : at->base);
    if (at->after.cursor > state_.head) refuse_old("the pull had come further than the head is");
    return *at;
}

Page PageRun::begin(const Continuation& at) const {
    Page page;
    page.scope = scope_;
    page.epoch = epoch_;
    page.snapshot = at.snapshot;
    page.from = at.base;
    page.to = state_.head;
    return page;
}

bool PageRun::fill(Page& page, Continuation& at, std::size_t bytes_max, bool one_at_least) {
    std::size_t bytes = 0;
    bool more = false;
    reader_.scan(at.after, [&](const ScannedRow& row) {
        // A snapshot brings deletes only of what its earlier pages may have brought.
        const bool wanted =
            row.data.has_value() || !at.snapshot || row.position.cursor > at.start_head;
        if (wanted) {
            const std::size_t size =
                row.key.size() + kRowOverhead + (row.data ? row.data->size() : 0);
            const bool exempt = one_at_least && page.rows.empty();
            if (!exempt && bytes + size > bytes_max) {
                more = true;
                return false;
            }
            bytes += size;
            RowChange& change = page.rows.emplace_back();
            change.entity = row.entity;
            change.key = arena_.keep(row.key);
            change.cursor = row.position.cursor;
            if (row.data) change.data = arena_.keep(*row.data);
        }
        at.after = row.position;
        return true;
    });
    return more;
}

void PageRun::keep_more(Page& page, const Continuation& at) {
    page.more = true;
    page.continuation = arena_.keep(ByteView(encode(at, scope_)));
}

void PageRun::finish(Page& page, ClientId client, const ClientState& state, Sequence confirmed) {
    page.applied = state.last;
    page.applied_id = state.last_id;
    if (state.last > confirmed) {
        reader_.rejections(client, confirmed, state.last, [&](const Rejection& r) {
            page.rejections.push_back(
                {r.sequence, arena_.keep(r.code), arena_.keep(r.reason), arena_.keep(r.row)});
        });
    }
    for (const CatalogEntry& entry : catalog_.entries()) {
        page.hashes.push_back({entry.schema->name, reader_.tally(entry.number).hash});
    }
    page.limits = limits_;
}

Engine::Frame PageRun::frame(const FrameQuery& query, std::size_t bytes_max) {
    Engine::Frame frame;
    if (query.cursor < state_.purged_below || query.cursor > state_.head) {
        frame.too_old = true;
        return frame;
    }
    const ClientState client = reader_.client(query.client);
    if (state_.head <= query.cursor && client.last <= query.told) return frame;
    Continuation at;
    at.epoch = epoch_;
    at.start_head = state_.head;
    at.base = at.after.cursor = query.cursor;
    frame.page = begin(at);
    if (state_.head > query.cursor && fill(*frame.page, at, bytes_max, false)) {
        frame.page->rows.clear();
        at.after = {query.cursor, 0};
        at.rows_total = reader_.count_after(query.cursor, kCountMax);
        frame.page->rows_total = at.rows_total;
        keep_more(*frame.page, at);
        return frame;
    }
    frame.page->rows_total = frame.page->rows.size();
    finish(*frame.page, query.client, client, query.confirmed);
    return frame;
}

}  // namespace syncline::server
