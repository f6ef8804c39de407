#include "syncline/protocol/hash.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

#include "every_type.hpp"

using namespace syncline;

BOOST_AUTO_TEST_SUITE(hash_tests)

BOOST_AUTO_TEST_CASE(equal_sets_have_equal_hashes_however_they_came_about) {
    const std::uint64_t seed = Random::from_system().next();
    BOOST_TEST_MESSAGE("seed " << seed);
    Random random(seed);
    for (int round = 0; round < 200; ++round) {
        SetHash hash;
        std::map<std::string, std::string> rows;
        for (int step = 0; step < 100; ++step) {
            const std::string id = std::to_string(random.below(20));
            if (rows.contains(id)) hash.remove(id, as_bytes(rows[id]));
            if (random.below(3) == 0) {
                rows.erase(id);
                continue;
            }
            rows[id] = test::random_text(random);
            hash.add(id, as_bytes(rows[id]));
        }
        SetHash fresh;
        for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
            fresh.add(row->first, as_bytes(row->second));
        }
        BOOST_TEST((hash == fresh));
    }
}

BOOST_AUTO_TEST_CASE(nothing_hashes_to_zero_and_so_does_what_was_emptied) {
    SetHash hash;
    BOOST_TEST((hash == SetHash{0, 0}));
    hash.add("a", as_bytes("row"));
    BOOST_TEST((hash != SetHash{}));
    hash.remove("a", as_bytes("row"));
    BOOST_TEST((hash == SetHash{}));
}

BOOST_AUTO_TEST_CASE(id_and_row_are_kept_apart) {
    SetHash one;
    SetHash other;
    one.add("ab", as_bytes("c"));
    other.add("a", as_bytes("bc"));
    BOOST_TEST((one != other));
    SetHash swapped;
    swapped.add("c", as_bytes("ab"));
    BOOST_TEST((one != swapped));
}

BOOST_AUTO_TEST_CASE(two_rows_that_change_places_are_noticed) {
    SetHash one;
    one.add("a", as_bytes("1"));
    one.add("b", as_bytes("2"));
    SetHash other;
    other.add("a", as_bytes("2"));
    other.add("b", as_bytes("1"));
    BOOST_TEST((one != other));
}

// The hash is compared between machines and versions: it must never change.
BOOST_AUTO_TEST_CASE(the_hash_of_this_row_is_this) {
    SetHash hash;
    hash.add("n1", as_bytes("row bytes"));
    BOOST_TEST(hash.high == 8068154573462175918U);
    BOOST_TEST(hash.low == 6170734855264734628U);
}

BOOST_AUTO_TEST_SUITE_END()
