#include <boost/test/unit_test.hpp>

#include "every_generated.h"
#include "every_type.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

Random seeded() {
    const std::uint64_t seed = Random::from_system().next();
    BOOST_TEST_MESSAGE("seed " << seed);
    return Random(seed);
}

bool flatbuffers_accepts(const Bytes& row) {
    flatbuffers::Verifier verifier(row.data(), row.size());
    return verifier.VerifyBuffer<every_fbs::Every>(nullptr);
}

Bytes copied(RowView from) {
    RowBuilder row(every::kTable);
    for (const FieldSchema& field : every::kFields) row.copy(field.id, from);
    return row.finish();
}

/// The row as the library itself encodes what it reads in it.
Bytes rebuilt_by_flatbuffers(const Bytes& row) {
    const auto values = flatbuffers::GetRoot<every_fbs::Every>(row.data())->UnPack();
    const std::unique_ptr<every_fbs::EveryT> owner(values);
    flatbuffers::FlatBufferBuilder builder;
    builder.Finish(every_fbs::Every::Pack(builder, values));
    return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

/// Rows as they are, but with what the object API of flatc does not tell apart: it takes an empty
/// vector or string for an absent one.
Bytes without_empty(Random& random) {
    RowBuilder row(every::kTable);
    const Bytes bytes = random_every(random, 0);
    const RowView view(bytes);
    for (const FieldSchema& field : every::kFields) {
        const bool has_length = field.type == FieldType::string || field.type == FieldType::vector;
        if (!has_length || view.vector_size(field.id) > 0) row.copy(field.id, view);
    }
    return row.finish();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(row_format_tests)

BOOST_AUTO_TEST_CASE(rows_are_flatbuffers_as_the_library_verifies_them_alignment_included) {
    Random random = seeded();
    for (int round = 0; round < 3000; ++round) {
        BOOST_REQUIRE(flatbuffers_accepts(random_every(random)));
    }
}

BOOST_AUTO_TEST_CASE(rows_that_the_library_encodes_are_valid_and_mean_the_same) {
    Random random = seeded();
    for (int round = 0; round < 3000; ++round) {
        const Bytes row = without_empty(random);
        const Bytes foreign = rebuilt_by_flatbuffers(row);
        const auto why = verify_row(every::kTable, foreign);
        BOOST_REQUIRE_MESSAGE(!why, why.value_or(""));
        BOOST_REQUIRE(copied(RowView(foreign)) == row);
    }
}

// What ours lets through, the library lets through as well, apart from alignment.
BOOST_AUTO_TEST_CASE(nothing_passes_that_the_librarys_verifier_refuses) {
    Random random = seeded();
    int accepted = 0;
    for (int round = 0; round < 30'000; ++round) {
        Bytes row = random_every(random, 1);
        for (std::uint64_t flips = 1 + random.below(3); flips > 0; --flips) {
            row[random.below(row.size())] = static_cast<std::uint8_t>(random.next());
        }
        if (verify_row(every::kTable, row)) continue;
        ++accepted;
        flatbuffers::Verifier::Options options;
        options.check_alignment = false;
        options.max_depth = 200;
        flatbuffers::Verifier verifier(row.data(), row.size(), options);
        BOOST_REQUIRE(verifier.VerifyBuffer<every_fbs::Every>(nullptr));
    }
    BOOST_TEST(accepted > 100);
}

BOOST_AUTO_TEST_SUITE_END()
