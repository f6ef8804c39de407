#include "syncline/storage/database.hpp"

#include <atomic>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include "storage_fixture.hpp"

using syncline::Database;
using syncline::Durability;
using syncline::ErrorCode;

namespace {

// Constructed before all that databases in memory share, and so destroyed after it: a crash at the
// program's end would fail this suite.
std::unique_ptr<syncline::Database> kept_to_the_end;

const bool kInMemory[] = {false, true};

struct DatabaseFixture : StorageFixture {
    std::unique_ptr<Database> open(bool in_memory, Durability durability = Durability::normal) {
        auto how = options(in_memory ? std::filesystem::path() : folder / "words.db");
        how.durability = durability;
        return std::make_unique<Database>(how);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(database_tests, DatabaseFixture)

BOOST_DATA_TEST_CASE(what_was_committed_is_read, kInMemory, in_memory) {
    auto db = open(in_memory);
    add_committed(*db, "one");
    BOOST_TEST(count(*db) == 1);
}

BOOST_DATA_TEST_CASE(what_was_not_committed_is_gone, kInMemory, in_memory) {
    auto db = open(in_memory);
    {
        auto tx = db->begin_write();
        add(tx.connection(), "one");
    }
    BOOST_TEST(count(*db) == 0);
    add_committed(*db, "two");
    BOOST_TEST(count(*db) == 1);
}

BOOST_AUTO_TEST_CASE(a_closed_file_keeps_what_was_committed) {
    {
        auto db = open(false, Durability::full);
        add_committed(*db, "one");
    }
    BOOST_TEST(count(*open(false)) == 1);
}

BOOST_AUTO_TEST_CASE(a_database_in_memory_is_private_and_ends_with_its_object) {
    auto one = open(true);
    add_committed(*one, "one");
    BOOST_TEST(count(*open(true)) == 0);
    BOOST_TEST(one->path().empty());
}

BOOST_DATA_TEST_CASE(a_reader_keeps_the_state_it_began_with, kInMemory, in_memory) {
    auto db = open(in_memory);
    add_committed(*db, "one");
    auto read = db->begin_read();
    add_committed(*db, "two");
    BOOST_TEST(count(read.connection()) == 1);
    BOOST_TEST(count(*db) == 2);
}

BOOST_DATA_TEST_CASE(a_reader_does_not_see_an_open_transaction, kInMemory, in_memory) {
    auto db = open(in_memory);
    auto tx = db->begin_write();
    add(tx.connection(), "one");
    BOOST_TEST(count(*db) == 0);
    BOOST_TEST(count(tx.connection()) == 1);
}

BOOST_DATA_TEST_CASE(a_large_open_transaction_does_not_stop_readers, kInMemory, in_memory) {
    auto db = open(in_memory);
    auto tx = db->begin_write();
    const std::string text(100'000, 'x');
    for (int i = 0; i < 600; ++i) add(tx.connection(), text);  // more than the page cache holds
    BOOST_TEST(count(*db) == 0);
    tx.commit();
    BOOST_TEST(count(*db) == 600);
}

BOOST_DATA_TEST_CASE(versions_count_the_commits, kInMemory, in_memory) {
    auto db = open(in_memory);
    const std::uint64_t before = db->version();
    auto tx = db->begin_write();
    BOOST_TEST(tx.version() == before + 1);
    tx.commit();
    BOOST_TEST(db->version() == before + 1);
    BOOST_TEST(db->begin_read().version() == before + 1);
}

BOOST_DATA_TEST_CASE(a_reader_knows_exactly_which_commits_it_sees, kInMemory, in_memory) {
    auto db = open(in_memory);
    const std::uint64_t first = db->version();
    std::atomic<bool> stop{false};
    std::atomic<int> wrong{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&] {
            while (!stop) {
                auto read = db->begin_read();
                const auto rows = static_cast<std::uint64_t>(count(read.connection()));
                if (rows != read.version() - first) ++wrong;
            }
        });
    }
    for (int i = 0; i < 2'000; ++i) add_committed(*db, "x");
    stop = true;
    for (std::thread& reader : readers) reader.join();
    BOOST_TEST(wrong == 0);
}

BOOST_DATA_TEST_CASE(writers_take_turns, kInMemory, in_memory) {
    auto db = open(in_memory);
    std::vector<std::thread> writers;
    for (int i = 0; i < 4; ++i) {
        writers.emplace_back([&] {
            for (int n = 0; n < 200; ++n) add_committed(*db, "x");
        });
    }
    for (std::thread& writer : writers) writer.join();
    BOOST_TEST(count(*db) == 800);
}

BOOST_AUTO_TEST_CASE(a_limit_of_the_cache_ends_with_its_transaction) {
    Database db(options(folder / "a.db"));
    const auto cache_size = [](syncline::WriteTransaction& tx) {
        syncline::StatementUse size(tx.connection().prepare("PRAGMA cache_size"));
        size->step();
        return size->integer(0);
    };
    std::int64_t usual = 0;
    {
        auto tx = db.begin_write();
        usual = cache_size(tx);
        tx.limit_cache(1 << 20);
        BOOST_TEST(cache_size(tx) == -1024);
        for (int i = 0; i < 100; ++i) add(tx.connection(), std::string(50'000, 'x'));
        tx.commit();
    }
    BOOST_TEST(count(db) == 100);
    auto tx = db.begin_write();
    BOOST_TEST(cache_size(tx) == usual);
    tx.limit_cache(std::size_t{1} << 30);  // never more than the database was given
    BOOST_TEST(cache_size(tx) == usual);
}

BOOST_AUTO_TEST_CASE(a_second_transaction_of_one_thread_is_refused) {
    auto db = open(true);
    auto tx = db->begin_write();
    BOOST_CHECK_THROW(db->begin_write(), syncline::InvalidState);
}

BOOST_AUTO_TEST_CASE(a_transaction_cannot_be_committed_twice) {
    auto db = open(true);
    auto tx = db->begin_write();
    tx.commit();
    BOOST_CHECK_THROW(tx.commit(), syncline::InvalidState);
}

BOOST_AUTO_TEST_CASE(a_full_database_is_told_and_nothing_is_changed) {
    auto db = open(false);
    add_committed(*db, "one");
    {
        auto tx = db->begin_write();
        tx.connection().execute("PRAGMA max_page_count=20");
        const std::string text(200'000, 'x');
        BOOST_TEST(storage_error([&] { add(tx.connection(), text); }) == ErrorCode::disk_full);
    }
    add_committed(*db, "two");
    BOOST_TEST(count(*db) == 2);
}

BOOST_AUTO_TEST_CASE(readers_cannot_write) {
    auto db = open(false);
    auto read = db->begin_read();
    BOOST_CHECK_THROW(add(read.connection(), "x"), syncline::StorageError);
}

BOOST_AUTO_TEST_CASE(the_wal_is_copied_back_while_writing_goes_on) {
    auto db = open(false);
    const std::string text(100'000, 'x');
    for (int i = 0; i < 400; ++i) add_committed(*db, text);
    BOOST_TEST(std::filesystem::file_size(folder / "words.db-wal") < 30'000'000U);
    BOOST_TEST(std::filesystem::file_size(folder / "words.db") > 20'000'000U);
}

BOOST_AUTO_TEST_CASE(a_killed_process_loses_nothing_that_was_committed) {
    for (int round = 0; round < 5; ++round) {
        int pipe_ends[2];
        BOOST_REQUIRE(::pipe(pipe_ends) == 0);
        const pid_t child = ::fork();
        if (child == 0) {
            auto db = open(false);
            for (;;) {
                add_committed(*db, "x");
                const char byte = 'c';
                if (::write(pipe_ends[1], &byte, 1) != 1) ::_exit(1);
            }
        }
        ::close(pipe_ends[1]);
        char byte = 0;
        int told = 0;
        while (told < 50 * (round + 1) && ::read(pipe_ends[0], &byte, 1) == 1) ++told;
        ::kill(child, SIGKILL);
        while (::read(pipe_ends[0], &byte, 1) == 1) ++told;
        ::waitpid(child, nullptr, 0);
        ::close(pipe_ends[0]);

        auto db = open(false);
        const std::int64_t kept = count(*db);
        BOOST_TEST(kept >= told);
        BOOST_TEST(kept <= told + 1);
        auto tx = db->begin_write();
        tx.connection().prepare("DELETE FROM word").run();
        tx.commit();
    }
}

BOOST_AUTO_TEST_CASE(a_database_in_memory_may_be_a_static_object) {
    kept_to_the_end = std::make_unique<syncline::Database>(syncline::DatabaseOptions{});
    BOOST_TEST(kept_to_the_end->version() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
