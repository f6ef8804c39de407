#include "syncline/protocol/row.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "every_type.hpp"
#include "support/test_schema.hpp"
#include "syncline/base/error.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

Random seeded() {
    const std::uint64_t seed = Random::from_system().next();
    BOOST_TEST_MESSAGE("seed " << seed);
    return Random(seed);
}

/// `bytes` at an address that nothing divides, with rubbish around.
class Unaligned {
public:
    explicit Unaligned(ByteView bytes) : memory_(bytes.size() + 17, 0xAA), size_(bytes.size()) {
        std::copy(bytes.begin(), bytes.end(), memory_.begin() + 1);
    }
    ByteView view() const { return {memory_.data() + 1, size_}; }

private:
    Bytes memory_;
    std::size_t size_;
};

/// Reads all there is in a verified row, so that a sanitizer sees every access.
std::size_t read_all(const TableSchema& table, RowView row) {
    std::size_t sum = 0;
    for (const FieldSchema& field : table.fields) {
        const std::uint8_t* data = row.field(field.id);
        if (data == nullptr) continue;
        sum += *data;
        if (field.type == FieldType::string) {
            for (const char c : row.string(field.id)) sum += static_cast<std::uint8_t>(c);
        } else if (field.type == FieldType::structure) {
            for (std::size_t i = 0; i < field.struct_size; ++i) sum += data[i];
        } else if (field.type == FieldType::table) {
            sum += read_all(*field.table, row.table(field.id));
        } else if (field.type == FieldType::vector && field.element == FieldType::string) {
            for (const std::string& text : row.string_elements(field.id)) sum += text.size();
        } else if (field.type == FieldType::vector && field.element == FieldType::structure) {
            for (const auto b : row.vector_bytes(field.id, field.struct_size)) sum += b;
        } else if (field.type == FieldType::vector && field.element == FieldType::boolean) {
            for (const bool b : row.elements<bool>(field.id)) sum += b ? 1 : 0;
        }
    }
    return sum;
}

Bytes copied(const TableSchema& table, RowView from) {
    RowBuilder row(table);
    for (const FieldSchema& field : table.fields) row.copy(field.id, from);
    return row.finish();
}

