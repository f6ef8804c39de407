#include <array>
#include <boost/test/unit_test.hpp>

#include "replica_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

// The same notes for an application that queries by title too.
std::array<FieldSchema, 11> with_indexed_title() {
    std::array<FieldSchema, 11> fields = note::kFields;
    fields[1].indexed = true;
    fields[10].indexed = false;
    return fields;
}
const std::array<FieldSchema, 11> kIndexedFields = with_indexed_title();
const TableSchema kIndexedTable{"Note", kIndexedFields};
const std::array<EntitySchema, 2> kIndexedEntities{
    EntitySchema{.name = "note", .table = &kIndexedTable, .key = note::kId}, kFolder};
const Schema kIndexed{kIndexedEntities};

const std::array<EntitySchema, 1> kFoldersOnlyEntities{kFolder};
const Schema kFoldersOnly{kFoldersOnlyEntities};

const std::array<EntitySchema, 2> kLocalEntities{
    EntitySchema{.name = "note", .table = &note::kTable, .key = note::kId, .local = true}, kFolder};
const Schema kLocal{kLocalEntities};

std::array<FieldSchema, 2> with_unique_name() {
    std::array<FieldSchema, 2> fields = folder::kFields;
    fields[1].unique = true;
    return fields;
}
const std::array<FieldSchema, 2> kUniqueFields = with_unique_name();
const TableSchema kUniqueTable{"Folder", kUniqueFields};
const std::array<EntitySchema, 1> kUniqueEntities{
    EntitySchema{.name = "folder", .table = &kUniqueTable, .key = folder::kId}};
const Schema kUnique{kUniqueEntities};

// An application from before notes had parents, the last field.
const TableSchema kWithoutParent{"Note", std::span(note::kFields).first<10>()};
const std::array<EntitySchema, 2> kOlderEntities{
    EntitySchema{.name = "note", .table = &kWithoutParent, .key = note::kId}, kFolder};
const Schema kOlder{kOlderEntities};

