#include "page_run.hpp"

#include <algorithm>
#include <string>

#include "stored_rows.hpp"
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
        keep_more(page, at);
    } else {
        page.rows_total = std::max<std::uint64_t>(at.rows_total, page.rows.size());
        page.bytes_total = at.bytes_total;
        // Outcomes of another history say nothing of this one's.
        const Sequence confirmed = request.epoch == epoch_ ? request.confirmed : Sequence{};
        finish(page, request.client, reader_.client(request.client), confirmed);
        compare(at);
    }
    return page;
}

Continuation PageRun::first_page(const PullRequest& request) {
    Continuation at;
    at.epoch = epoch_;
    at.snapshot = request.snapshot;
    at.start_head = state_.head;
    if (request.snapshot) {
        begin_snapshot(at);
        return at;
    }
    check_base(request.epoch, request.cursor);
    at.base = request.cursor;
    at.after.cursor = request.cursor;
    if (request.cursor.value == 0) at.rows_total = state_.rows;
    return at;
}

void PageRun::begin_snapshot(Continuation& at) {
    at.summed = true;
    for (const auto& [entity, tally] : reader_.tallies()) {
        at.rows_total += tally.rows;
        at.bytes_total += tally.bytes;
    }
    const std::vector<EntityNumber> entities = by_priority();
    if (entities.empty()) return;
    at.order = catalog_.order();
    at.entity = entities.front();
    at.after.cursor = at.start_head;
}

// Numbers are given for ever: within one priority the order stays when an entity comes.
std::vector<EntityNumber> PageRun::by_priority() {
    std::vector<EntityNumber> entities;
    for (const auto& [entity, tally] : reader_.tallies()) entities.push_back(entity);
    std::stable_sort(entities.begin(), entities.end(), [this](EntityNumber a, EntityNumber b) {
        return catalog_.priority(a) < catalog_.priority(b);
    });
    return entities;
}

Continuation PageRun::next_page(const PullRequest& request) const {
    const auto at = decode_continuation(request.continuation, scope_);
    if (!at || at->snapshot != request.snapshot ||
        (!request.snapshot && at->base != request.cursor)) {
        throw RequestRefused(RequestError::invalid_request,
                             "the continuation is not of this pull; begin it again");
    }
    check_base(at->epoch, request.snapshot ? at->start_head : at->base);
    if (at->entity != 0 && at->order != catalog_.order()) {
        refuse_old("the schema's priorities are others than when the snapshot began");
    }
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

// Of an entity that this schema lacks nothing is known; clients verify what they know.
void PageRun::know(const ScannedRow& row) {
    if (row.entity.data() == known_name_.data()) return;
    known_name_ = row.entity;
    known_ = catalog_.find(row.entity);
}

// Nothing was committed since the first page: each row was sent once, as it is.
void PageRun::compare(const Continuation& at) {
    if (!at.summed || at.start_head != state_.head) return;
    for (const CatalogEntry& entry : catalog_.entries()) {
        const auto found = at.sums.find(entry.number);
        const SetHash sum = found != at.sums.end() ? found->second : SetHash{};
        if (sum != reader_.tally(entry.number).hash) differing_.push_back(entry.schema->name);
    }
}

bool PageRun::take(Page& page, Continuation& at, const ScannedRow& row, std::size_t& room,
                   bool one_at_least) {
    const std::size_t size = row.key.size() + kRowOverhead + (row.data ? row.data->size() : 0);
    const bool exempt = one_at_least && page.rows.empty();
    if (!exempt && size > room) return false;
    know(row);
    if (known_ != nullptr && row.data) {
        verify_stored(*known_->schema, row.key, *row.data);
        if (at.summed) at.sums[known_->number].add(row.key, *row.data);
    }
    room -= std::min(room, size);
    RowChange& change = page.rows.emplace_back();
    change.entity = row.entity;
    change.key = arena_.keep(row.key);
    change.cursor = row.position.cursor;
    if (row.data) change.data = arena_.keep(*row.data);
    return true;
}

bool PageRun::fill(Page& page, Continuation& at, std::size_t bytes_max, bool one_at_least) {
    std::size_t room = bytes_max;
    if (at.entity != 0 && fill_by_priority(page, at, room)) return true;
    bool more = false;
    reader_.scan(at.after, [&](const ScannedRow& row) {
        // A snapshot brings deletes only of what its earlier pages may have brought.
        const bool wanted =
            row.data.has_value() || !at.snapshot || row.position.cursor > at.start_head;
        if (wanted && !take(page, at, row, room, one_at_least)) {
            more = true;
            return false;
        }
        at.after = row.position;
        return true;
    });
    return more;
}

// A row that changes meanwhile keeps its id, so none is stepped over; what is changed, made or
// deleted behind this place has a cursor beyond `start_head`, and comes at the end.
bool PageRun::fill_by_priority(Page& page, Continuation& at, std::size_t& room) {
    const std::vector<EntityNumber> entities = by_priority();
    auto entity = std::find(entities.begin(), entities.end(), at.entity);
    if (entity == entities.end()) refuse_old("the snapshot was at an entity that is not there");
    for (;;) {
        bool more = false;
        reader_.scan_entity(at.entity, std::string(at.key), [&](const ScannedRow& row) {
            if (row.data && !take(page, at, row, room, true)) {
                more = true;
                return false;
            }
            at.key = row.key;
            return true;
        });
        if (more) return true;
        at.key.clear();
        at.entity = ++entity == entities.end() ? 0 : *entity;
        if (at.entity == 0) return false;
    }
}

// Made with the first page: of a snapshot from what is counted, else from that page's rows.
void PageRun::estimate(Page& page, Continuation& at) {
    if (at.rows_total == 0) at.rows_total = reader_.count_after(at.base, kCountMax);
    if (at.bytes_total == 0 && !at.snapshot && !page.rows.empty()) {
        std::uint64_t bytes = 0;
        for (const RowChange& row : page.rows) {
            bytes += row.key.size() + (row.data ? row.data->size() : 0);
        }
        at.bytes_total = bytes * at.rows_total / page.rows.size();
    }
    page.rows_total = at.rows_total;
    page.bytes_total = at.bytes_total;
}

void PageRun::keep_more(Page& page, Continuation& at) {
    estimate(page, at);
    page.more = true;
    if (at.order != 0)
        page.priority = at.entity != 0 ? catalog_.priority(at.entity) : kPriorityMax + 1;
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
        keep_more(*frame.page, at);
        return frame;
    }
    frame.page->rows_total = frame.page->rows.size();
    finish(*frame.page, query.client, client, query.confirmed);
    return frame;
}

}  // namespace syncline::server
