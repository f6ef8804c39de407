#include "replica_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

struct DamageFixture : ReplicaFixture {
    DamageFixture() : ReplicaFixture(false) {
        create("n1", "Milk");
        replica.reset();
        damage();
        reopen();
    }

    void damage() {
        auto tx = db->begin_write();
        tx.connection().prepare("UPDATE \"row_note\" SET data = x'FFFFFF7F0000000000000000'").run();
        tx.commit();
    }
};

bool says_damaged(const StorageError& error) {
    return error.code() == ErrorCode::database_damaged;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(damaged_file_tests, DamageFixture)

BOOST_AUTO_TEST_CASE(a_damaged_row_is_not_read) {
    BOOST_CHECK_EXCEPTION(replica->get(kNote, "n1"), StorageError, says_damaged);
}

BOOST_AUTO_TEST_CASE(a_damaged_row_is_not_patched) {
    BOOST_CHECK_EXCEPTION(rename("n1", "Tea"), StorageError, says_damaged);
    BOOST_TEST(state().pending == 1U);
}

BOOST_AUTO_TEST_CASE(others_can_still_be_written) {
    create("n2", "Bread");
    BOOST_TEST(title("n2") == "Bread");
}

BOOST_AUTO_TEST_SUITE_END()
