// A first sync of many pages does without indexes until its rows are there. Whatever ends it, or
// cuts it short: queries find what they would find with indexes, and a replica with a cursor has
// them all.

#include <array>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "replica_fixture.hpp"
#include "syncline/store/store_format.hpp"
#include "syncline/testing/memory_disk.hpp"

using namespace syncline;
using namespace syncline::test;
using testing::DiskFault;
using testing::MemoryDisk;

namespace {

// Three indexes on notes, one of them unique.
std::array<FieldSchema, 11> with_indexes() {
    std::array<FieldSchema, 11> fields = note::kFields;
    fields[note::kTitle].unique = true;
    fields[note::kBest].indexed = true;
    return fields;
}
const std::array<FieldSchema, 11> kFields = with_indexes();
const TableSchema kTable{"Note", kFields};
const std::array<EntitySchema, 2> kIndexedEntities{
    EntitySchema{.name = "note", .table = &kTable, .key = note::kId}, kFolder};
const Schema kIndexed{kIndexedEntities};
const EntitySchema& kIndexedNote = kIndexedEntities[0];

using Names = std::set<std::string>;
const Names kAll{"row_note_f1", "row_note_f10", "row_note_f6"};
const Names kOfPlainSchema{"row_note_f10"};

struct FirstSyncFixture {
    FirstSyncFixture() { open(); }

    void open(const Schema& schema = kIndexed, std::string_view scope = "scope") {
        auto options = Replica::database_options("client", Durability::full);
        options.vfs = disk.vfs();
        db.emplace(std::move(options));
        replica.emplace(*db, schema, std::string(scope), clock, Random(++seed));
        replica->show_first_sync(shown);
    }
    void close() {
        replica.reset();
        db.reset();
    }
    void reopen(const Schema& schema = kIndexed, std::string_view scope = "scope") {
        close();
        disk.restart();
        open(schema, scope);
    }

    void fill_server(int rows) {
        for (int i = 0; i < rows; ++i) server_note(i, "t" + std::to_string(i));
    }
    void server_note(int number, std::string_view title) {
        const std::string id = "s" + std::to_string(number);
        server.put("note", id, note_row({.id = id, .title = title, .best = number % 5}));
    }
    MutationTicket create(std::string_view id, std::string_view title) {
        return replica->create(kIndexedNote, note_row({.id = id, .title = title, .best = 3}));
    }

    Owned<Page> next_page(std::size_t rows_max) {
        const SyncState now = replica->sync_state();
        PullRequest request;
        request.client = now.client;
        request.epoch = now.epoch;
        request.cursor = now.cursor.value_or(Cursor{});
        request.snapshot = now.staging ? now.staging_snapshot : !now.cursor;
        request.continuation = now.continuation;
        request.confirmed = now.confirmed;
        return server.pull(request, rows_max);
    }
    PageOutcome take_one_page(std::size_t rows_max = 4) {
        return replica->apply_page(next_page(rows_max).message).outcome;
    }
    PageOutcome pull(std::size_t rows_max = 4) {
        for (;;) {
            const PageOutcome outcome = take_one_page(rows_max);
            if (outcome != PageOutcome::staged) return outcome;
        }
    }

    Names indexes() {
        Names names;
        auto read = db->begin_read();
        StatementUse index(read.connection().prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'index' AND name LIKE 'row_%'"));
        while (index->step()) names.emplace(index->text(0));
        return names;
    }
    std::int64_t schema_version() {
        auto read = db->begin_read();
        StatementUse version(read.connection().prepare("PRAGMA schema_version"));
        version->step();
        return version->integer(0);
    }

    /// The ids that a query by an indexed field finds; and without one, by reading all rows.
    std::set<std::string> with_best(std::int64_t best) {
        StoreQuery query;
        query.where.push_back({note::kBest, Condition::Op::equal, best});
        std::set<std::string> ids;
        replica->select(kIndexedNote, query, [&](Row row) {
            ids.emplace(row.string(note::kId));
            return true;
        });
        return ids;
    }
    std::set<std::string> with_best_of_all(std::int64_t best) {
        std::set<std::string> ids;
        replica->select(kIndexedNote, {}, [&](Row row) {
            if (row.scalar<std::int32_t>(note::kBest, 0) == best) {
                ids.emplace(row.string(note::kId));
            }
            return true;
        });
        return ids;
    }

    /// What holds at every moment.
    void check() {
        for (int best = 0; best < 5; ++best) {
            BOOST_REQUIRE((with_best(best) == with_best_of_all(best)));
        }
        const SyncState now = replica->sync_state();
        if (!now.staging_snapshot || now.cursor) {
            BOOST_REQUIRE((indexes() == kAll));
        }
        auto read = db->begin_read();
        StatementUse sound(read.connection().prepare("PRAGMA integrity_check"));
        sound->step();
        BOOST_REQUIRE(sound->text(0) == "ok");
    }
    void check_equals_server() {
        std::size_t rows = 0;
        for (const auto& [key, row] : server.rows()) {
            if (!row.data) continue;
            ++rows;
            const auto here = replica->get(kIndexedNote, key.second);
            BOOST_REQUIRE(here.has_value());
            BOOST_REQUIRE(here->string(note::kTitle) == RowView(*row.data).string(note::kTitle));
        }
        BOOST_TEST(replica->count(kIndexedNote).rows == rows);
        BOOST_TEST((indexes() == kAll));
    }

    bool shown = false;
    MemoryDisk disk{5};
    SettableClock clock;
    std::uint64_t seed = 0;
    ModelServer server{kIndexed};
    std::optional<Database> db;
    std::optional<Replica> replica;
};

/// A first sync during which the disk fails once, at a write that is counted from its beginning.
class FailingSync : public FirstSyncFixture {
public:
    FailingSync(DiskFault fault, std::uint64_t at_write, bool is_shown)
        : fault_(fault), random_(at_write) {
        shown = is_shown;
        replica->show_first_sync(shown);
        fill_server(30);
        create("mine", "bread");
        disk.fail(fault, at_write);
    }

