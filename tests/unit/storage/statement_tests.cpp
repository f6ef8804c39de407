#include "syncline/storage/statement.hpp"

#include <boost/test/unit_test.hpp>

#include "storage_fixture.hpp"

using syncline::Bytes;
using syncline::ByteView;
using syncline::StatementUse;

namespace {

struct StatementFixture : StorageFixture {
    syncline::Database db{options({})};
    syncline::WriteTransaction tx = db.begin_write();
    syncline::Connection& connection = tx.connection();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(statement_tests, StatementFixture)

BOOST_AUTO_TEST_CASE(values_come_back_as_they_were_bound) {
    const Bytes blob = {0, 1, 0, 255};
    StatementUse values(connection.prepare("SELECT ?, ?, ?, ?, ?"));
    values->bind(1, std::int64_t{-5}).bind(2, std::uint64_t{0} - 1).bind(3, 1.5);
    values->bind(4, std::string_view("a\0b", 3)).bind(5, ByteView(blob));
    BOOST_REQUIRE(values->step());
    BOOST_TEST(values->integer(0) == -5);
    BOOST_TEST(values->unsigned_integer(1) == std::uint64_t{0} - 1);
    BOOST_TEST(values->real(2) == 1.5);
    BOOST_TEST(values->text(3) == std::string_view("a\0b", 3));
    BOOST_TEST((syncline::to_bytes(values->blob(4)) == blob));
    BOOST_TEST(!values->step());
}

BOOST_AUTO_TEST_CASE(empty_values_are_not_null) {
    StatementUse values(connection.prepare("SELECT ?, ?, ?"));
    values->bind(1, std::string_view()).bind(2, ByteView()).bind_null(3);
    BOOST_REQUIRE(values->step());
    BOOST_TEST(!values->is_null(0));
    BOOST_TEST(!values->is_null(1));
    BOOST_TEST(values->is_null(2));
}

BOOST_AUTO_TEST_CASE(a_prepared_text_is_kept_and_comes_back_with_nothing_bound) {
    syncline::Statement& first = connection.prepare("SELECT ?1 IS NULL");
    first.bind(1, 5);
    first.step();
    BOOST_TEST(first.integer(0) == 0);
    syncline::Statement& second = connection.prepare("SELECT ?1 IS NULL");
    BOOST_TEST(&first == &second);
    second.step();
    BOOST_TEST(second.integer(0) == 1);
}

BOOST_AUTO_TEST_CASE(run_tells_how_many_rows_changed) {
    add(connection, "a");
    add(connection, "b");
    BOOST_TEST(connection.prepare("UPDATE word SET text = 'c'").run() == 2);
    BOOST_TEST(
        connection.prepare("INSERT INTO word (id) VALUES (1) ON CONFLICT DO NOTHING").run() == 0);
}

BOOST_AUTO_TEST_CASE(a_wrong_text_is_told_with_itself) {
    try {
        connection.prepare("SELECT nonsense");
        BOOST_FAIL("was taken");
    } catch (const syncline::StorageError& error) {
        BOOST_TEST(std::string(error.what()).find("nonsense") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_failed_statement_can_be_used_again) {
    const char* insert = "INSERT INTO word (id) VALUES (?)";
    connection.prepare(insert).bind(1, 1).run();
    BOOST_CHECK_THROW(connection.prepare(insert).bind(1, 1).run(), syncline::StorageError);
    BOOST_TEST(connection.prepare(insert).bind(1, 2).run() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
