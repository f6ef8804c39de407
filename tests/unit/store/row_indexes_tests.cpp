#include "syncline/store/row_indexes.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "support/test_schema.hpp"
#include "syncline/store/row_table.hpp"
#include "syncline/store/store_format.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

std::array<FieldSchema, 2> with_unique_name() {
    std::array<FieldSchema, 2> fields = folder::kFields;
    fields[1].unique = true;
    return fields;
}
const std::array<FieldSchema, 2> kUniqueFields = with_unique_name();
const TableSchema kUniqueTable{"Folder", kUniqueFields};
const std::array<EntitySchema, 3> kThreeEntities{
    kNote,
    EntitySchema{.name = "folder", .table = &kUniqueTable, .key = folder::kId},
    EntitySchema{.name = "draft", .table = &note::kTable, .key = note::kId, .local = true},
};
const Schema kThree{kThreeEntities};

DatabaseOptions in_memory() {
    DatabaseOptions options;
    options.create = [](Connection& connection) { create_store_tables(connection); };
    return options;
}

struct IndexFixture {
    IndexFixture() {
        prepare_row_tables(connection, kThree);
        make_all();
    }

    int make_all() {
        int made = 0;
        while (make_row_index(connection, kThree)) ++made;
        return made;
    }
    void add_notes(int count) {
        for (int i = 0; i < count; ++i) {
            const std::string id = std::to_string(i);
            const Bytes data = note_row({.id = id, .title = "t", .parent = "p"});
            NewRow row;
            row.id = id;
            row.data = data;
            BOOST_REQUIRE(notes.insert(connection, 1, row));
        }
    }
    std::set<std::string> indexes() {
        std::set<std::string> names;
        StatementUse index(connection.prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name LIKE 'row_%'"
            " AND sql IS NOT NULL"));
        while (index->step()) names.emplace(index->text(0));
        return names;
    }

    Database db{in_memory()};
    WriteTransaction tx = db.begin_write();
    Connection& connection = tx.connection();
    RowTable notes{kThreeEntities[0]};
    const std::set<std::string> all{"row_note_f10", "row_folder_f1", "row_draft_f10"};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(row_indexes_tests, IndexFixture)

BOOST_AUTO_TEST_CASE(every_indexed_or_unique_field_has_an_index) {
    BOOST_TEST((indexes() == all));
    BOOST_TEST(!lacks_row_indexes(connection, kThree));
    BOOST_TEST(make_all() == 0);
}

BOOST_AUTO_TEST_CASE(only_synchronized_tables_with_few_rows_lose_theirs) {
    add_notes(11);
    drop_row_indexes(connection, kThree, 10);
    BOOST_TEST((indexes() == std::set<std::string>{"row_note_f10", "row_draft_f10"}));
    drop_row_indexes(connection, kThree, 11);
    BOOST_TEST((indexes() == std::set<std::string>{"row_draft_f10"}));
    BOOST_TEST(lacks_row_indexes(connection, kThree));
    drop_row_indexes(connection, kThree, 11);
}

BOOST_AUTO_TEST_CASE(each_missing_index_is_made_by_itself_with_all_rows) {
    drop_row_indexes(connection, kThree, 0);
    add_notes(50);
    BOOST_TEST(make_all() == 2);
    BOOST_TEST((indexes() == all));
    StatementUse rows(connection.prepare(
        "SELECT count(*) FROM row_note INDEXED BY row_note_f10 WHERE generation = 1 AND"
        " f10 = 'p'"));
    BOOST_REQUIRE(rows->step());
    BOOST_TEST(rows->integer(0) == 50);
}

BOOST_AUTO_TEST_CASE(an_index_that_this_schema_does_not_want_is_not_made) {
    drop_row_indexes(connection, kThree, 0);
    while (make_row_index(connection, kSchema)) {
    }
    BOOST_TEST(!lacks_row_indexes(connection, kSchema));
    BOOST_TEST((indexes() == std::set<std::string>{"row_note_f10", "row_draft_f10"}));
}

BOOST_AUTO_TEST_SUITE_END()
