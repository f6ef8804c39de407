#include "staging.hpp"

#include <algorithm>

#include "rebase.hpp"
#include "syncline/store/base_hashes.hpp"
#include "syncline/store/row_indexes.hpp"
#include "syncline/store/staged_rows.hpp"
#include "syncline/store/store_format.hpp"
#include "syncline/store/unknown_rows.hpp"

namespace syncline::detail {
namespace {

// Writes rows of a snapshot into their generation, where no view changes.
class SnapshotWriter {
public:
    explicit SnapshotWriter(Work& work)
        : work_(work),
          generation_(work.state.staging.generation),
          hashes_(work.connection, generation_) {}

    void put(const RowChange& change) {
        if (const RowTable* table = work_.replica.find_table(change.entity)) {
            put_known(*table, change);
        } else {
            put_unknown_row(change);
        }
    }

    void save() { hashes_.save(work_.connection); }

private:
    void put_known(const RowTable& table, const RowChange& change) {
        NewRow row;
        row.id = change.key;
        row.cursor = change.cursor;
        if (change.data) {
            row.data = *change.data;
            if (table.insert(work_.connection, generation_, row)) {
                return hashes_.add(change.entity, change.key, row.data);
            }
        }
        // It came before: the scope changed while it was sent, or a page came twice.
        const auto old = table.find(work_.connection, generation_, change.key);
        if (!old || old->cursor > change.cursor) return;
        hashes_.remove(change.entity, change.key, *old->data);
        table.erase(work_.connection, generation_, change.key);
        if (!change.data) return;
        table.insert(work_.connection, generation_, row);
        hashes_.add(change.entity, change.key, row.data);
    }

    void put_unknown_row(const RowChange& change) {
        const auto old = find_unknown(work_.connection, generation_, change.entity, change.key);
        if (old && old->cursor > change.cursor) return;
        if (old) hashes_.remove(change.entity, change.key, old->data);
        if (!change.data) {
            return erase_unknown(work_.connection, generation_, change.entity, change.key);
        }
        hashes_.add(change.entity, change.key, *change.data);
        put_unknown(work_.connection, generation_, change.entity, change.key, change.cursor,
                    *change.data);
    }

    Work& work_;
    std::uint64_t generation_;
    BaseHashes hashes_;
};

// Only on an empty base: what another snapshot left there, cut short by a new history, must stay
// whole until all of the next one is there to take its place.
bool shows_first(Work& work) {
    if (!work.replica.shows_first_sync || work.state.cursor) return false;
    return BaseHashes(work.connection, work.state.generation).empty();
}

// An application may have made this many rows of an entity before its first sync, which queries
// then go through one by one until it is done.
constexpr std::size_t kRowsWithoutIndex = 1'000;

// Rows come in the order of their ids, so that without other indexes a page is written to the ends
// of its tables, whereas with them it changes pages all over the file.
void begin_first_sync(Work& work) {
    if (work.state.cursor) return;
    drop_row_indexes(work.connection, work.replica.schema, kRowsWithoutIndex);
    work.replica.lacks_indexes = lacks_row_indexes(work.connection, work.replica.schema);
}

void begin_staging(Work& work, const Page& page) {
    drop_staging(work);
    StagingState& staging = work.state.staging;
    staging.active = true;
    staging.snapshot = page.snapshot;
    staging.epoch = page.epoch;
    if (!page.snapshot) return;
    if (page.more) begin_first_sync(work);
    staging.generation =
        shows_first(work) ? work.state.generation : take_generation(work.connection);
}

}  // namespace

void prepare_staging(Work& work, const Page& page) {
    const StagingState& staging = work.state.staging;
    if (!staging.active || staging.snapshot != page.snapshot) begin_staging(work, page);
}

void stage_rows(Work& work, const Page& page) {
    ++work.writes;
    if (!page.snapshot) {
        for (const RowChange& change : page.rows) {
            stage_row(work.connection, work.state.key, change);
        }
        return;
    }
    if (work.state.shows_staging()) {
        Rebase rebase(work);
        for (const RowChange& change : page.rows) rebase.change(change);
        return rebase.finish();
    }
    SnapshotWriter writer(work);
    for (const RowChange& change : page.rows) writer.put(change);
    writer.save();
}

void stage_page(Work& work, const Page& page) {
    prepare_staging(work, page);
    StagingState& staging = work.state.staging;
    stage_rows(work, page);
    staging.head = std::max(staging.head, page.to);
    staging.continuation = to_bytes(page.continuation);
    staging.rows += page.rows.size();
    for (const RowChange& change : page.rows) {
        staging.bytes += change.key.size() + (change.data ? change.data->size() : 0);
    }
    staging.rows_total = std::max(page.rows_total, staging.rows);
    // A server that does not say the one must not be taken to have said the other.
    if (page.bytes_total != 0) staging.bytes_total = std::max(page.bytes_total, staging.bytes);
    staging.priority = page.priority;
}

void drop_staging(Work& work) {
    StagingState& staging = work.state.staging;
    if (!staging.active) return;
    ++work.writes;
    // What was shown stays, as the base that the next snapshot replaces.
    if (staging.snapshot && staging.generation != work.state.generation) {
        abandon_generation(work.connection, staging.generation);
        work.replica.has_abandoned = true;
    } else if (!staging.snapshot) {
        drop_staged(work.connection, work.state.key);
    }
    staging = StagingState{};
}

}  // namespace syncline::detail
