#include "syncline/store/row_table.hpp"

#include <array>
#include <boost/test/unit_test.hpp>

#include "support/test_schema.hpp"
#include "syncline/base/error.hpp"
#include "syncline/protocol/row.hpp"
#include "syncline/store/row_indexes.hpp"
#include "syncline/store/scope_state.hpp"
#include "syncline/store/store_format.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

enum : FieldId { kId, kName, kSize, kWeight, kFlag };
constexpr std::array<FieldSchema, 5> kFields{{
    {.name = "id", .id = kId, .type = FieldType::string, .required = true, .key = true},
    {.name = "name", .id = kName, .type = FieldType::string, .indexed = true},
    {.name = "size", .id = kSize, .type = FieldType::int32, .indexed = true},
    {.name = "weight",
     .id = kWeight,
     .type = FieldType::float64,
     .optional = true,
     .indexed = true},
    {.name = "flag", .id = kFlag, .type = FieldType::boolean},
}};
constexpr TableSchema kTable{"Thing", kFields};
constexpr std::array<EntitySchema, 1> kEntities{
    EntitySchema{.name = "thing", .table = &kTable, .key = kId}};
constexpr Schema kThings{kEntities};

DatabaseOptions in_memory() {
    DatabaseOptions options;
    options.create = [](Connection& connection) { create_store_tables(connection); };
    return options;
}

struct RowTableFixture {
    RowTableFixture() {
        prepare_row_tables(connection, kThings);
        while (make_row_index(connection, kThings)) {
        }
        scope = open_scope(connection, "scope", ClientId{});
    }

    void add(std::string_view id, std::string_view name, std::int32_t size,
             std::optional<double> weight = {}) {
        RowBuilder builder(kTable);
        builder.string(kId, id).string(kName, name).scalar(kSize, size);
        if (weight) builder.scalar(kWeight, *weight);
        const Bytes row = builder.finish();
        NewRow fresh;
        fresh.id = id;
        fresh.cursor = Cursor{1};
        fresh.data = row;
        BOOST_REQUIRE(table.insert(connection, scope.generation, fresh));
    }

    std::string ids(const StoreQuery& query) {
        std::string result;
        table.select(connection, scope.key, query, 0, [&](ByteView row) {
            if (!result.empty()) result += ' ';
            result += RowView(row).string(kId);
            return true;
        });
        return result;
    }
    static StoreQuery where(FieldId field, Condition::Op op, QueryValue value) {
        StoreQuery query;
        query.where.push_back({field, op, std::move(value)});
        return query;
    }

