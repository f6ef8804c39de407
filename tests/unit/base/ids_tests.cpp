#include "syncline/base/ids.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace {

using namespace std::chrono_literals;

class SettableClock final : public syncline::Clock {
public:
    syncline::SteadyTime now() const override { return {}; }
    syncline::WallTime wall_now() const override { return wall; }
    syncline::WallTime wall{1'700'000'000s};
};

struct IdFixture {
    SettableClock clock;
    syncline::Random random{1};
    syncline::IdGenerator ids{clock, random};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ids_tests, IdFixture)

BOOST_AUTO_TEST_CASE(row_ids_are_uuids_of_version_7) {
    const std::string id = ids.row_id();
    BOOST_TEST(id.size() == 36U);
    BOOST_TEST(id[8] == '-');
    BOOST_TEST(id[14] == '7');
    BOOST_TEST((id[19] == '8' || id[19] == '9' || id[19] == 'a' || id[19] == 'b'));
}

BOOST_AUTO_TEST_CASE(row_ids_ascend_while_the_clock_stands_still) {
    std::string last = ids.row_id();
    for (int i = 0; i < 100'000; ++i) {
        const std::string next = ids.row_id();
        BOOST_REQUIRE(last < next);
        last = next;
    }
}

BOOST_AUTO_TEST_CASE(row_ids_ascend_when_the_clock_goes_back) {
    const std::string before = ids.row_id();
    clock.wall -= 24h * 365;
    BOOST_TEST(before < ids.row_id());
}

BOOST_AUTO_TEST_CASE(row_ids_bear_the_milliseconds_of_the_clock) {
    clock.wall = syncline::WallTime(std::chrono::milliseconds(0x0123456789AB));
    BOOST_TEST(ids.row_id().substr(0, 13) == "01234567-89ab");
}

BOOST_AUTO_TEST_CASE(a_time_before_1970_is_taken_as_1970) {
    clock.wall = syncline::WallTime(-5s);
    BOOST_TEST(ids.row_id().substr(0, 13) == "00000000-0000");
}

BOOST_AUTO_TEST_SUITE_END()
