#include <boost/test/unit_test.hpp>
#include <fstream>

#include <sys/wait.h>
#include <unistd.h>

#include "storage_fixture.hpp"

using syncline::Database;
using syncline::DatabaseOptions;
using syncline::ErrorCode;

namespace {

struct DatabaseFileFixture : StorageFixture {
    std::filesystem::path file = folder / "words.db";

    void make(int rows = 1) {
        Database db(options(file));
        for (int i = 0; i < rows; ++i) add_committed(db, std::string(1'000, 'x'));
    }

    /// Opening is refused with `code`, and the file has the same bytes as before.
    void check_refused(const DatabaseOptions& how, ErrorCode code) {
        const std::string before = file_content(file);
        BOOST_TEST(storage_error([&] { Database db(how); }) == code);
        BOOST_TEST((file_content(file) == before));
    }
};

boost::test_tools::assertion_result is_not_root(boost::unit_test::test_unit_id) {
    return ::geteuid() != 0;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(database_file_tests, DatabaseFileFixture)

BOOST_AUTO_TEST_CASE(an_empty_file_becomes_a_database) {
    write_file_content(file, "");
    make();
    BOOST_TEST(count(*std::make_unique<Database>(options(file))) == 1);
}

BOOST_AUTO_TEST_CASE(a_garbage_file_is_refused_untouched) {
    write_file_content(file, std::string(10'000, 'g'));
    check_refused(options(file), ErrorCode::database_foreign);
}

BOOST_AUTO_TEST_CASE(a_short_text_file_is_refused_untouched) {
    write_file_content(file, "shopping: milk");
    check_refused(options(file), ErrorCode::database_foreign);
}

BOOST_AUTO_TEST_CASE(a_database_of_another_kind_is_refused_untouched) {
    make();
    DatabaseOptions other = options(file);
    other.application_id = 0x4f746872;
    check_refused(other, ErrorCode::database_foreign);
}

BOOST_AUTO_TEST_CASE(a_newer_format_is_refused_untouched) {
    DatabaseOptions newer = options(file);
    newer.format_version = 2;
    { Database db(newer); }
    check_refused(options(file), ErrorCode::database_newer);
}

BOOST_AUTO_TEST_CASE(a_truncated_file_is_refused_untouched) {
    make(100);
    std::filesystem::resize_file(file, 4096 * 2);
    check_refused(options(file), ErrorCode::database_damaged);
}

BOOST_AUTO_TEST_CASE(a_file_with_a_damaged_first_page_is_refused_untouched) {
    make(100);
    std::string content = file_content(file);
    std::fill(content.begin() + 100, content.begin() + 4096, 'd');
    write_file_content(file, content);
    check_refused(options(file), ErrorCode::database_damaged);
}

BOOST_AUTO_TEST_CASE(damage_found_while_reading_is_told_as_such) {
    make(100);
    std::string content = file_content(file);
    std::fill(content.begin() + 4096, content.end(), 'd');
    write_file_content(file, content);
    BOOST_TEST(storage_error([&] {
                   Database db(options(file));
                   count(db);
               }) == ErrorCode::database_damaged);
}

BOOST_AUTO_TEST_CASE(a_folder_is_refused) {
    BOOST_TEST(storage_error([&] { Database db(options(folder.path())); }) ==
               ErrorCode::storage_failed);
}

BOOST_AUTO_TEST_CASE(a_file_in_no_folder_is_refused) {
    BOOST_TEST(storage_error([&] { Database db(options(folder / "none" / "words.db")); }) ==
               ErrorCode::storage_failed);
}

BOOST_AUTO_TEST_CASE(a_file_without_permission_is_refused,
                     *boost::unit_test::precondition(is_not_root)) {
    make();
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);
    check_refused(options(file), ErrorCode::storage_failed);
}

BOOST_AUTO_TEST_CASE(a_second_database_of_this_process_is_refused) {
    Database first(options(file));
    BOOST_TEST(storage_error([&] { Database second(options(file)); }) ==
               ErrorCode::database_in_use);
    add_committed(first, "still usable");
}

BOOST_AUTO_TEST_CASE(another_name_of_an_open_file_is_refused) {
    Database first(options(file));
    std::filesystem::create_symlink(file, folder / "link.db");
    BOOST_TEST(storage_error([&] { Database second(options(folder / "link.db")); }) ==
               ErrorCode::database_in_use);
}

BOOST_AUTO_TEST_CASE(a_second_process_is_refused_until_the_first_is_gone) {
    int pipe_ends[2];
    BOOST_REQUIRE(::pipe(pipe_ends) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        Database db(options(file));
        const char byte = 'o';
        if (::write(pipe_ends[1], &byte, 1) != 1) ::_exit(1);
        for (;;) ::pause();
    }
    char byte = 0;
    BOOST_REQUIRE(::read(pipe_ends[0], &byte, 1) == 1);
    BOOST_TEST(storage_error([&] { Database db(options(file)); }) == ErrorCode::database_in_use);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    Database db(options(file));
    add_committed(db, "one");
}

BOOST_AUTO_TEST_CASE(an_older_format_is_migrated_once) {
    make();
    DatabaseOptions newer = options(file);
    newer.format_version = 3;
    int calls = 0;
    newer.migrate = [&](syncline::Connection& connection, std::uint32_t from) {
        ++calls;
        BOOST_TEST(from == 1U);
        connection.execute("ALTER TABLE word ADD COLUMN language TEXT");
    };
    for (int i = 0; i < 2; ++i) {
        Database db(newer);
        auto read = db.begin_read();
        BOOST_TEST(!read.connection().prepare("SELECT language FROM word WHERE id = 99").step());
    }
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(a_migration_that_fails_leaves_the_old_format) {
    make();
    DatabaseOptions newer = options(file);
    newer.format_version = 2;
    newer.migrate = [](syncline::Connection& connection, std::uint32_t) {
        connection.execute("DROP TABLE word");
        throw syncline::InvalidArgument("cannot");
    };
    BOOST_CHECK_THROW(Database db(newer), syncline::InvalidArgument);
    Database db(options(file));
    BOOST_TEST(count(db) == 1);
}

BOOST_AUTO_TEST_CASE(a_creation_that_fails_leaves_no_file) {
    DatabaseOptions how = options(file);
    how.create = [](syncline::Connection&) { throw syncline::InvalidArgument("cannot"); };
    BOOST_CHECK_THROW(Database db(how), syncline::InvalidArgument);
    BOOST_TEST(!std::filesystem::exists(file));
    make();
}

BOOST_AUTO_TEST_CASE(a_half_made_file_and_a_stray_wal_do_not_spoil_a_new_database) {
    write_file_content(folder / "words.db-new", "half");
    write_file_content(folder / "words.db-wal", "stray");
    make();
    Database db(options(file));
    BOOST_TEST(count(db) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
