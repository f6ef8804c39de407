#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "replica_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

struct ConcurrencyFixture : ReplicaFixture {
    ConcurrencyFixture() : ReplicaFixture(false) {}

    // Two notes that are always renamed together.
    void write_pairs(int writer, int rounds) {
        const std::string a = "a" + std::to_string(writer);
        const std::string b = "b" + std::to_string(writer);
        replica->transaction([&] {
            create(a, "0");
            create(b, "0");
        });
        for (int i = 1; i <= rounds; ++i) {
            replica->transaction([&] {
                rename(a, std::to_string(i));
                rename(b, std::to_string(i));
            });
        }
    }
    void read_pairs(std::atomic<bool>& stop, std::atomic<int>& wrong) {
        while (!stop) {
            replica->read([&] {
                for (const char* writer : {"0", "1"}) {
                    const std::string one = title(std::string("a") + writer);
                    const std::string other = title(std::string("b") + writer);
                    if (one != other) ++wrong;
                }
                std::uint64_t rows = 0;
                const std::uint64_t version =
                    replica->select(kNote, {}, [&](Row) { return ++rows > 0; });
                const auto count = replica->count(kNote);
                if (count.rows != rows || count.version != version) ++wrong;
            });
        }
    }
    void sync_on_and_on(std::atomic<bool>& stop, std::atomic<int>& wrong) {
        for (int i = 0; !stop; ++i) {
            server_note("s" + std::to_string(i % 20), std::to_string(i));
            push();
            const PageOutcome outcome = pull(3);
            if (outcome != PageOutcome::applied) ++wrong;
            if (i % 10 == 9) replica->request_snapshot();
        }
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(concurrency_tests, ConcurrencyFixture)

BOOST_AUTO_TEST_CASE(writers_readers_and_sync_at_once_see_whole_states_and_converge) {
    std::atomic<bool> stop{false};
    std::atomic<int> wrong{0};
    std::thread sync_thread([&] { sync_on_and_on(stop, wrong); });
    std::thread reader_one([&] { read_pairs(stop, wrong); });
    std::thread reader_two([&] { read_pairs(stop, wrong); });
    std::thread writer_one([&] { write_pairs(0, 100); });
    std::thread writer_two([&] { write_pairs(1, 100); });
    writer_one.join();
    writer_two.join();
    stop = true;
    reader_one.join();
    reader_two.join();
    sync_thread.join();
    BOOST_TEST(wrong == 0);
    push();
    BOOST_TEST(pull() == PageOutcome::applied);
    BOOST_TEST(state().pending == 0U);
    for (const char* id : {"a0", "b0", "a1", "b1"}) {
        BOOST_TEST(title(id) == "100");
        BOOST_TEST(server_title(id) == "100");
    }
}

BOOST_AUTO_TEST_SUITE_END()