    Database db{in_memory()};
    WriteTransaction tx = db.begin_write();
    Connection& connection = tx.connection();
    RowTable table{kEntities[0]};
    ScopeState scope;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(row_table_tests, RowTableFixture)

BOOST_AUTO_TEST_CASE(a_row_is_found_as_it_was_put) {
    add("a", "apple", 3);
    auto row = table.find(connection, scope.generation, "a");
    BOOST_REQUIRE(row);
    row->pending = 2;
    row->base = row->data;
    row->data.reset();
    row->create = Sequence{7};
    table.put(connection, scope.generation, "a", *row);
    const auto again = table.find(connection, scope.generation, "a");
    BOOST_TEST(again->pending == 2U);
    BOOST_TEST(!again->data);
    BOOST_TEST((again->base == row->base));
    BOOST_TEST((again->create == Sequence{7}));
    BOOST_TEST(!table.in_view(connection, scope.key, "a"));
    BOOST_TEST(table.is_pending(connection, scope.key, "a"));
    BOOST_TEST(table.count(connection, scope.key) == 0U);
    table.erase(connection, scope.generation, "a");
    BOOST_TEST(!table.find(connection, scope.generation, "a"));
}

BOOST_AUTO_TEST_CASE(the_same_id_is_not_inserted_twice) {
    add("a", "apple", 3);
    NewRow again;
    again.id = "a";
    const auto row = table.find(connection, scope.generation, "a");
    again.data = *row->data;
    BOOST_TEST(!table.insert(connection, scope.generation, again));
    BOOST_TEST(table.insert(connection, scope.generation + 1, again));
    BOOST_TEST(table.count(connection, scope.key) == 1U);
}

BOOST_AUTO_TEST_CASE(conditions_select_rows) {
    add("a", "apple", 3, 1.5);
    add("b", "apricot", -1, 2.5);
    add("c", "banana", 0);
    using Op = Condition::Op;
    BOOST_TEST(ids({}) == "a b c");
    BOOST_TEST(ids(where(kName, Op::equal, std::string("banana"))) == "c");
    BOOST_TEST(ids(where(kName, Op::starts_with, std::string("ap"))) == "a b");
    BOOST_TEST(ids(where(kName, Op::starts_with, std::string(""))) == "a b c");
    BOOST_TEST(ids(where(kSize, Op::less, std::int64_t{0})) == "b");
    BOOST_TEST(ids(where(kSize, Op::less_equal, std::int64_t{0})) == "b c");
    BOOST_TEST(ids(where(kSize, Op::greater, std::int64_t{-1})) == "a c");
    BOOST_TEST(ids(where(kSize, Op::greater_equal, std::int64_t{3})) == "a");
    BOOST_TEST(ids(where(kWeight, Op::greater, 2.0)) == "b");
    BOOST_TEST(ids(where(kId, Op::greater, std::string("a"))) == "b c");
}

BOOST_AUTO_TEST_CASE(a_prefix_of_the_highest_characters_has_no_end) {
    add("a",
        "\xf4\x8f\xbf\xbf"
        "x",
        1);
    add("b", "z", 1);
    BOOST_TEST(ids(where(kName, Condition::Op::starts_with, std::string("\xf4\x8f\xbf\xbf"))) ==
               "a");
    BOOST_TEST(ids(where(kName, Condition::Op::starts_with, std::string("\xff\xff"))) == "");
}

BOOST_AUTO_TEST_CASE(rows_come_in_order_up_to_a_limit) {
    add("a", "x", 2);
    add("b", "y", 1);
    add("c", "z", 2);
    StoreQuery query;
    query.order_by = kSize;
    BOOST_TEST(ids(query) == "b a c");
    query.descending = true;
    BOOST_TEST(ids(query) == "a c b");
    query.limit = 2;
    BOOST_TEST(ids(query) == "a c");
    query.offset = 1;
    BOOST_TEST(ids(query) == "c b");
    query.limit.reset();
    BOOST_TEST(ids(query) == "c b");
    query = {};
    query.descending = true;
    BOOST_TEST(ids(query) == "c b a");
}

BOOST_AUTO_TEST_CASE(queries_that_cannot_be_answered_are_refused) {
    using Op = Condition::Op;
    BOOST_CHECK_THROW(ids(where(kFlag, Op::equal, std::int64_t{1})), InvalidArgument);
    BOOST_CHECK_THROW(ids(where(99, Op::equal, std::int64_t{1})), InvalidArgument);
    BOOST_CHECK_THROW(ids(where(kName, Op::equal, std::int64_t{1})), InvalidArgument);
    BOOST_CHECK_THROW(ids(where(kSize, Op::starts_with, std::string("1"))), InvalidArgument);
    StoreQuery query;
    query.order_by = kFlag;
    BOOST_CHECK_THROW(ids(query), InvalidArgument);
}

BOOST_AUTO_TEST_CASE(a_query_by_an_indexed_field_uses_its_index) {
    StatementUse plan(connection.prepare(
        "EXPLAIN QUERY PLAN SELECT data FROM row_thing WHERE generation ="
        " (SELECT generation FROM scope WHERE key = 1) AND data IS NOT NULL AND f2 > 5"));
    BOOST_REQUIRE(plan->step());
    BOOST_TEST(plan->text(3).find("row_thing_f2") != std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(an_abandoned_generation_is_swept_in_slices) {
    for (int i = 0; i < 25; ++i) add(std::to_string(i), "x", i);
    abandon_generation(connection, scope.generation);
    BOOST_TEST(sweep_abandoned(connection, 10));
    BOOST_TEST(table.count(connection, scope.key) == 15U);
    while (sweep_abandoned(connection, 10)) {
    }
    BOOST_TEST(table.count(connection, scope.key) == 0U);
    BOOST_TEST(!has_abandoned(connection));
}

BOOST_AUTO_TEST_CASE(a_scope_comes_back_as_it_was_saved) {
    scope.epoch.low = 5;
    scope.cursor = Cursor{9};
    scope.wants_snapshot = true;
    scope.floor = Sequence{3};
    scope.floor_id = MutationId{~std::uint64_t{0}};
    scope.staging.active = scope.staging.snapshot = true;
    scope.staging.continuation = {1, 2, 3};
    scope.staging.rows = 17;
    save_scope(connection, scope);
    BOOST_TEST((*find_scope(connection, "scope") == scope));
    scope.staging = {};
    scope.cursor.reset();
    save_scope(connection, scope);
    BOOST_TEST((*find_scope(connection, "scope") == scope));
    BOOST_TEST(!find_scope(connection, "other"));
}

BOOST_AUTO_TEST_SUITE_END()
