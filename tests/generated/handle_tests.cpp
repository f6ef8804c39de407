#include <boost/test/unit_test.hpp>

#include "cases/every_type/expected/schema.hpp"
#include "cases/namespaces/expected/schema.hpp"
#include "cases/relations/expected/schema.hpp"
#include "syncline/replica/replica.hpp"
#include "syncline/testing/manual_clock.hpp"

// Generated handles over a real database: what is set is what is got, and relations are followed.

namespace {

/// A database in memory for the entities of one schema.
struct Store {
    explicit Store(const syncline::Schema& schema)
        : replica(database, schema, "user:test", clock, syncline::Random(1)) {}

    syncline::testing::ManualClock clock;
    syncline::Database database{
        syncline::Replica::database_options({}, syncline::Durability::normal)};
    syncline::Replica replica;
    syncline::Model model{replica, clock, syncline::Random(7)};
};

struct SampleFixture : Store {
    SampleFixture() : Store(every_type::schema()) {}

    every_type::SampleCollection samples{model};
    every_type::Sample sample = samples.create({.name = "n",
                                                .point_required = {1, 2},
                                                .address_required = {.street = "s", .at = {3, 4}},
                                                .bytes_required = {1},
                                                .strings_required = {"a"}});
};

struct RelationsFixture : Store {
    RelationsFixture() : Store(relations::schema()) {}

