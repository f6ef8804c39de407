#include <array>
#include <boost/test/unit_test.hpp>

#include "support/test_schema.hpp"
#include "syncline/base/random.hpp"
#include "syncline/protocol/patch.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

// Small types, so that sums reach the ends of their range.
constexpr std::array<FieldSchema, 14> kFields{{
    {.name = "id", .id = 0, .type = FieldType::string, .required = true, .key = true},
    {.name = "text", .id = 1, .type = FieldType::string},
    {.name = "title", .id = 2, .type = FieldType::string, .required = true},
    {.name = "maybe", .id = 3, .type = FieldType::int16, .optional = true},
    {.name = "number", .id = 4, .type = FieldType::int32, .default_bits = 7},
    {.name = "small", .id = 5, .type = FieldType::int8, .merge = MergePolicy::counter},
    {.name = "natural", .id = 6, .type = FieldType::uint8, .merge = MergePolicy::counter},
    {.name = "some",
     .id = 7,
     .type = FieldType::int8,
     .optional = true,
     .merge = MergePolicy::counter},
    {.name = "real", .id = 8, .type = FieldType::float32, .merge = MergePolicy::counter},
    {.name = "best", .id = 9, .type = FieldType::int8, .merge = MergePolicy::max},
    {.name = "least",
     .id = 10,
     .type = FieldType::float64,
     .optional = true,
     .merge = MergePolicy::min},
    {.name = "tags",
     .id = 11,
     .type = FieldType::vector,
     .element = FieldType::string,
     .merge = MergePolicy::set},
    {.name = "numbers",
     .id = 12,
     .type = FieldType::vector,
     .element = FieldType::int16,
     .required = true,
     .merge = MergePolicy::set},
    {.name = "updated_at", .id = 13, .type = FieldType::int64, .stamp = Stamp::updated_at},
}};
constexpr TableSchema kTable{"Thing", kFields};
constexpr EntitySchema kThing{.name = "thing", .table = &kTable, .key = 0};

class Maker {
public:
    explicit Maker(std::uint64_t seed) : random_(seed) {}

    Bytes row() {
        RowBuilder row(kTable);
        row.string(0, "id");
        for (const FieldSchema& field : kFields) {
            if (field.key || field.stamp != Stamp::none) continue;
            if (field.required || chance(70)) value(row, field);
        }
        row.scalar(13, static_cast<std::int64_t>(random_.below(100)));
        return row.finish();
    }

    Bytes patch() {
        PatchBuilder patch(kThing);
        for (const FieldSchema& field : kFields) {
            if (field.key || field.stamp != Stamp::none || !chance(40)) continue;
            step(patch, field);
        }
        return patch.finish();
    }

    WallTime time() { return WallTime(std::chrono::microseconds(random_.below(100))); }

private:
    bool chance(std::uint64_t percent) { return random_.below(100) < percent; }

    void step(PatchBuilder& patch, const FieldSchema& field) {
        const bool counts = field.merge == MergePolicy::counter && chance(70);
        if (counts) return value(patch.add(field.id), field);
        if (field.merge == MergePolicy::set && chance(70)) {
            const std::uint64_t which = random_.below(3);
            if (which != 0) value(patch.insert(field.id), field);
            if (which != 1) value(patch.erase(field.id), field);
            return;
        }
        RowBuilder& set = patch.assign(field.id);
        if (field.required || chance(80)) value(set, field);
    }

    void value(RowBuilder& row, const FieldSchema& field) {
        switch (field.type) {
            case FieldType::string:
                row.string(field.id, word());
                break;
            case FieldType::int8:
                row.scalar(field.id, static_cast<std::int8_t>(random_.below(256)));
                break;
            case FieldType::uint8:
                row.scalar(field.id, static_cast<std::uint8_t>(random_.below(256)));
                break;
            case FieldType::int16:
                row.scalar(field.id, static_cast<std::int16_t>(random_.below(5)));
                break;
            case FieldType::int32:
                row.scalar(field.id, static_cast<std::int32_t>(random_.below(10)));
                break;
            case FieldType::float32:
                row.scalar(field.id, 0.1F * static_cast<float>(random_.below(100)));
                break;
            case FieldType::float64:
                row.scalar(field.id, 0.1 * static_cast<double>(random_.below(100)) - 5);
                break;
            default:
                elements(row, field);
        }
    }

