#include "syncline/protocol/schema.hpp"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <vector>

#include "every_type.hpp"
#include "support/test_schema.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

/// The fingerprint of the test schema, after `change` was made to field `id` of note.
std::uint64_t changed(FieldId id, const std::function<void(FieldSchema&)>& change) {
    std::vector<FieldSchema> fields(note::kFields.begin(), note::kFields.end());
    change(fields[id]);
    const TableSchema table{"Note", fields};
    EntitySchema entity = kNote;
    entity.table = &table;
    const std::vector<EntitySchema> entities{entity, kFolder};
    return fingerprint({entities});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schema_tests)

BOOST_AUTO_TEST_CASE(fields_are_found_by_id_also_where_ids_have_gaps) {
    for (const FieldSchema& field : every::kFields) {
        BOOST_TEST(every::kTable.find(field.id) == &field);
        BOOST_TEST(every::kTable.find(field.name) == &field);
    }
    BOOST_TEST(every::kTable.find(FieldId{5}) == nullptr);
    BOOST_TEST(every::kTable.find(FieldId{27}) == nullptr);
    BOOST_TEST(every::kTable.find("five") == nullptr);
    BOOST_TEST(TableSchema{}.find(FieldId{0}) == nullptr);
}

BOOST_AUTO_TEST_CASE(entities_are_found_by_name) {
    BOOST_TEST(kSchema.find("folder") == &kEntities[1]);
    BOOST_TEST(kSchema.find("Folder") == nullptr);
    BOOST_TEST(kSchema.find("note")->key_field().name == "id");
}

// Stored by clients and compared with the server's: it must never change.
BOOST_AUTO_TEST_CASE(the_fingerprint_of_the_test_schema_is_this) {
    BOOST_TEST(fingerprint(kSchema) == 1863449302761527974U);
}

BOOST_AUTO_TEST_CASE(whatever_decides_reading_or_merging_changes_the_fingerprint) {
    const std::uint64_t before = fingerprint(kSchema);
    BOOST_TEST(changed(note::kBest, [](FieldSchema&) {}) == before);
    BOOST_TEST(changed(note::kBest, [](FieldSchema& f) { f.name = "top"; }) != before);
    BOOST_TEST(changed(note::kParent, [](FieldSchema& f) { f.id = 11; }) != before);
    BOOST_TEST(changed(note::kBest, [](FieldSchema& f) { f.type = FieldType::uint32; }) != before);
    BOOST_TEST(changed(note::kTags, [](FieldSchema& f) { f.element = FieldType::int8; }) != before);
    BOOST_TEST(changed(note::kBest, [](FieldSchema& f) { f.default_bits = 1; }) != before);
    BOOST_TEST(changed(note::kBest, [](FieldSchema& f) { f.optional = true; }) != before);
    BOOST_TEST(changed(note::kParent, [](FieldSchema& f) { f.required = true; }) != before);
    BOOST_TEST(changed(note::kBest, [](FieldSchema& f) { f.merge = MergePolicy::min; }) != before);
    BOOST_TEST(changed(note::kUpdatedAt, [](FieldSchema& f) { f.stamp = Stamp::none; }) != before);
}

BOOST_AUTO_TEST_CASE(what_only_the_client_cares_for_leaves_the_fingerprint_alone) {
    const std::uint64_t before = fingerprint(kSchema);
    BOOST_TEST(changed(note::kTitle, [](FieldSchema& f) { f.indexed = true; }) == before);
    BOOST_TEST(changed(note::kTitle, [](FieldSchema& f) { f.unique = true; }) == before);
    // A default is what its low bytes say, however the rest is filled.
    BOOST_TEST(changed(note::kPriority, [](FieldSchema& f) { f.default_bits = 0xFF00; }) == before);

    const std::array<EntitySchema, 2> turned{kFolder, kNote};
    BOOST_TEST(fingerprint({turned}) == before);
    EntitySchema local = kFolder;
    local.name = "draft";
    local.local = true;
    const std::array<EntitySchema, 3> with_local{kNote, kFolder, local};
    BOOST_TEST(fingerprint({with_local}) == before);
    EntitySchema merging = kFolder;
    merging.conflict = ConflictPolicy::merge;
    const std::array<EntitySchema, 2> other_policy{kNote, merging};
    BOOST_TEST(fingerprint({other_policy}) != before);
}

BOOST_AUTO_TEST_CASE(a_recursive_table_has_a_fingerprint) {
    const EntitySchema entity{.name = "every", .table = &every::kTable, .key = every::kId};
    BOOST_TEST(fingerprint({std::span(&entity, 1)}) != 0U);
}

BOOST_AUTO_TEST_SUITE_END()
