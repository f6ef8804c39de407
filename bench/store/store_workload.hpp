#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/temporary_folder.hpp"
#include "support/test_schema.hpp"
#include "syncline/replica/replica.hpp"

namespace store_bench {

using namespace syncline;

struct Notes {
    std::vector<std::string> ids;
    std::vector<Bytes> rows;
};

/// Notes of about 300 bytes with time-ordered ids.
inline Notes make_notes(std::size_t count) {
    Random random(1);
    IdGenerator ids(SystemClock::instance(), random);
    Notes notes;
    const std::string title(200, 't');
    for (std::size_t i = 0; i < count; ++i) {
        notes.ids.push_back(ids.row_id());
        notes.rows.push_back(test::note_row({.id = notes.ids.back(),
                                             .title = title,
                                             .visits = static_cast<std::int32_t>(i),
                                             .created_at = 1'700'000'000'000'000,
                                             .updated_at = 1'700'000'000'000'000}));
    }
    return notes;
}

struct OpenReplica {
    explicit OpenReplica(const std::filesystem::path& path)
        : db(Replica::database_options(path, Durability::normal)),
          replica(db, test::kSchema, "scope", SystemClock::instance(), Random(2)) {}
    Database db;
    Replica replica;
};

/// The rows [from, to) as a page of a snapshot.
inline Page snapshot_page(const Notes& notes, std::size_t from, std::size_t to) {
    Page page;
    page.scope = "scope";
    page.epoch.low = 1;
    page.snapshot = true;
    page.to = Cursor{notes.ids.size()};
    page.more = to < notes.ids.size();
    if (page.more) page.continuation = as_bytes("next");
    for (std::size_t i = from; i < to; ++i) {
        page.rows.push_back({"note", notes.ids[i], Cursor{i + 1}, ByteView(notes.rows[i])});
    }
    return page;
}

}  // namespace store_bench
