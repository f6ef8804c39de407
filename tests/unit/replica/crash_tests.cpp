// A child process works on the database and is killed at a random moment; then the file is opened.

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <csignal>
#include <map>
#include <set>

#include <sys/wait.h>
#include <unistd.h>

#include "replica_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

/// What the child tells its parent of a write that has returned.
struct Told {
    std::uint64_t sequence;
    std::uint64_t id;
};

class Child {
public:
    template <class Work>
    explicit Child(Work work) {
        int ends[2];
        BOOST_REQUIRE(::pipe(ends) == 0);
        process_ = ::fork();
        if (process_ == 0) {
            ::close(ends[0]);
            work([&](MutationTicket ticket) {
                const Told told{ticket.sequence.value, ticket.id.value};
                if (::write(ends[1], &told, sizeof told) != sizeof told) ::_exit(1);
            });
            ::_exit(0);
        }
        ::close(ends[1]);
        read_end_ = ends[0];
    }
    ~Child() { ::close(read_end_); }

    /// Lets it go on until it has told of `count` writes and a little further, then kills it.
    std::vector<Told> kill_after(std::size_t count, std::uint64_t micros) {
        std::vector<Told> heard;
        Told told{};
        while (heard.size() < count && ::read(read_end_, &told, sizeof told) == sizeof told) {
            heard.push_back(told);
        }
        // A moment that differs from run to run, in the middle of whatever it does next.
        const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(micros);
        while (std::chrono::steady_clock::now() < end) {
        }
        ::kill(process_, SIGKILL);
        while (::read(read_end_, &told, sizeof told) == sizeof told) heard.push_back(told);
        ::waitpid(process_, nullptr, 0);
        return heard;
    }

private:
    pid_t process_ = 0;
    int read_end_ = -1;
};

struct CrashFixture : ReplicaFixture {
    CrashFixture() : ReplicaFixture(false) {}

    // Rows and queue agree: every created row has its entry and every entry its row, and what is
    // sent is what was written.
    void check_queue(const std::vector<Told>& told) {
        std::map<std::uint64_t, std::uint64_t> queued;
        if (const auto batch = replica->next_push({})) {
            for (const Transaction& transaction : batch->request.transactions) {
                for (const Mutation& mutation : transaction.mutations) {
                    queued[mutation.sequence.value] = mutation.id.value;
                    BOOST_REQUIRE(pending(mutation.key));
                    if (mutation.kind == MutationKind::create) {
                        BOOST_REQUIRE(!verify_row(note::kTable, mutation.payload));
                    }
                }
            }
        }
        BOOST_TEST(state().pending == queued.size());
        for (const Told& one : told) {
            BOOST_REQUIRE(queued.count(one.sequence) == 1U);
            BOOST_REQUIRE(queued[one.sequence] == one.id);
        }
        BOOST_TEST(queued.size() <= told_before + told.size() + 8);
    }

    std::size_t told_before = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(crash_tests, CrashFixture)

BOOST_AUTO_TEST_CASE(every_write_that_returned_is_in_the_file_with_its_queue_entry) {
    Random random(7);
    std::vector<Told> all;
    for (std::uint64_t round = 0; round < 12; ++round) {
        close();
        seed = 1'000 * (round + 1);
        Child child([&](const auto& tell) {
            open();
            for (int i = 0;; ++i) {
                const std::string id = std::to_string(round) + "-" + std::to_string(i);
                tell(create(id, "new"));
                if (i % 3 == 0) tell(rename(id, "renamed"));
                if (i % 5 == 0) tell(*remove(id));
            }
        });
        for (const Told& told : child.kill_after(random.below(40), random.below(300))) {
            all.push_back(told);
        }
        seed = 500 + round;
        open();
        check_queue(all);
        told_before += 2;
    }
}

BOOST_AUTO_TEST_CASE(a_transaction_is_there_whole_or_not_at_all) {
    Random random(8);
    for (std::uint64_t round = 0; round < 8; ++round) {
        close();
        seed = 1'000 * (round + 1);
        Child child([&](const auto& tell) {
            open();
            for (int i = 0;; ++i) {
                MutationTicket last{};
                replica->transaction([&] {
                    for (const char* part : {"a", "b", "c"}) {
                        last = create(std::to_string(round) + "-" + std::to_string(i) + part, "x");
                    }
                });
                tell(last);
            }
        });
        child.kill_after(random.below(20), random.below(500));
        open();
        BOOST_TEST(replica->count(kNote).rows % 3 == 0U);
        BOOST_TEST(state().pending == replica->count(kNote).rows);
    }
}

BOOST_AUTO_TEST_CASE(a_sync_that_is_killed_anywhere_ends_with_both_sides_equal) {
    Random random(9);
    for (std::uint64_t round = 0; round < 12; ++round) {
        for (int i = 0; i < 30; ++i) {
            server_note("s" + std::to_string(random.below(60)), "t" + std::to_string(i));
        }
        for (int i = 0; i < 10; ++i) create(std::to_string(round) + "-" + std::to_string(i), "x");
        if (round % 3 == 2) replica->request_snapshot();
        const std::uint64_t pending_before = state().pending;
        close();
        // The child's server is a copy that dies with it: what it pushes is lost with the answer,
        // what it pulls is as good as from the real one.
        Child child([&](const auto& tell) {
            open();
            tell({});
            for (;;) {
                pull(3);
                replica->request_snapshot();
            }
        });
        child.kill_after(1, random.below(20'000));
        open();
        BOOST_REQUIRE(state().pending == pending_before);
        if (!state().cursor) {
            pull(3);
        }
        push();
        pull(5);
        BOOST_TEST(state().pending == 0U);
        std::size_t rows = 0;
        for (const auto& [key, row] : server.rows()) {
            if (!row.data) continue;
            ++rows;
            BOOST_REQUIRE(title(key.second) == server_title(key.second));
        }
        BOOST_TEST(replica->count(kNote).rows == rows);
    }
}

BOOST_AUTO_TEST_SUITE_END()