    relations::MessageCollection messages{model};
    relations::UserCollection users{model};
    relations::ChannelCollection channels{model};
    relations::User ann = users.create({.name = "Ann"});
    relations::User bob = users.create({.name = "Bob"});
};

template <class Views>
std::string texts(const Views& views) {
    std::string all;
    for (const auto& view : views) all += std::string(view.text()) + ";";
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(handle_tests)

BOOST_FIXTURE_TEST_CASE(scalars_are_set_and_got, SampleFixture) {
    using namespace every_type;
    sample.set_b(true);
    sample.set_i8(-8);
    sample.set_u8(200);
    sample.set_u64(18446744073709551615U);
    sample.set_f32(1.5F);
    sample.set_f64(-2.25);
    sample.set_class(7);
    sample.set_plain(Plain::low);
    sample.set_wide(Wide::small);
    sample.set_rights(Rights::write | Rights::read);
    BOOST_TEST(sample.b());
    BOOST_TEST(sample.i8() == -8);
    BOOST_TEST(sample.u8() == 200);
    BOOST_TEST(sample.u64() == 18446744073709551615U);
    BOOST_TEST(sample.f32() == 1.5F);
    BOOST_TEST(sample.f64() == -2.25);
    BOOST_TEST(sample.class_() == 7);
    BOOST_TEST((sample.plain() == Plain::low));
    BOOST_TEST((sample.wide() == Wide::small));
    BOOST_TEST((sample.rights() == (Rights::write | Rights::read)));
}

BOOST_FIXTURE_TEST_CASE(optional_fields_are_set_and_cleared, SampleFixture) {
    using namespace every_type;
    sample.set_u64_optional(0);
    sample.set_plain_optional(Plain::high);
    sample.set_nickname("");
    sample.set_point({5, 6});
    BOOST_TEST(sample.u64_optional().value() == 0);
    BOOST_TEST((sample.plain_optional() == Plain::high));
    BOOST_TEST(sample.nickname().value().empty());
    BOOST_TEST((sample.point() == Point{5, 6}));

    sample.clear_u64_optional();
    sample.clear_plain_optional();
    sample.clear_nickname();
    sample.clear_point();
    BOOST_TEST(!sample.u64_optional().has_value());
    BOOST_TEST(!sample.plain_optional().has_value());
    BOOST_TEST(!sample.nickname().has_value());
    BOOST_TEST(!sample.point().has_value());
}

BOOST_FIXTURE_TEST_CASE(objects_are_set_and_got, SampleFixture) {
    using namespace every_type;
    const Padded padded{.x = 1, .y = 2, .inner = {3, 4}, .tail = {5, 6, 7}, .flag = 1};
    const Address address{.street = "long",
                          .note = "note",
                          .at = {1, 1},
                          .names = {"a", "b"},
                          .country = Country{.code = "DE"}};
    sample.set_padded(padded);
    sample.set_aligned({.a = 9});
    sample.set_address(address);
    sample.set_address_required(address);
    sample.set_point_required({8, 9});
    BOOST_TEST((sample.padded() == padded));
    BOOST_TEST(sample.aligned().value().a == 9);
    BOOST_TEST((sample.address() == address));
    BOOST_TEST((sample.address_required() == address));
    BOOST_TEST((sample.point_required() == Point{8, 9}));

    sample.clear_address();
    BOOST_TEST(!sample.address().has_value());
}

BOOST_FIXTURE_TEST_CASE(vectors_are_set_and_got, SampleFixture) {
    using namespace every_type;
    sample.set_bools({true, false, true});
    sample.set_bytes({0, 255});
    sample.set_doubles({0.5, -0.5});
    sample.set_plains({Plain::low, Plain::high});
    sample.set_strings({"", "x"});
    sample.set_points({{1, 2}, {3, 4}});
    BOOST_TEST((sample.bools() == std::vector<bool>{true, false, true}));
    BOOST_TEST((sample.bytes() == std::vector<std::uint8_t>{0, 255}));
    BOOST_TEST((sample.doubles() == std::vector<double>{0.5, -0.5}));
    BOOST_TEST((sample.plains() == std::vector<Plain>{Plain::low, Plain::high}));
    BOOST_TEST((sample.strings() == std::vector<std::string>{"", "x"}));
    BOOST_TEST((sample.points() == std::vector<Point>{{1, 2}, {3, 4}}));
}

BOOST_FIXTURE_TEST_CASE(a_required_vector_can_be_emptied, SampleFixture) {
    sample.set_strings_required({});
    sample.set_bytes_required({});
    BOOST_TEST(sample.strings_required().empty());
    BOOST_TEST(sample.bytes_required().empty());
}

BOOST_FIXTURE_TEST_CASE(counters_and_sets_have_their_own_setters, SampleFixture) {
    sample.add_counter(5);
    sample.add_counter(-2);
    sample.add_total(0.5);
    sample.insert_tags({"b", "a"});
    sample.erase_tags({"b"});
    sample.set_codes({3, 1, 3});
    sample.insert_codes({2});
    BOOST_TEST(sample.counter() == 3);
    BOOST_TEST(sample.total() == 0.5);
    BOOST_TEST((sample.tags() == std::vector<std::string>{"a"}));
    BOOST_TEST((sample.codes() == std::vector<std::int32_t>{1, 2, 3}));
}

BOOST_FIXTURE_TEST_CASE(indexed_fields_are_queried, SampleFixture) {
    using every_type::SampleFields;
    BOOST_TEST(samples.query().where(SampleFields::name == "n").count() == 1);
    BOOST_TEST(samples.query().where(SampleFields::name == "m").count() == 0);
}

BOOST_FIXTURE_TEST_CASE(references_are_followed_both_ways, RelationsFixture) {
    const auto general = channels.create({.id = "general"});
    const auto hello = messages.create(
        {.text = "hello", .author_id = ann.id(), .reviewer_id = bob.id(), .channel = "general"});
    messages.create({.text = "again", .author_id = ann.id()});

    BOOST_TEST((hello.author() == ann));
    BOOST_TEST((hello.reviewer().value() == bob));
    BOOST_TEST((hello.channel_channel().value() == general));
    BOOST_TEST(texts(ann.messages_by_author().all()) == "hello;again;");
    BOOST_TEST(texts(ann.messages_by_reviewer().all()).empty());
    BOOST_TEST(texts(bob.messages_by_reviewer().all()) == "hello;");
    BOOST_TEST(texts(general.messages().all()) == "hello;");
}

BOOST_FIXTURE_TEST_CASE(an_entity_may_refer_to_its_own_kind, RelationsFixture) {
    const auto question = messages.create({.text = "question", .author_id = ann.id()});
    const auto answer =
        messages.create({.text = "answer", .author_id = bob.id(), .parent = question.id()});
    BOOST_TEST((answer.parent_message().value() == question));
    BOOST_TEST(!question.parent_message().has_value());
    BOOST_TEST(texts(question.messages().all()) == "answer;");
}

BOOST_AUTO_TEST_CASE(an_included_entity_is_followed_into_its_own_namespace) {
    Store store(shop::orders::schema());
    const shop::people::PersonCollection people(store.model);
    const shop::orders::OrderCollection orders(store.model);
    const auto ann = people.create({.name = "Ann"});
    const auto order =
        orders.create({.number = "A-1", .buyer_id = ann.id(), .price = units::Money{.amount = 5}});

    BOOST_TEST((order.buyer() == ann));
    BOOST_TEST(order.number() == "A-1");
    BOOST_TEST(orders.get("A-1").price().value().amount == 5);
}

BOOST_AUTO_TEST_SUITE_END()
