#include "syncline/protocol/patch.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <limits>
#include <set>
#include <string>

#include "every_type.hpp"
#include "support/test_schema.hpp"
#include "syncline/base/error.hpp"

using namespace syncline;
using namespace syncline::test;
using namespace std::chrono_literals;

namespace {

constexpr WallTime kTime{1'700'000'000s};
constexpr EntitySchema kEvery{.name = "every", .table = &every::kTable, .key = every::kId};

Random seeded() {
    const std::uint64_t seed = Random::from_system().next();
    BOOST_TEST_MESSAGE("seed " << seed);
    return Random(seed);
}

Bytes patched(const Bytes& base, const Bytes& patch, WallTime time = kTime) {
    const auto why = verify_patch(kNote, patch);
    BOOST_REQUIRE_MESSAGE(!why, why.value_or(""));
    return apply_patch(kNote, RowView(base), patch, time);
}

void check_refused(ByteView patch, std::string_view part) {
    const auto why = verify_patch(kNote, patch);
    BOOST_REQUIRE(why);
    BOOST_TEST(why->find(part) != std::string::npos, *why);
}

/// A patch made by hand, so that it may be wrong.
Bytes raw_patch(const std::vector<std::array<std::uint8_t, 4>>& entries, ByteView set = {},
                ByteView unset = {}) {
    static constexpr std::array<FieldSchema, 3> kFields{{
        {.name = "entries",
         .id = 0,
         .type = FieldType::vector,
         .element = FieldType::structure,
         .struct_size = 4,
         .struct_align = 2},
        {.name = "set", .id = 1, .type = FieldType::vector, .element = FieldType::uint8},
        {.name = "unset", .id = 2, .type = FieldType::vector, .element = FieldType::uint8},
    }};
    static constexpr TableSchema kTable{"Patch", kFields};
    RowBuilder patch(kTable);
    patch.vector(0, raw(entries), 4);
    if (!set.empty()) patch.vector(1, set, 1);
    if (!unset.empty()) patch.vector(2, unset, 1);
    return patch.finish();
}

std::array<std::uint8_t, 4> entry(FieldId field, int op) {
    return {static_cast<std::uint8_t>(field), 0, static_cast<std::uint8_t>(op), 0};
}

std::vector<std::string> tags(const Bytes& row) {
    return RowView(row).string_elements(note::kTags);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(patch_tests)

BOOST_AUTO_TEST_CASE(a_patch_changes_its_fields_and_no_other) {
    const Bytes base = note_row({.id = "n", .title = "Milk", .tags = {"a"}, .parent = "f"});
    const Bytes after = patched(base, patch_title("Bread"), WallTime(5us));
    const Bytes expected =
        note_row({.id = "n", .title = "Bread", .tags = {"a"}, .updated_at = 5, .parent = "f"});
    BOOST_TEST(after == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_encoding_of_a_small_patch_is_this) {
    const Bytes expected{
        0x0C, 0, 0,    0,                    // the table is at 12
        0x08, 0, 0x0C, 0, 0x04, 0, 0x08, 0,  // vtable: entries at 4, set at 8
        0x08, 0, 0,    0,                    // the vtable is 8 before
        0x08, 0, 0,    0, 0x0C, 0, 0,    0,  // entries 8 on, set 12 on
        0x01, 0, 0,    0, 0x02, 0, 0,    0,  // one entry: field 2, assign
        0x15, 0, 0,    0,                    // 21 bytes of set, a row:
        0x10, 0, 0,    0, 0x0A, 0, 0x05, 0,  // table at 16, vtable of 10
        0,    0, 0,    0, 0x04, 0, 0,    0,  // done at 4; padding
        0x0C, 0, 0,    0, 1,                 // the vtable is 12 before; true
    };
    const Bytes patch = patch_done(true);
    BOOST_TEST(patch == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_empty_patch_only_touches_updated_at) {
    PatchBuilder patch(kNote);
    BOOST_TEST(patch.empty());
    const Bytes after = patched(note_row("n", "t"), patch.finish(), WallTime(7us));
    BOOST_TEST(after == note_row({.id = "n", .title = "t", .updated_at = 7}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_last_assignment_wins) {
    const Bytes base = note_row("n", "t");
    const Bytes after = patched(patched(base, patch_title("one")), patch_title("two"));
    BOOST_TEST(RowView(after).string(note::kTitle) == "two");
}

BOOST_AUTO_TEST_CASE(an_assignment_of_nothing_makes_a_field_absent_or_its_default) {
    const Bytes base = note_row({.id = "n", .title = "t", .priority = 3, .due = 5, .parent = "f"});
    PatchBuilder patch(kNote);
    patch.assign(note::kDue);
    patch.assign(note::kParent);
    patch.assign(note::kPriority);
    const Bytes after = patched(base, patch.finish(), WallTime(0us));
    BOOST_TEST(after == note_row("n", "t"), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_assigned_default_does_not_depend_on_the_readers_default) {
    PatchBuilder patch(kNote);
    patch.assign(note::kPriority).scalar(note::kPriority, std::int8_t{0});
    const Bytes bytes = patch.finish();
    BOOST_TEST(patch_set(bytes).has(note::kPriority));
}

BOOST_AUTO_TEST_CASE(updated_at_is_raised_and_never_goes_back) {
    const Bytes base = note_row({.id = "n", .title = "t", .updated_at = 100});
    BOOST_TEST(RowView(patched(base, patch_done(true), WallTime(200us)))
                   .scalar<std::int64_t>(note::kUpdatedAt, 0) == 200);
    BOOST_TEST(RowView(patched(base, patch_done(true), WallTime(50us)))
                   .scalar<std::int64_t>(note::kUpdatedAt, 0) == 100);
}

BOOST_AUTO_TEST_CASE(counters_stop_at_the_ends_of_their_range) {
    constexpr auto kHighest = std::numeric_limits<std::int32_t>::max();
    constexpr auto kLowest = std::numeric_limits<std::int32_t>::min();
    const auto visits = [](const Bytes& row) { return RowView(row).scalar(note::kVisits, 0); };
    const Bytes high = note_row({.id = "n", .title = "t", .visits = kHighest - 1});
    BOOST_TEST(visits(patched(high, add_visits(1))) == kHighest);
    BOOST_TEST(visits(patched(high, add_visits(5))) == kHighest);
    const Bytes low = note_row({.id = "n", .title = "t", .visits = kLowest + 1});
    BOOST_TEST(visits(patched(low, add_visits(-9))) == kLowest);
    BOOST_TEST(visits(patched(low, add_visits(kHighest))) == 0);
}

BOOST_AUTO_TEST_CASE(a_counter_may_be_assigned) {
    PatchBuilder patch(kNote);
    patch.assign(note::kVisits).scalar(note::kVisits, 3);
    const Bytes base = note_row({.id = "n", .title = "t", .visits = 70});
    BOOST_TEST(RowView(patched(base, patch.finish())).scalar(note::kVisits, 0) == 3);
}

BOOST_AUTO_TEST_CASE(inserting_and_erasing_in_one_patch_does_both) {
    PatchBuilder patch(kNote);
    patch.erase(note::kTags).strings(note::kTags, {"a", "c"});
    patch.insert(note::kTags).strings(note::kTags, {"d", "c"});
    const Bytes base = note_row({.id = "n", .title = "t", .tags = {"a", "b", "c"}});
    BOOST_TEST(tags(patched(base, patch.finish())) == (std::vector<std::string>{"b", "c", "d"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_set_that_lost_its_last_element_is_absent) {
    const Bytes base = note_row({.id = "n", .title = "t", .tags = {"a"}});
    BOOST_TEST(patched(base, remove_tag("a"), WallTime(0us)) == note_row("n", "t"),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(sets_of_numbers_merge_as_numbers) {
    const std::vector<std::int32_t> base_numbers{-5, 300, 7};
    RowBuilder row(every::kTable);
    row.string(every::kId, "k").vector(every::kNumberSet, raw(base_numbers), 4);
    const Bytes base = row.finish();
    const std::vector<std::int32_t> added{-6, 7};
    const std::vector<std::int32_t> removed{300};
    PatchBuilder patch(kEvery);
    patch.insert(every::kNumberSet).vector(every::kNumberSet, raw(added), 4);
    patch.erase(every::kNumberSet).vector(every::kNumberSet, raw(removed), 4);
    const Bytes bytes = patch.finish();
    BOOST_REQUIRE(!verify_patch(kEvery, bytes));
    const Bytes after = apply_patch(kEvery, RowView(base), bytes, kTime);
    BOOST_TEST(RowView(after).elements<std::int32_t>(every::kNumberSet) ==
                   (std::vector<std::int32_t>{-6, -5, 7}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(counters_maxima_and_disjoint_sets_do_not_depend_on_the_order) {
    Random random = seeded();
    for (int round = 0; round < 1000; ++round) {
        std::vector<Bytes> patches;
        std::int64_t visits = 5;
        std::int32_t best = 0;
        std::set<std::string> expected{"x", "y"};
        const std::size_t count = 1 + random.below(6);
        for (std::size_t i = 0; i < count; ++i) {
            const auto number = static_cast<std::int32_t>(random.below(2000)) - 1000;
            PatchBuilder patch(kNote);
            patch.add(note::kVisits).scalar(note::kVisits, number);
            patch.assign(note::kBest).scalar(note::kBest, number);
            const std::string tag = "tag" + std::to_string(i);
            patch.insert(note::kTags).strings(note::kTags, {tag});
            patches.push_back(patch.finish());
            visits += number;
            best = std::max(best, number);
            expected.insert(tag);
        }
        patches.push_back(remove_tag("x"));
        expected.erase("x");
        for (std::size_t i = patches.size(); i > 1; --i) {
            std::swap(patches[i - 1], patches[random.below(i)]);
        }
        Bytes row = note_row({.id = "n", .title = "t", .tags = {"x", "y"}, .visits = 5});
        for (const Bytes& patch : patches) row = patched(row, patch, WallTime(0us));
        const Bytes whole = note_row({.id = "n",
                                      .title = "t",
                                      .tags = {expected.begin(), expected.end()},
                                      .visits = static_cast<std::int32_t>(visits),
                                      .best = best});
        BOOST_REQUIRE(row == whole);
    }
}

BOOST_AUTO_TEST_CASE(minima_keep_the_smaller_and_an_absent_optional_counts_as_nothing) {
    static constexpr std::array<FieldSchema, 3> kFields{{
        {.name = "id", .id = 0, .type = FieldType::string, .key = true},
        {.name = "least",
         .id = 1,
         .type = FieldType::float64,
         .optional = true,
         .merge = MergePolicy::min},
        {.name = "most", .id = 2, .type = FieldType::uint8, .merge = MergePolicy::max},
    }};
    static constexpr TableSchema kTable{"Record", kFields};
    static constexpr EntitySchema kEntity{.name = "record", .table = &kTable};
    const auto record = [](std::optional<double> least, int most) {
        RowBuilder row(kTable);
        row.string(0, "r").scalar(2, static_cast<std::uint8_t>(most));
        if (least) row.scalar(1, *least);
        return row.finish();
    };
    const auto assigned = [&](const Bytes& base, std::optional<double> least, int most) {
        PatchBuilder patch(kEntity);
        RowBuilder& set = patch.assign(1);
        if (least) set.scalar(1, *least);
        patch.assign(2).scalar(2, static_cast<std::uint8_t>(most));
        return apply_patch(kEntity, RowView(base), patch.finish(), kTime);
    };
    BOOST_TEST(assigned(record({}, 200), 3.5, 100) == record(3.5, 200));
    BOOST_TEST(assigned(record(3.5, 100), -1.0, 200) == record(-1.0, 200));
    BOOST_TEST(assigned(record(-1.0, 1), 3.5, 2) == record(-1.0, 2));
    BOOST_TEST(assigned(record(-1.0, 1), {}, 1) == record(-1.0, 1));
}

BOOST_AUTO_TEST_CASE(the_same_changes_in_any_order_of_calls_give_the_same_patch) {
    PatchBuilder one(kNote);
    one.assign(note::kTitle).string(note::kTitle, "t");
    one.add(note::kVisits).scalar(note::kVisits, 2);
    one.insert(note::kTags).strings(note::kTags, {"a"});
    one.erase(note::kTags).strings(note::kTags, {"b"});
    PatchBuilder other(kNote);
    other.assign(note::kTags).strings(note::kTags, {"z"});  // replaced by the next two
    other.erase(note::kTags).strings(note::kTags, {"b", "b"});
    other.insert(note::kTags).strings(note::kTags, {"a"});
    other.add(note::kVisits).scalar(note::kVisits, 1);
    other.add(note::kVisits).scalar(note::kVisits, 2);
    other.assign(note::kTitle).string(note::kTitle, "t");
    const Bytes bytes = one.finish();
    BOOST_TEST(bytes == other.finish(), boost::test_tools::per_element());
    const std::vector<PatchEntry> expected{{note::kTitle, PatchOp::assign},
                                           {note::kTags, PatchOp::insert},
                                           {note::kTags, PatchOp::erase},
                                           {note::kVisits, PatchOp::add}};
    BOOST_TEST((patch_entries(bytes) == expected));
    BOOST_TEST(one.empty());
}

BOOST_AUTO_TEST_CASE(a_builder_refuses_what_the_schema_does_not_allow) {
    PatchBuilder patch(kNote);
    BOOST_CHECK_THROW(patch.assign(note::kId), InvalidArgument);
    BOOST_CHECK_THROW(patch.assign(note::kUpdatedAt), InvalidArgument);
    BOOST_CHECK_THROW(patch.assign(99), InvalidArgument);
    BOOST_CHECK_THROW(patch.add(note::kBest), InvalidArgument);
    BOOST_CHECK_THROW(patch.insert(note::kTitle), InvalidArgument);
    BOOST_TEST(patch.empty());
}

BOOST_AUTO_TEST_CASE(patches_that_cannot_be_applied_are_refused_by_name) {
    check_refused(raw_patch({entry(note::kTitle, 0)}), "title is required and cannot be cleared");
    check_refused(raw_patch({entry(note::kId, 0)}), "id is the key");
    check_refused(raw_patch({entry(note::kCreatedAt, 0)}), "created_at is set by the runtime");
    check_refused(raw_patch({entry(note::kBest, 1)}), "best is no counter");
    check_refused(raw_patch({entry(note::kVisits, 1)}), "by nothing");
    check_refused(raw_patch({entry(note::kTitle, 2)}), "title is no set");
    check_refused(raw_patch({entry(note::kTags, 2)}), "none is given");
    check_refused(raw_patch({entry(note::kTags, 3)}), "none is given");
    check_refused(raw_patch({entry(note::kDone, 9)}), "unknown operation");
    check_refused(raw_patch({entry(77, 0)}), "field 77 is not in the schema");
    check_refused(raw_patch({entry(note::kDone, 0), entry(note::kDone, 0)}), "out of order");
    check_refused(raw_patch({entry(note::kDue, 0), entry(note::kDone, 0)}), "out of order");
    check_refused(raw_patch({entry(note::kTags, 3), entry(note::kTags, 2)}, note_row("a", "b")),
                  "tags");
    check_refused(raw_patch({}, as_bytes("rubbish")), "Note");
    check_refused({}, "cut short");
    check_refused(as_bytes("rubbish"), "patch");
}

BOOST_AUTO_TEST_CASE(what_passes_the_check_applies_and_gives_a_valid_row) {
    Random random = seeded();
    int accepted = 0;
    for (int round = 0; round < 20'000; ++round) {
        PatchBuilder builder(kEvery);
        for (const FieldSchema& field : every::kFields) {
            if (field.key || random.below(6) != 0) continue;
            if (field.merge == MergePolicy::set && random.below(2) == 0) {
                every::put_random(builder.insert(field.id), field.id, random, 1);
                every::put_random(builder.erase(field.id), field.id, random, 1);
            } else {
                RowBuilder& set = builder.assign(field.id);
                if (random.below(4) != 0) every::put_random(set, field.id, random, 1);
            }
        }
        Bytes patch = builder.finish();
        BOOST_REQUIRE(!verify_patch(kEvery, patch));
        for (std::uint64_t flips = random.below(3); flips > 0; --flips) {
            patch[random.below(patch.size())] ^= static_cast<std::uint8_t>(1U << random.below(8));
        }
        if (verify_patch(kEvery, patch)) continue;
        ++accepted;
        const Bytes base = random_every(random, 1);
        const Bytes after = apply_patch(kEvery, RowView(base), patch, kTime);
        const auto why = verify_row(every::kTable, after);
        BOOST_REQUIRE_MESSAGE(!why, why.value_or(""));
        // Replayed, assignments and sets give the same again.
        BOOST_REQUIRE(apply_patch(kEvery, RowView(after), patch, kTime) == after);
    }
    BOOST_TEST(accepted > 5000);
}

BOOST_AUTO_TEST_CASE(stamps_are_limited_to_now_and_set_where_absent) {
    const WallTime now(1000us);
    const auto confirmed = [&](std::int64_t created, std::int64_t updated) {
        const Bytes row =
            note_row({.id = "n", .title = "t", .created_at = created, .updated_at = updated});
        return confirm_stamps(kNote, RowView(row), now);
    };
    const auto stamped = [](std::int64_t created, std::int64_t updated) {
        return note_row({.id = "n", .title = "t", .created_at = created, .updated_at = updated});
    };
    BOOST_TEST(!confirmed(1000, 900));
    BOOST_TEST((confirmed(5000, 900) == stamped(1000, 900)));
    BOOST_TEST((confirmed(0, 0) == stamped(1000, 1000)));
    BOOST_TEST((confirmed(3, 2000) == stamped(3, 1000)));
    const Bytes folder = folder_row("f", "name");
    BOOST_TEST(!confirm_stamps(kFolder, RowView(folder), now));
}

BOOST_AUTO_TEST_SUITE_END()
