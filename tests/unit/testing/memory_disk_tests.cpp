#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>

#include "syncline/base/error.hpp"
#include "syncline/storage/database.hpp"
#include "syncline/testing/memory_disk.hpp"

using namespace syncline;
using testing::DiskFault;
using testing::MemoryDisk;

namespace {

struct DiskFixture {
    std::optional<MemoryDisk> disk{std::in_place, 7};
    std::optional<Database> db;

    void open(Durability durability = Durability::full) {
        DatabaseOptions options;
        options.path = "data";
        options.vfs = disk->vfs();
        options.durability = durability;
        options.application_id = 1;
        options.create = [](Connection& c) { c.execute("CREATE TABLE t (n INTEGER)"); };
        db.emplace(std::move(options));
    }
    void insert(int n) {
        auto tx = db->begin_write();
        tx.connection().prepare("INSERT INTO t VALUES (?)").bind(1, n).run();
        tx.commit();
    }
    std::int64_t count() {
        auto tx = db->begin_read();
        StatementUse row(tx.connection().prepare("SELECT count(*) FROM t"));
        row->step();
        return row->integer(0);
    }
    void reopen(Durability durability = Durability::full) {
        db.reset();
        disk->restart();
        open(durability);
    }
    // How many rows are there when the n-th write from now on is the last one.
    std::int64_t rows_after_death(DiskFault fault, std::uint64_t write, std::int64_t& returned) {
        disk->fail(fault, write);
        returned = count();
        try {
            for (int i = 0; i < 100; ++i, ++returned) insert(i);
        } catch (const StorageError&) {
        }
        BOOST_REQUIRE(disk->stopped());
        reopen();
        return count();
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(memory_disk_tests, DiskFixture)

BOOST_AUTO_TEST_CASE(files_survive_their_database) {
    open();
    insert(1);
    reopen();
    BOOST_TEST(count() == 1);
}

BOOST_AUTO_TEST_CASE(a_write_that_fails_changes_nothing_and_the_next_one_works) {
    open();
    insert(1);
    disk->fail(DiskFault::io_error);
    BOOST_CHECK_THROW(insert(2), StorageError);
    BOOST_TEST(count() == 1);
    insert(3);
    BOOST_TEST(count() == 2);
    BOOST_TEST(disk->counts()[DiskFault::io_error] == 1U);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_full_until_there_is_room) {
    open();
    disk->fail(DiskFault::full);
    for (int i = 0; i < 3; ++i) {
        BOOST_CHECK_EXCEPTION(insert(i), StorageError, [](const StorageError& e) {
            return e.code() == ErrorCode::disk_full;
        });
    }
    disk->make_room();
    insert(4);
    BOOST_TEST(count() == 1);
}

BOOST_AUTO_TEST_CASE(what_returned_survives_a_death_at_any_write) {
    open();
    for (const DiskFault fault : {DiskFault::killed, DiskFault::power_failure}) {
        for (std::uint64_t write = 1; write < 200; ++write) {
            std::int64_t returned = 0;
            const std::int64_t found = rows_after_death(fault, write, returned);
            BOOST_REQUIRE(found >= returned);
            BOOST_REQUIRE(found <= returned + 1);  // the one that was interrupted may be there
        }
    }
}

// A commit whose sync failed is in the WAL, and shows when the process has died.
BOOST_AUTO_TEST_CASE(what_shows_after_a_death_is_there_after_a_power_failure_too) {
    int shown = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        db.reset();
        disk.emplace(seed);
        open();
        insert(1);
        const auto fault = seed % 2 == 0 ? DiskFault::full : DiskFault::io_error;
        disk->fail(fault, 1 + seed % 6);
        try {
            insert(2);
        } catch (const StorageError&) {
        }
        const std::int64_t before = count();
        disk->make_room();
        disk->stop(DiskFault::killed);
        reopen();
        const std::int64_t seen = count();
        shown += seen > before ? 1 : 0;
        disk->stop(DiskFault::power_failure);
        reopen();
        BOOST_TEST(count() == seen, "seed " << seed);
    }
    BOOST_TEST(shown > 0);
}

BOOST_AUTO_TEST_CASE(a_file_opens_on_a_full_disk) {
    open();
    insert(1);
    disk->stop(DiskFault::killed);
    db.reset();
    disk->restart();
    disk->fail(DiskFault::full);
    open();
    BOOST_TEST(count() == 1);
    BOOST_CHECK_THROW(insert(2), StorageError);
}

BOOST_AUTO_TEST_CASE(without_syncs_a_power_failure_loses_the_last_commits_and_only_those) {
    open(Durability::normal);
    bool lost = false;
    for (int round = 0; round < 50; ++round) {
        const std::int64_t before = count();
        for (int i = 0; i < 5; ++i) insert(i);
        disk->stop(DiskFault::power_failure);
        reopen(Durability::normal);
        BOOST_REQUIRE(count() <= before + 5);
        lost = lost || count() < before + 5;
    }
    BOOST_TEST(lost);
}

BOOST_AUTO_TEST_CASE(nothing_works_on_a_stopped_disk) {
    open();
    insert(1);
    disk->stop(DiskFault::killed);
    BOOST_CHECK_THROW(insert(2), StorageError);
    db.reset();
    BOOST_CHECK_THROW(open(), StorageError);
    reopen();
    BOOST_TEST(count() == 1);
}

BOOST_AUTO_TEST_CASE(a_copy_is_another_disk) {
    open();
    insert(1);
    MemoryDisk::Files copy = disk->save();
    insert(2);
    db.reset();
    disk->load(std::move(copy));
    open();
    BOOST_TEST(count() == 1);
    db.reset();
}

BOOST_AUTO_TEST_CASE(one_seed_does_the_same_every_time) {
    std::uint64_t first = 0;
    for (int round = 0; round < 2; ++round) {
        db.reset();
        disk.emplace(99);
        open(Durability::normal);
        std::uint64_t sum = 0;
        for (int i = 0; i < 20; ++i) {
            for (int n = 0; n < 3; ++n) insert(n);
            disk->stop(DiskFault::power_failure);
            reopen(Durability::normal);
            sum = sum * 31 + static_cast<std::uint64_t>(count());
        }
        if (round == 0) first = sum;
        BOOST_TEST(sum == first);
    }
    db.reset();
}

BOOST_AUTO_TEST_SUITE_END()
