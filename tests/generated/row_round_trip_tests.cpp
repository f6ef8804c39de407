#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "cases/every_type/expected/schema.hpp"
#include "support.hpp"

using namespace every_type;

namespace {

SampleDraft least_draft() {
    SampleDraft draft{.name = "n",
                      .point_required = {1, 2},
                      .address_required = {.street = "s", .at = {3, 4}},
                      .bytes_required = {},
                      .strings_required = {}};
    return draft;
}

SampleView view_of(const SampleDraft& draft) {
    return SampleView(row_of(Sample::schema(), draft));
}

SampleView after(const SampleDraft& draft, const SamplePatch& patch) {
    return SampleView(patched(Sample::schema(), row_of(Sample::schema(), draft), patch));
}

/// Values for every field, drawn anew for each row.
class RandomDrafts {
public:
    explicit RandomDrafts(std::uint64_t seed) : engine_(seed) {}

    SampleDraft draft() {
        SampleDraft draft = least_draft();
        numbers(draft);
        optionals(draft);
        objects(draft);
        vectors(draft);
        return draft;
    }

private:
    template <class T>
    T number() {
        if (chance()) return T{};
        if constexpr (std::is_floating_point_v<T>) {
            return std::ldexp(static_cast<T>(static_cast<std::int64_t>(engine_())), -40);
        } else {
            return static_cast<T>(engine_());
        }
    }
    bool chance() { return engine_() % 4 == 0; }
    Plain plain() { return static_cast<Plain>(static_cast<int>(engine_() % 3) - 1); }
    Point point() { return {number<double>(), number<double>()}; }

    std::string text() {
        std::string text(engine_() % 20, ' ');
        for (char& each : text) each = static_cast<char>('a' + engine_() % 26);
        return text;
    }

    template <class T, class Make>
    std::optional<T> maybe(const Make& make) {
        if (chance()) return std::nullopt;
        return make();
    }

    template <class T, class Make>
    std::vector<T> some(const Make& make) {
        std::vector<T> values;
        for (std::size_t i = engine_() % 6; i > 0; --i) values.push_back(make());
        return values;
    }

    Address address() {
        Address address{.street = text(), .at = point()};
        address.floor = number<std::int32_t>();
        address.note = maybe<std::string>([&] { return text(); });
        address.entrance = maybe<Point>([&] { return point(); });
        address.names = some<std::string>([&] { return text(); });
        address.numbers = some<std::int32_t>([&] { return number<std::int32_t>(); });
        address.rooms = maybe<std::int16_t>([&] { return number<std::int16_t>(); });
        address.level = plain();
        address.country = maybe<Country>([&] { return Country{.code = text()}; });
        return address;
    }

    void numbers(SampleDraft& draft) {
        draft.b = chance();
        draft.i8 = number<std::int8_t>();
        draft.u8 = number<std::uint8_t>();
        draft.i16 = number<std::int16_t>();
        draft.u16 = number<std::uint16_t>();
        draft.i32 = number<std::int32_t>();
        draft.u32 = number<std::uint32_t>();
        draft.i64 = number<std::int64_t>();
        draft.u64 = number<std::uint64_t>();
        draft.f32 = number<float>();
        draft.f64 = number<double>();
        draft.b_default = chance();
        draft.i64_default = number<std::int64_t>();
        draft.f64_default = number<double>();
    }

    void optionals(SampleDraft& draft) {
        draft.b_optional = maybe<bool>([&] { return chance(); });
        draft.i8_optional = maybe<std::int8_t>([&] { return number<std::int8_t>(); });
        draft.u64_optional = maybe<std::uint64_t>([&] { return number<std::uint64_t>(); });
        draft.f32_optional = maybe<float>([&] { return number<float>(); });
        draft.f64_optional = maybe<double>([&] { return number<double>(); });
        draft.plain_optional = maybe<Plain>([&] { return plain(); });
        draft.plain = plain();
        draft.rights = static_cast<Rights>(engine_() % 8);
        draft.nickname = maybe<std::string>([&] { return text(); });
    }