    /// Whether the fault came before the end.
    bool run() {
        bool failed = false;
        while (!replica->sync_state().cursor) {
            try {
                step();
                if (!disk.stopped()) check();
            } catch (const StorageError&) {
                BOOST_REQUIRE(!failed);
                failed = true;
            }
            if (failed || disk.stopped()) recover();
            check();
        }
        disk.make_room();
        finish();
        return failed;
    }

private:
    void step() {
        if (random_.below(3) == 0) {
            const std::string id = "d" + std::to_string(++tried_);
            create(id, id);
            written_.push_back(id);
        }
        if (random_.below(4) == 0) server_note(static_cast<int>(random_.below(30)), next_title());
        if (random_.below(8) == 0) server.remove("note", "s" + std::to_string(random_.below(30)));
        take_one_page(1 + random_.below(9));
    }
    std::string next_title() { return "u" + std::to_string(++titles_); }

    void recover() {
        if (disk.stopped()) reopen();
        disk.make_room();
    }

    // What was written is there, sent, and where the server has it, it is here.
    void finish() {
        for (const std::string& id : written_) BOOST_REQUIRE(replica->exists(kIndexedNote, id));
        while (const auto batch = replica->next_push({})) {
            replica->apply_outcomes(server.push(batch->request).message);
        }
        BOOST_REQUIRE(pull(100) == PageOutcome::applied);
        BOOST_TEST(replica->sync_state().pending == 0U);
        check_equals_server();
    }