struct SchemaFixture : ReplicaFixture {
    SchemaFixture() : ReplicaFixture(false) {}
    void reopen_with(const Schema& schema) {
        replica.reset();
        open_replica(schema);
    }
    std::vector<std::string> select(const EntitySchema& entity, const StoreQuery& query) {
        std::vector<std::string> ids;
        replica->select(entity, query, [&](Row row) {
            ids.emplace_back(row.string(0));
            return true;
        });
        return ids;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(schema_change_tests, SchemaFixture)

BOOST_AUTO_TEST_CASE(a_new_index_is_filled_from_the_rows_that_are_there) {
    server_note("a", "milk");
    sync();
    create("b", "bread");
    reopen_with(kIndexed);
    StoreQuery query;
    query.where.push_back({note::kTitle, Condition::Op::equal, std::string("bread")});
    BOOST_TEST(select(kIndexedEntities[0], query) == std::vector<std::string>{"b"},
               boost::test_tools::per_element());
    query.where[0].field = note::kParent;
    BOOST_CHECK_THROW(select(kIndexedEntities[0], query), InvalidArgument);
    reopen_with(kSchema);
    query.where[0].value = std::string("none");
    BOOST_TEST(select(kNote, query).empty());
}

BOOST_AUTO_TEST_CASE(rows_of_an_unknown_entity_are_kept_until_it_is_known) {
    reopen_with(kFoldersOnly);
    server_note("a", "milk");
    server.put("folder", "f", folder_row("f", "x"));
    BOOST_TEST(pull() == PageOutcome::applied);
    server_note("a", "bread");
    server_note("b", "cream");
    server.remove("note", "b");
    BOOST_TEST(pull() == PageOutcome::applied);
    reopen_with(kSchema);
    BOOST_TEST(title("a") == "bread");
    BOOST_TEST(title("b") == "-");
    BOOST_TEST(pull() == PageOutcome::applied);
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_row_of_an_entity_are_not_learnt_as_one) {
    reopen_with(kFoldersOnly);
    server_note("good", "milk");
    server.put("note", "bad", Bytes(20, 0xFF));
    BOOST_TEST(pull() == PageOutcome::applied);
    reopen_with(kSchema);
    BOOST_TEST(replica->exists(kNote, "good"));
    BOOST_TEST(!replica->exists(kNote, "bad"));
}

BOOST_AUTO_TEST_CASE(what_is_pending_is_predicted_after_an_update_as_soon_as_its_mutator_is_known) {
    const auto bump = [](Replica& target, ByteView id) {
        target.update(*target.schema().find("note"), as_text(id), add_visits(10));
    };
    const auto visits = [&] {
        const EntitySchema& entity = *replica->schema().find("note");
        return replica->get(entity, "a")->scalar<std::int32_t>(note::kVisits, 0);
    };
    replica->set_mutator("bump", bump);
    server_note("a", "milk");
    sync();
    replica->mutate("bump", to_bytes(as_bytes("a")));
    reopen_with(kFoldersOnly);
    reopen_with(kSchema);
    reopen_with(kSchema);  // killed before the mutator was known
    replica->set_mutator("another", bump);
    BOOST_TEST(visits() == 0);
    replica->set_mutator("bump", bump);
    BOOST_TEST(visits() == 10);
    BOOST_TEST(state().pending == 1U);
}

BOOST_AUTO_TEST_CASE(an_entity_forgotten_and_learnt_again_keeps_rows_and_queue) {
    server_note("a", "milk");
    sync();
    create("mine", "bread");
    rename("a", "my milk");
    reopen_with(kFoldersOnly);
    BOOST_TEST(state().pending == 2U);
    server.put("note", "a", note_row({.id = "a", .title = "their milk", .visits = 3}));
    BOOST_TEST(pull() == PageOutcome::applied);
    const auto batch = replica->next_push({});
    BOOST_REQUIRE(batch);
    BOOST_TEST(RowView(batch->request.transactions[0].mutations[0].payload).string(note::kTitle) ==
               "bread");
    reopen_with(kSchema);
    BOOST_TEST(title("a") == "my milk");
    BOOST_TEST(title("mine") == "bread");
    BOOST_TEST(pending("mine"));
    sync();
    BOOST_TEST(server_title("a") == "my milk");
    BOOST_TEST(state().pending == 0U);
}

BOOST_AUTO_TEST_CASE(a_field_that_is_new_shows_after_an_update_in_a_row_with_something_pending) {
    reopen_with(kOlder);
    server.put("note", "a", note_row({.id = "a", .title = "milk", .parent = "f1"}));
    sync();
    replica->update(*replica->schema().find("note"), "a", patch_title("my milk"));
    reopen_with(kSchema);
    BOOST_TEST(title("a") == "my milk");
    BOOST_TEST(replica->get(kNote, "a")->string(note::kParent) == "f1");
    BOOST_TEST(state().pending == 1U);
}

BOOST_AUTO_TEST_CASE(local_rows_are_stored_and_never_queued) {
    reopen_with(kLocal);
    const EntitySchema& local = kLocalEntities[0];
    replica->create(local, note_row("a", "milk"));
    replica->update(local, "a", patch_title("bread"));
    BOOST_TEST(state().pending == 0U);
    BOOST_TEST(!replica->is_pending(local, "a"));
    BOOST_CHECK_THROW(replica->create(local, note_row("a", "x")), InvalidArgument);
    sync();
    replica->request_snapshot();
    sync();
    reopen_with(kLocal);
    BOOST_TEST(replica->get(local, "a")->string(note::kTitle) == "bread");
    replica->remove(local, "a");
    BOOST_TEST(!replica->exists(local, "a"));
}

BOOST_AUTO_TEST_CASE(a_unique_value_is_checked_where_it_is_written_not_where_it_is_pulled) {
    reopen_with(kUnique);
    const EntitySchema& entity = kUniqueEntities[0];
    replica->create(entity, folder_row("a", "work"));
    BOOST_CHECK_THROW(replica->create(entity, folder_row("b", "work")), InvalidArgument);
    replica->create(entity, folder_row("b", "home"));
    BOOST_CHECK_THROW(replica->update(entity, "b", patch_folder_name("work")), InvalidArgument);
    server.put("folder", "c", folder_row("c", "work"));
    BOOST_TEST(pull() == PageOutcome::applied);
    BOOST_TEST(replica->count(entity).rows == 3U);
}

BOOST_AUTO_TEST_CASE(scopes_in_one_file_do_not_see_each_other) {
    Replica other(*db, kSchema, "other", clock, Random(99));
    create("a", "milk");
    other.create(kNote, note_row("a", "bread"));
    BOOST_TEST(title("a") == "milk");
    BOOST_TEST(other.get(kNote, "a")->string(note::kTitle) == "bread");
    BOOST_TEST((other.sync_state().client != state().client));
    BOOST_TEST(other.sync_state().pending == 1U);
    sync();
    replica->request_snapshot();
    sync();
    BOOST_TEST(other.count(kNote).rows == 1U);
    BOOST_TEST(other.is_pending(kNote, "a"));
}

BOOST_AUTO_TEST_SUITE_END()