    void objects(SampleDraft& draft) {
        draft.point = maybe<Point>([&] { return point(); });
        draft.padded = maybe<Padded>([&] {
            return Padded{.x = number<std::int8_t>(), .inner = point(), .tail = {1, 2, 3}};
        });
        draft.address = maybe<Address>([&] { return address(); });
        draft.address_required = address();
    }

    void vectors(SampleDraft& draft) {
        draft.bools = some<bool>([&] { return chance(); });
        draft.bytes = some<std::uint8_t>([&] { return number<std::uint8_t>(); });
        draft.ints = some<std::int32_t>([&] { return number<std::int32_t>(); });
        draft.doubles = some<double>([&] { return number<double>(); });
        draft.plains = some<Plain>([&] { return plain(); });
        draft.strings = some<std::string>([&] { return text(); });
        draft.points = some<Point>([&] { return point(); });
    }

    std::mt19937_64 engine_;
};

template <class T>
bool same(const syncline::VectorView<T>& view, const std::vector<T>& values) {
    return view.to_vector() == values;
}

/// Whether the view shows what the draft says.
bool shows(const SampleView& view, const SampleDraft& draft) {
    const bool numbers =
        view.b() == draft.b && view.i8() == draft.i8 && view.u8() == draft.u8 &&
        view.i16() == draft.i16 && view.u16() == draft.u16 && view.i32() == draft.i32 &&
        view.u32() == draft.u32 && view.i64() == draft.i64 && view.u64() == draft.u64 &&
        view.f32() == draft.f32 && view.f64() == draft.f64 && view.b_default() == draft.b_default &&
        view.i64_default() == draft.i64_default && view.f64_default() == draft.f64_default;
    const bool optionals =
        view.b_optional() == draft.b_optional && view.i8_optional() == draft.i8_optional &&
        view.u64_optional() == draft.u64_optional && view.f32_optional() == draft.f32_optional &&
        view.f64_optional() == draft.f64_optional &&
        view.plain_optional() == draft.plain_optional && view.plain() == draft.plain &&
        view.rights() == draft.rights && view.nickname() == draft.nickname;
    const bool objects = view.point() == draft.point && view.padded() == draft.padded &&
                         view.address() == draft.address &&
                         view.address_required() == draft.address_required;
    const bool vectors = same(view.bools(), draft.bools) &&
                         std::ranges::equal(view.bytes(), draft.bytes) &&
                         same(view.ints(), draft.ints) && same(view.doubles(), draft.doubles) &&
                         same(view.plains(), draft.plains) && same(view.strings(), draft.strings) &&
                         same(view.points(), draft.points);
    return numbers && optionals && objects && vectors;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(row_round_trip_tests)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_for_every_type) {
    const std::uint64_t seed = std::random_device{}();
    BOOST_TEST_MESSAGE("seed " << seed);
    RandomDrafts drafts(seed);
    for (int i = 0; i < 5000; ++i) {
        const SampleDraft draft = drafts.draft();
        BOOST_REQUIRE_MESSAGE(shows(view_of(draft), draft), "seed " << seed << ", row " << i);
    }
}

BOOST_AUTO_TEST_CASE(equal_drafts_give_equal_bytes) {
    RandomDrafts one(4711);
    RandomDrafts two(4711);
    for (int i = 0; i < 500; ++i) BOOST_TEST((view_of(one.draft()) == view_of(two.draft())));
}

BOOST_AUTO_TEST_CASE(extreme_numbers_survive) {
    SampleDraft draft = least_draft();
    draft.i8 = std::numeric_limits<std::int8_t>::min();
    draft.u16 = std::numeric_limits<std::uint16_t>::max();
    draft.i64 = std::numeric_limits<std::int64_t>::min();
    draft.u64 = std::numeric_limits<std::uint64_t>::max();
    draft.f32 = std::numeric_limits<float>::infinity();
    draft.f64 = std::numeric_limits<double>::denorm_min();
    draft.f64_optional = std::numeric_limits<double>::quiet_NaN();
    const SampleView view = view_of(draft);
    BOOST_TEST(view.i8() == -128);
    BOOST_TEST(view.u16() == 65535);
    BOOST_TEST(view.i64() == std::numeric_limits<std::int64_t>::min());
    BOOST_TEST(view.u64() == std::numeric_limits<std::uint64_t>::max());
    BOOST_TEST(std::isinf(view.f32()));
    BOOST_TEST(view.f64() == std::numeric_limits<double>::denorm_min());
    BOOST_TEST(std::isnan(view.f64_optional().value()));
}

BOOST_AUTO_TEST_CASE(defaults_are_those_of_the_schema) {
    const SampleView view = view_of(least_draft());
    BOOST_TEST(view.b_default());
    BOOST_TEST(view.i8_default() == -128);
    BOOST_TEST(view.u8_default() == 255);
    BOOST_TEST(view.i32_default() == std::numeric_limits<std::int32_t>::min());
    BOOST_TEST(view.u32_default() == 4294967295);
    BOOST_TEST(view.i64_default() == std::numeric_limits<std::int64_t>::min());
    BOOST_TEST(view.u64_default() == 9223372036854775807U);
    BOOST_TEST(view.f32_default() == 0.1F);
    BOOST_TEST(view.f64_default() == 1e-15);
    BOOST_TEST((view.plain_default() == Plain::high));
    BOOST_TEST((view.wide() == Wide::large));
    BOOST_TEST((view.rights() == (Rights::read | Rights::admin)));
    BOOST_TEST((view.rights_none() == Rights{}));
}

BOOST_AUTO_TEST_CASE(a_default_takes_no_space_in_a_row) {
    const SampleView view = view_of(least_draft());
    for (const auto id : {SampleFields::b_default.id, SampleFields::f64_default.id,
                          SampleFields::rights.id, SampleFields::wide.id}) {
        BOOST_TEST(!view.row().has(id));
    }
}

BOOST_AUTO_TEST_CASE(an_optional_zero_is_not_an_absent_one) {
    SampleDraft draft = least_draft();
    BOOST_TEST(!view_of(draft).u64_optional().has_value());
    draft.u64_optional = 0;
    draft.b_optional = false;
    BOOST_TEST(view_of(draft).u64_optional().value() == 0);
    BOOST_TEST(view_of(draft).b_optional().value() == false);
}

BOOST_AUTO_TEST_CASE(an_empty_string_is_not_an_absent_one) {
    SampleDraft draft = least_draft();
    BOOST_TEST(!view_of(draft).nickname().has_value());
    draft.nickname = "";
    BOOST_TEST(view_of(draft).nickname().value().empty());
}

BOOST_AUTO_TEST_CASE(a_required_vector_may_be_empty) {
    const SampleView view = view_of(least_draft());
    BOOST_TEST(view.row().has(SampleFields::strings_required.id));
    BOOST_TEST(view.strings_required().empty());
    BOOST_TEST(view.bytes_required().empty());
}

BOOST_AUTO_TEST_CASE(a_nested_table_keeps_what_it_lacks) {
    SampleDraft draft = least_draft();
    draft.address = Address{.street = "", .at = {}};
    const Address address = view_of(draft).address().value();
    BOOST_TEST(address.floor == 1);
    BOOST_TEST(!address.note.has_value());
    BOOST_TEST(!address.entrance.has_value());
    BOOST_TEST(!address.rooms.has_value());
    BOOST_TEST(!address.country.has_value());
}

BOOST_AUTO_TEST_CASE(padding_of_structs_is_zero) {
    SampleDraft draft = least_draft();
    Padded padded;
    std::memset(static_cast<void*>(&padded), 0xAA, sizeof padded);
    padded = Padded{.x = 1};
    draft.padded = padded;
    const SampleView view = view_of(draft);
    const std::uint8_t* bytes = view.row().field(SampleFields::padded.id);
    BOOST_TEST(std::all_of(bytes + 1, bytes + sizeof(Padded), [](auto byte) { return byte == 0; }));
}

BOOST_AUTO_TEST_CASE(a_reserved_word_gets_an_underscore) {
    SampleDraft draft = least_draft();
    draft.class_ = 5;
    BOOST_TEST(view_of(draft).class_() == 5);
    BOOST_TEST(Sample::schema().table->find(SampleFields::class_.id)->name == "class");
}

BOOST_AUTO_TEST_CASE(names_of_enumerators_are_those_of_the_schema) {
    BOOST_TEST(to_string(Plain::none) == "none");
    BOOST_TEST(to_string(static_cast<Plain>(77)).empty());
    BOOST_TEST((plain_from_string("high") == Plain::high));
    BOOST_TEST(!plain_from_string("High").has_value());
}

BOOST_AUTO_TEST_CASE(flags_combine) {
    constexpr Rights both = Rights::read | Rights::admin;
    BOOST_TEST(((both & Rights::admin) == Rights::admin));
    BOOST_TEST(((both & Rights::write) == Rights{}));
    BOOST_TEST(((both ^ Rights::read) == Rights::admin));
    BOOST_TEST(((both & ~Rights::read) == Rights::admin));
    BOOST_TEST(to_string(both).empty());
}

BOOST_AUTO_TEST_CASE(an_empty_patch_changes_nothing) {
    const SampleDraft draft = RandomDrafts(1).draft();
    BOOST_TEST((after(draft, {}) == view_of(draft)));
}

BOOST_AUTO_TEST_CASE(a_patch_changes_the_fields_it_names_alone) {
    SampleDraft draft = RandomDrafts(2).draft();
    const SampleView view = after(draft, {.f32 = 2.5F,
                                          .plain_optional = Plain::low,
                                          .nickname = "nick",
                                          .point = Point{5, 6},
                                          .address_required = Address{.street = "new", .at = {}},
                                          .bools = std::vector<bool>{true, false}});
    draft.f32 = 2.5F;
    draft.plain_optional = Plain::low;
    draft.nickname = "nick";
    draft.point = Point{5, 6};
    draft.address_required = Address{.street = "new", .at = {}};
    draft.bools = {true, false};
    BOOST_TEST((view == view_of(draft)));
}

BOOST_AUTO_TEST_CASE(a_patch_clears_what_may_be_absent) {
    const SampleView view = after(RandomDrafts(3).draft(), {.f64_optional = syncline::cleared,
                                                            .nickname = syncline::cleared,
                                                            .address = syncline::cleared,
                                                            .strings = syncline::cleared});
    BOOST_TEST(!view.f64_optional().has_value());
    BOOST_TEST(!view.nickname().has_value());
    BOOST_TEST(!view.address().has_value());
    BOOST_TEST(view.strings().empty());
}

BOOST_AUTO_TEST_CASE(a_patch_may_empty_a_required_vector) {
    SampleDraft draft = least_draft();
    draft.strings_required = {"a"};
    const SampleView view = after(draft, {.strings_required = std::vector<std::string>{}});
    BOOST_TEST(view.strings_required().empty());
    BOOST_TEST(view.row().has(SampleFields::strings_required.id));
}

BOOST_AUTO_TEST_CASE(merge_policies_of_the_schema_are_followed) {
    SampleDraft draft = least_draft();
    draft.counter = 10;
    draft.total = 0.5;
    draft.tags = {"b", "a", "b"};
    draft.codes = {2, 1};
    draft.best = 5;
    draft.worst = 5;
    draft.highest = Plain::none;
    const SampleView view = after(draft, {.counter = syncline::add(-3),
                                          .total = syncline::add(1.5),
                                          .tags = syncline::insert({"c"}),
                                          .codes = syncline::erase({2}),
                                          .best = 4,
                                          .worst = 4.0F,
                                          .highest = Plain::high});
    BOOST_TEST(view.counter() == 7);
    BOOST_TEST(view.total() == 2.0);
    BOOST_TEST((view.tags().to_vector() == std::vector<std::string>{"a", "b", "c"}));
    BOOST_TEST((view.codes().to_vector() == std::vector<std::int32_t>{1}));
    BOOST_TEST(view.best() == 5);
    BOOST_TEST(view.worst() == 4.0F);
    BOOST_TEST((view.highest() == Plain::high));
}

BOOST_AUTO_TEST_SUITE_END()