    DiskFault fault_;
    Random random_;
    int tried_ = 0;
    std::vector<std::string> written_{"mine"};
    int titles_ = 0;
};

void fail_everywhere(DiskFault fault, bool shown) {
    bool failed = true;
    std::uint64_t writes = 0;
    while (failed) {
        BOOST_TEST_CONTEXT("write " << ++writes) {
            FailingSync sync(fault, writes, shown);
            failed = sync.run();
        }
    }
    BOOST_TEST(writes > 100U);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(first_sync_tests, FirstSyncFixture)

BOOST_AUTO_TEST_CASE(indexes_go_with_the_first_page_and_are_there_with_the_last) {
    fill_server(10);
    create("mine", "bread");
    BOOST_TEST((indexes() == kAll));
    BOOST_TEST(take_one_page() == PageOutcome::staged);
    BOOST_TEST(indexes().empty());
    BOOST_TEST((with_best(3) == std::set<std::string>{"mine"}));
    BOOST_TEST(pull() == PageOutcome::applied);
    BOOST_TEST((indexes() == kAll));
    BOOST_TEST((with_best(3) == std::set<std::string>{"mine", "s3", "s8"}));
}

BOOST_AUTO_TEST_CASE(a_first_sync_of_one_page_leaves_the_indexes_alone) {
    fill_server(10);
    const std::int64_t before = schema_version();
    BOOST_TEST(take_one_page(100) == PageOutcome::applied);
    BOOST_TEST(schema_version() == before);
}

BOOST_AUTO_TEST_CASE(a_table_with_many_rows_keeps_its_indexes) {
    fill_server(10);
    replica->transaction([&] {
        for (int i = 0; i <= 1'000; ++i) create("m" + std::to_string(i), "m" + std::to_string(i));
    });
    take_one_page();
    BOOST_TEST((indexes() == kAll));
    BOOST_TEST(pull() == PageOutcome::applied);
}

BOOST_AUTO_TEST_CASE(a_resync_keeps_the_indexes) {
    fill_server(10);
    pull();
    replica->request_snapshot();
    BOOST_TEST(take_one_page() == PageOutcome::staged);
    BOOST_TEST((indexes() == kAll));
}

BOOST_AUTO_TEST_CASE(what_is_shown_of_a_first_sync_is_found_by_queries) {
    replica->show_first_sync(true);
    fill_server(10);
    take_one_page();
    BOOST_TEST(indexes().empty());
    BOOST_TEST((with_best(3) == std::set<std::string>{"s3"}));
    BOOST_CHECK_THROW(create("mine", "t1"), InvalidArgument);  // the title is taken
    create("mine", "bread");
    BOOST_TEST((with_best(3) == std::set<std::string>{"mine", "s3"}));
    pull();
    BOOST_TEST((indexes() == kAll));
    BOOST_TEST((with_best(3) == std::set<std::string>{"mine", "s3", "s8"}));
}

BOOST_AUTO_TEST_CASE(a_first_sync_that_was_cut_short_goes_on_without_indexes) {
    fill_server(10);
    take_one_page();
    reopen();
    BOOST_TEST(indexes().empty());
    BOOST_TEST(pull() == PageOutcome::applied);
    BOOST_TEST((indexes() == kAll));
}

BOOST_AUTO_TEST_CASE(an_application_with_other_indexes_goes_on_with_it) {
    fill_server(10);
    take_one_page();
    reopen(kSchema);  // fewer
    take_one_page();
    reopen();
    BOOST_TEST(pull() == PageOutcome::applied);
    BOOST_TEST((indexes() == kAll));
    BOOST_TEST((with_best(3) == std::set<std::string>{"s3", "s8"}));
    reopen(kSchema);
    BOOST_TEST((indexes() == kOfPlainSchema));
    reopen();
    BOOST_TEST((indexes() == kAll));
    BOOST_TEST((with_best(3) == std::set<std::string>{"s3", "s8"}));
}

BOOST_AUTO_TEST_CASE(a_first_sync_that_begins_anew_ends_with_indexes) {
    fill_server(10);
    take_one_page();
    replica->request_snapshot();
    BOOST_TEST(take_one_page() == PageOutcome::staged);
    server.begin_epoch(true);
    BOOST_TEST(take_one_page() == PageOutcome::epoch_changed);
    BOOST_TEST(pull() == PageOutcome::applied);
    check();
    check_equals_server();
}

BOOST_AUTO_TEST_CASE(a_dropped_snapshot_has_its_indexes_again_when_the_file_is_opened) {
    fill_server(10);
    take_one_page();
    replica->request_snapshot();
    reopen();
    BOOST_TEST((indexes() == kAll));
}

BOOST_AUTO_TEST_CASE(changes_that_end_a_first_sync_bring_the_indexes) {
    fill_server(10);
    const auto all = server.changes(Cursor{}, replica->sync_state().client);
    take_one_page();
    BOOST_TEST(indexes().empty());
    BOOST_TEST(replica->apply_page(all.message).outcome == PageOutcome::applied);
    BOOST_TEST((indexes() == kAll));
}

BOOST_AUTO_TEST_CASE(another_scope_of_the_file_does_not_miss_them) {
    fill_server(10);
    take_one_page();
    reopen(kIndexed, "other");
    BOOST_TEST((indexes() == kAll));
    reopen();
    BOOST_TEST(pull() == PageOutcome::applied);
    check_equals_server();
}

BOOST_AUTO_TEST_CASE(others_write_between_the_last_page_and_its_indexes) {
    fill_server(10);
    take_one_page();
    take_one_page();
    // The writes of the last page, counted: a commit for its rows, one for each index, and one for
    // the cursor.
    const std::uint64_t before = db->version();
    BOOST_TEST(take_one_page() == PageOutcome::applied);
    BOOST_TEST(db->version() - before >= 2 + kAll.size());
}

BOOST_AUTO_TEST_CASE(a_first_sync_that_is_killed_at_any_write_goes_on) {
    fail_everywhere(DiskFault::killed, false);
}

BOOST_AUTO_TEST_CASE(one_that_is_shown_goes_on_too) {
    fail_everywhere(DiskFault::killed, true);
}

BOOST_AUTO_TEST_CASE(a_first_sync_survives_a_power_failure_at_any_write) {
    fail_everywhere(DiskFault::power_failure, false);
}

BOOST_AUTO_TEST_CASE(a_first_sync_survives_an_error_or_a_full_disk_at_any_write) {
    fail_everywhere(DiskFault::io_error, false);
    fail_everywhere(DiskFault::full, true);
}

BOOST_AUTO_TEST_SUITE_END()