void check_refused(const TableSchema& table, ByteView bytes, std::string_view part) {
    const auto why = verify_row(table, bytes);
    BOOST_REQUIRE(why);
    BOOST_TEST(why->find(part) != std::string::npos, *why);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(row_tests)

BOOST_AUTO_TEST_CASE(what_is_put_in_is_read_back) {
    const Bytes bytes = note_row({.id = "n1",
                                  .title = "Milk",
                                  .done = true,
                                  .priority = -3,
                                  .tags = {"b", "a", "b"},
                                  .visits = 7,
                                  .due = 0,
                                  .created_at = 1'700'000'000'000'000});
    BOOST_TEST(!verify_row(note::kTable, bytes));
    const RowView row(bytes);
    BOOST_TEST(row.string(note::kId) == "n1");
    BOOST_TEST(row.string(note::kTitle) == "Milk");
    BOOST_TEST(row.scalar(note::kDone, false));
    BOOST_TEST(row.scalar<std::int8_t>(note::kPriority, 0) == -3);
    BOOST_TEST(row.string_elements(note::kTags) == (std::vector<std::string>{"a", "b"}),
               boost::test_tools::per_element());
    BOOST_TEST(row.scalar(note::kVisits, 0) == 7);
    BOOST_TEST(!row.has(note::kBest));
    BOOST_TEST((row.optional_scalar<std::int64_t>(note::kDue) == 0));
    BOOST_TEST(row.scalar<std::int64_t>(note::kCreatedAt, 0) == 1'700'000'000'000'000);
    BOOST_TEST(row.string(note::kParent).empty());
}

BOOST_AUTO_TEST_CASE(the_encoding_of_a_small_row_is_this) {
    const Bytes expected{
        0x10, 0, 0,    0,                      // the table is at 16
        0x0A, 0, 0x0D, 0,                      // vtable of 10 bytes, table of 13
        0x04, 0, 0x08, 0, 0x0C, 0,   0, 0,     // id at 4, title at 8, done at 12; padding
        0x0C, 0, 0,    0,                      // the vtable is 12 before
        0x0C, 0, 0,    0, 0x10, 0,   0, 0, 1,  // id 12 on, title 16 on, done
        0,    0, 0,                            // padding
        0x01, 0, 0,    0, 'a',  0,   0, 0,     // "a"; padding
        0x02, 0, 0,    0, 'x',  'y', 0,        // "xy"
    };
    BOOST_TEST(note_row({.id = "a", .title = "xy", .done = true}) == expected,
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_type_reads_as_it_was_put_at_any_address) {
    const Point point{1.5, -2.25};
    const Color color{1, 2, 3};
    const std::vector<Point> points{{1, 2}, {3, 4}};
    const std::vector<std::int64_t> longs{std::numeric_limits<std::int64_t>::min(), 5};
    RowBuilder inner(every::kTable);
    inner.string(every::kId, "inner").structure(every::kPoint, &point, sizeof point);
    const Bytes nested = inner.finish();
    RowBuilder builder(every::kTable);
    builder.string(every::kId, "k")
        .scalar(every::kBool, false)
        .scalar<std::int16_t>(every::kInt16, -300)
        .scalar(every::kFloat, 0.5F)
        .scalar(every::kDouble, std::nan(""))
        .structure(every::kPoint, &point, sizeof point)
        .structure(every::kColor, &color, sizeof color)
        .table(every::kNested, nested)
        .vector(every::kPoints, raw(points), sizeof(Point))
        .vector(every::kLongs, raw(longs), 8)
        .strings(every::kNames, {"", "z", "a"});
    const Unaligned bytes(builder.finish());
    BOOST_TEST(!verify_row(every::kTable, bytes.view()));

    const RowView row(bytes.view());
    BOOST_TEST(!row.scalar(every::kBool, true));
    BOOST_TEST(row.scalar<std::int16_t>(every::kInt16, 0) == -300);
    BOOST_TEST(row.scalar(every::kFloat, 0.0F) == 0.5F);
    BOOST_TEST(std::isnan(row.scalar(every::kDouble, 0.0)));
    BOOST_TEST(row.structure<Point>(every::kPoint)->y == -2.25);
    BOOST_TEST(row.structure<Color>(every::kColor)->blue == 3);
    BOOST_TEST(row.table(every::kNested).string(every::kId) == "inner");
    BOOST_TEST(row.table(every::kNested).structure<Point>(every::kPoint)->x == 1.5);
    BOOST_TEST(!row.table(every::kNested).table(every::kNested));
    BOOST_TEST(row.element<Point>(every::kPoints, 1).x == 3);
    BOOST_TEST(row.elements<std::int64_t>(every::kLongs) == longs,
               boost::test_tools::per_element());
    BOOST_TEST(row.string_element(every::kNames, 1) == "z");
    BOOST_TEST(row.vector_size(every::kNames) == 3U);
    BOOST_TEST(row.vector_size(every::kShorts) == 0U);
}

BOOST_AUTO_TEST_CASE(an_empty_view_has_no_field) {
    const RowView none;
    BOOST_TEST(!none);
    BOOST_TEST(!none.has(note::kId));
    BOOST_TEST(none.string(note::kTitle).empty());
    BOOST_TEST(none.vector_size(note::kTags) == 0U);
}

BOOST_AUTO_TEST_CASE(a_row_outlives_the_one_it_was_copied_from) {
    Row copy;
    {
        const Row row(note_row("n", "a title that is too long to be kept within a string object"));
        copy = row;
    }
    BOOST_TEST(copy.string(note::kTitle).ends_with("string object"));
}

BOOST_AUTO_TEST_CASE(the_order_of_the_setters_does_not_show) {
    Random random = seeded();
    for (int round = 0; round < 2000; ++round) {
        const Bytes first = random_every(random);
        std::vector<FieldId> order;
        for (const FieldSchema& field : every::kFields) order.push_back(field.id);
        for (std::size_t i = order.size(); i > 1; --i) {
            std::swap(order[i - 1], order[random.below(i)]);
        }
        RowBuilder other(every::kTable);
        every::put_random(other, order[0], random, 1);  // is replaced below
        for (const FieldId id : order) other.copy(id, RowView(first));
        BOOST_REQUIRE(other.finish() == first);
    }
}

BOOST_AUTO_TEST_CASE(a_builder_that_was_used_before_gives_the_same_bytes) {
    Random random = seeded();
    RowBuilder used(every::kTable);
    for (int round = 0; round < 2000; ++round) {
        const Bytes row = random_every(random);
        for (const FieldSchema& field : every::kFields) used.copy(field.id, RowView(row));
        BOOST_REQUIRE(used.finish() == row);
        BOOST_REQUIRE(used.empty());
    }
}

BOOST_AUTO_TEST_CASE(random_rows_are_valid_at_any_address) {
    Random random = seeded();
    for (int round = 0; round < 2000; ++round) {
        const Unaligned row(random_every(random));
        const auto why = verify_row(every::kTable, row.view());
        BOOST_REQUIRE_MESSAGE(!why, why.value_or(""));
        read_all(every::kTable, RowView(row.view()));
    }
}

BOOST_AUTO_TEST_CASE(sets_are_sorted_as_numbers_and_texts_and_made_unique) {
    const std::vector<std::int32_t> numbers{3, -1, 3, 0};
    RowBuilder row(every::kTable);
    row.vector(every::kNumberSet, raw(numbers), 4).strings(every::kNameSet, {"b", "", "b", "a"});
    const Bytes bytes = row.finish();
    BOOST_TEST(RowView(bytes).elements<std::int32_t>(every::kNumberSet) ==
                   (std::vector<std::int32_t>{-1, 0, 3}),
               boost::test_tools::per_element());
    BOOST_TEST(
        RowView(bytes).string_elements(every::kNameSet) == (std::vector<std::string>{"", "a", "b"}),
        boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(scalars_at_their_default_are_left_out_unless_optional_or_told) {
    RowBuilder row(every::kTable);
    row.scalar(every::kBool, true).scalar<std::int8_t>(every::kInt8, -7).scalar(every::kInt32, 0);
    BOOST_TEST(row.empty());
    row.scalar(every::kOptional, 0);
    const Bytes bytes = row.finish();
    BOOST_TEST(!RowView(bytes).has(every::kInt8));
    BOOST_TEST(RowView(bytes).has(every::kOptional));

    RowBuilder keeping(every::kTable, true);
    const Bytes kept = keeping.scalar<std::int8_t>(every::kInt8, -7).finish();
    BOOST_TEST(RowView(kept).scalar<std::int8_t>(every::kInt8, 0) == -7);
}

BOOST_AUTO_TEST_CASE(a_cleared_field_is_absent) {
    RowBuilder row(note::kTable);
    row.string(note::kId, "n").string(note::kTitle, "t").string(note::kParent, "p");
    BOOST_TEST(row.clear(note::kParent).finish() == note_row("n", "t"));
}

BOOST_AUTO_TEST_CASE(a_setter_of_another_type_is_refused_and_changes_nothing) {
    RowBuilder row(note::kTable);
    BOOST_CHECK_THROW(row.scalar(note::kTitle, 1), InvalidArgument);
    BOOST_CHECK_THROW(row.string(note::kDone, "yes"), InvalidArgument);
    BOOST_CHECK_THROW(row.scalar(note::kVisits, std::int64_t{1}), InvalidArgument);
    BOOST_CHECK_THROW(row.string(99, "x"), InvalidArgument);
    BOOST_CHECK_THROW(row.vector(note::kTags, {}, 1), InvalidArgument);
    BOOST_CHECK_THROW(RowBuilder(every::kTable).table(every::kNested, as_bytes("rubbish")),
                      InvalidArgument);
    BOOST_TEST(row.empty());
}

BOOST_AUTO_TEST_CASE(a_missing_required_field_and_an_empty_key_are_refused_by_name) {
    RowBuilder row(note::kTable);
    check_refused(note::kTable, row.string(note::kId, "n").finish(), "Note.title is required");
    check_refused(note::kTable, row.string(note::kTitle, "t").finish(), "Note.id is required");
    check_refused(note::kTable, note_row("", "t"), "Note.id is the key and empty");
    check_refused(note::kTable, {}, "cut short");
}

BOOST_AUTO_TEST_CASE(a_bool_that_is_neither_0_nor_1_is_refused) {
    Bytes bytes = note_row({.id = "a", .title = "xy", .done = true});
    BOOST_REQUIRE(bytes[28] == 1);
    bytes[28] = 2;
    check_refused(note::kTable, bytes, "Note.done is a bool");
}

BOOST_AUTO_TEST_CASE(a_row_cut_short_anywhere_is_refused) {
    Random random = seeded();
    const Bytes bytes = random_every(random);
    // Cut at its end alone, a row may still be whole: what is there last need not be used.
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        BOOST_TEST(verify_row(every::kTable, cut).has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_row_with_changed_bytes_is_refused_or_safe_to_read_and_rewrite) {
    Random random = seeded();
    int accepted = 0;
    for (int round = 0; round < 30'000; ++round) {
        const bool every_type = random.below(2) == 0;
        const TableSchema& table = every_type ? every::kTable : note::kTable;
        Bytes bytes = every_type ? random_every(random)
                                 : note_row({.id = "n", .title = "t", .tags = {"x", "y"}});
        for (std::uint64_t flips = 1 + random.below(4); flips > 0; --flips) {
            std::uint8_t& byte = bytes[random.below(bytes.size())];
            byte = random.below(2) == 0 ? static_cast<std::uint8_t>(random.next())
                                        : static_cast<std::uint8_t>(byte ^ (1U << random.below(8)));
        }
        const Unaligned moved(bytes);
        if (verify_row(table, moved.view())) continue;
        ++accepted;
        read_all(table, RowView(moved.view()));
        const Bytes rewritten = copied(table, RowView(moved.view()));
        const auto why = verify_row(table, rewritten);
        BOOST_REQUIRE_MESSAGE(!why, why.value_or(""));
        BOOST_REQUIRE(copied(table, RowView(rewritten)) == rewritten);
    }
    BOOST_TEST(accepted > 100);
}

BOOST_AUTO_TEST_CASE(parts_that_share_bytes_are_refused) {
    // One long string that a hundred elements name.
    RowBuilder row(every::kTable);
    std::vector<std::string> names(100);
    names[0] = std::string(1000, 'x');
    row.string(every::kId, "k").strings(every::kNames, names);
    Bytes bytes = row.finish();
    BOOST_TEST(!verify_row(every::kTable, bytes));
    const auto* first = RowView(bytes).target(every::kNames) + 4;
    const auto at = static_cast<std::size_t>(first - bytes.data());
    const auto target = detail::load<std::uint32_t>(first);
    for (std::uint32_t i = 1; i < 100; ++i) {
        const std::uint32_t offset = target - 4 * i;
        std::memcpy(&bytes[at + 4 * i], &offset, 4);
    }
    check_refused(every::kTable, bytes, "Every.names");
}

BOOST_AUTO_TEST_CASE(a_table_that_holds_itself_is_refused) {
    RowBuilder row(every::kTable);
    const Bytes inner = RowBuilder(every::kTable).string(every::kId, "i").finish();
    Bytes bytes = row.string(every::kId, "k").table(every::kNested, inner).finish();
    // A signed offset back to the root is not possible; one that wraps around must not be followed.
    const auto at = static_cast<std::size_t>(RowView(bytes).field(every::kNested) - bytes.data());
    const std::uint32_t back =
        detail::load<std::uint32_t>(bytes.data()) - static_cast<std::uint32_t>(at);
    std::memcpy(&bytes[at], &back, 4);
    check_refused(every::kTable, bytes, "Every.nested");
}

BOOST_AUTO_TEST_CASE(tables_nested_too_deeply_are_refused) {
    Bytes bytes = RowBuilder(every::kTable).string(every::kId, "k").finish();
    for (int depth = 1; depth < 64; ++depth) {
        bytes =
            RowBuilder(every::kTable).string(every::kId, "k").table(every::kNested, bytes).finish();
    }
    BOOST_TEST(!verify_row(every::kTable, bytes));
    bytes = RowBuilder(every::kTable).string(every::kId, "k").table(every::kNested, bytes).finish();
    check_refused(every::kTable, bytes, "nested too deeply");
}

BOOST_AUTO_TEST_CASE(a_row_of_a_newer_schema_is_valid_for_an_older_one) {
    static constexpr TableSchema kOlder{"Note",
                                        std::span<const FieldSchema>(note::kFields).first(3)};
    const Bytes bytes = note_row({.id = "n", .title = "t", .tags = {"x"}, .visits = 3});
    BOOST_TEST(!verify_row(kOlder, bytes));
    BOOST_TEST(!verify_row(note::kTable, copied(kOlder, RowView(bytes))));
}

BOOST_AUTO_TEST_CASE(a_row_longer_than_the_limit_is_not_built) {
    RowBuilder row(note::kTable);
    BOOST_CHECK_THROW(row.string(note::kTitle, std::string(kRowBytesMax + 1, 'x')),
                      InvalidArgument);
    row.string(note::kTitle, std::string(kRowBytesMax, 'x'));
    BOOST_CHECK_THROW(row.finish(), InvalidArgument);
    BOOST_TEST(row.empty());
}

BOOST_AUTO_TEST_SUITE_END()