    void elements(RowBuilder& row, const FieldSchema& field) {
        const std::uint64_t count = random_.below(4);
        if (field.element == FieldType::string) {
            std::vector<std::string> words(count);
            for (std::string& each : words) each = word();
            row.strings(field.id, words);
        } else {
            Bytes bytes;
            for (std::uint64_t i = 0; i < count; ++i) {
                bytes.push_back(static_cast<std::uint8_t>(random_.below(6)));
                bytes.push_back(static_cast<std::uint8_t>(random_.below(2) * 255));
            }
            row.vector(field.id, bytes, 2);
        }
    }

    std::string word() { return std::string(1, static_cast<char>('a' + random_.below(6))); }

    Random random_;
};

std::optional<Bytes> joined(const Bytes& first, const Bytes& second) {
    return join_patches(kNote, first, second);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(patch_join_tests)

BOOST_AUTO_TEST_CASE(a_joined_patch_does_to_any_row_what_its_parts_do_one_after_the_other) {
    const std::uint64_t seed = Random::from_system().next();
    BOOST_TEST_CONTEXT("seed " << seed) {
        Maker make(seed);
        int joins = 0;
        for (int round = 0; round < 20'000; ++round) {
            const Bytes first = make.patch();
            const Bytes second = make.patch();
            const WallTime at = make.time();
            const WallTime later = make.time();
            const auto both = join_patches(kThing, first, second);
            if (!both) continue;
            ++joins;
            const auto why = verify_patch(kThing, *both);
            BOOST_REQUIRE_MESSAGE(!why, why.value_or(""));
            for (int i = 0; i < 5; ++i) {
                const Bytes base = make.row();
                const Bytes between = apply_patch(kThing, RowView(base), first, at);
                const Bytes expected = apply_patch(kThing, RowView(between), second, later);
                const Bytes got = apply_patch(kThing, RowView(base), *both, std::max(at, later));
                BOOST_REQUIRE(got == expected);
            }
        }
        BOOST_TEST(joins > 5'000);
    }
}

BOOST_AUTO_TEST_CASE(of_two_assignments_the_later_one_stays) {
    BOOST_TEST((joined(patch_done(true), patch_done(false)) == patch_done(false)));
    BOOST_TEST((joined(patch_title("a"), patch_title("b")) == patch_title("b")));
}

BOOST_AUTO_TEST_CASE(amounts_add_up) {
    BOOST_TEST((joined(add_visits(2), add_visits(3)) == add_visits(5)));
    BOOST_TEST((joined(add_visits(-2), add_visits(-3)) == add_visits(-5)));
}

BOOST_AUTO_TEST_CASE(amounts_up_and_down_are_not_joined_since_the_range_may_end_between_them) {
    BOOST_TEST(!joined(add_visits(2), add_visits(-2)));
    BOOST_TEST(!joined(add_visits(2'000'000'000), add_visits(2'000'000'000)));
}

BOOST_AUTO_TEST_CASE(of_two_maxima_the_larger_one_stays) {
    BOOST_TEST((joined(patch_best(7), patch_best(3)) == patch_best(7)));
    BOOST_TEST((joined(patch_best(3), patch_best(7)) == patch_best(7)));
}

BOOST_AUTO_TEST_CASE(patches_of_different_fields_make_one_of_both) {
    const auto both = joined(patch_title("a"), patch_done(true));
    BOOST_REQUIRE(both);
    const Bytes row = apply_patch(kNote, RowView(note_row("n", "t")), *both, WallTime());
    BOOST_TEST((row == note_row({.id = "n", .title = "a", .done = true})));
}

BOOST_AUTO_TEST_SUITE_END()
