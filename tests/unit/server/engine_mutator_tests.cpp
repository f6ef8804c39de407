#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <string>

#include "engine_fixture.hpp"
#include "seats.hpp"

// Named mutators that the schema declares: typed arguments, typed rows.

using namespace syncline;
using namespace syncline::test;
using server::Engine;
using server::MutatorContext;

namespace {

struct MutatorFixture {
    SettableClock clock;
    server::SqliteAuthority authority{"", Durability::normal, Random(7)};
    Engine engine{authority, seats::schema(), clock};
    TestClient anna{1};

    MutatorFixture() { anna.schema = engine.fingerprint(); }

    /// The one rejection that the mutation comes to; without a code: it was applied.
    struct Outcome {
        std::string code;
        std::string reason;
    };
    Outcome call(std::string_view name, std::string_view payload) {
        const auto answer = engine.push(anna.request(anna.named(name, payload)));
        if (answer.message.rejections.empty()) return {};
        const Rejection& rejection = answer.message.rejections[0];
        return {std::string(rejection.code), std::string(rejection.reason)};
    }
    Outcome book(const seats::Booking& wanted) {
        const Bytes arguments = seats::mutators::book.encode(wanted);
        return call("book", as_text(arguments));
    }
    template <class Throws>
    Outcome book_with(Throws throws) {
        engine.set_mutator(seats::mutators::book,
                           [throws](seats::Rows&, const seats::Booking&) { throws(); });
        return book({.guest = "Anna"});
    }
    std::size_t rows() {
        PullRequest request;
        request.scope = anna.scope;
        request.client = anna.id;
        request.epoch = engine.epoch();
        return engine.pull(request).message.rows.size();
    }
};

void take(seats::Rows& rows, const seats::Booking& wanted) {
    rows.seats.create({.id = wanted.seat_id.value_or("A1"), .guest = wanted.guest});
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(engine_mutator_tests, MutatorFixture)

BOOST_AUTO_TEST_CASE(typed_arguments_and_rows_decide) {
    engine.set_mutator(seats::mutators::book, take);
    BOOST_TEST(book({.guest = "Anna", .seat_id = "B2"}).code == "");
    BOOST_TEST(book({.guest = "Ben", .seat_id = "B2"}).code == "already_exists");
    BOOST_TEST(rows() == 1U);
}

BOOST_AUTO_TEST_CASE(a_mutator_may_ask_for_its_context) {
    std::string seen;
    engine.set_mutator(seats::mutators::book, [&](seats::Rows& rows, const seats::Booking& wanted,
                                                  MutatorContext& context) {
        seen = std::string(context.scope()) + " " + wanted.guest;
        BOOST_TEST((context.client() == anna.id));
        BOOST_TEST((rows.made_at() <= context.now()));
    });
    BOOST_TEST(book({.guest = "Anna"}).code == "");
    BOOST_TEST(seen == "user:1 Anna");
}

BOOST_AUTO_TEST_CASE(whatever_a_mutator_throws_is_a_rejection) {
    BOOST_TEST(book_with([] { throw Reject("full", "No seat is left."); }).code == "full");
    BOOST_TEST(book_with([] { throw Reject("", "No word."); }).code == "rejected");
    BOOST_TEST(book_with([] { throw NotFound("no"); }).code == "not_found");
    BOOST_TEST(book_with([] { throw InvalidArgument("no"); }).code == "invalid");
    BOOST_TEST(book_with([] { throw std::logic_error("no"); }).code == "mutator_failed");
    BOOST_TEST(book_with([] { throw 42; }).code == "mutator_failed");
    BOOST_TEST(rows() == 0U);
}

BOOST_AUTO_TEST_CASE(what_a_mutator_wrote_before_it_threw_is_undone) {
    engine.set_mutator(seats::mutators::book, [](seats::Rows& to, const seats::Booking& wanted) {
        take(to, wanted);
        throw Reject("no", "No.");
    });
    BOOST_TEST(book({.guest = "Anna"}).code == "no");
    BOOST_TEST(rows() == 0U);
}

BOOST_AUTO_TEST_CASE(a_reason_that_is_no_text_or_very_long_does_no_harm) {
    BOOST_TEST(book_with([] { throw Reject("x", "\xFF\xFE"); }).reason.find("UTF-8") !=
               std::string::npos);
    std::string umlauts;
    for (int i = 0; i < 100'000; ++i) umlauts += "ä";
    const std::string reason = book_with([&] { throw Reject("x", "a" + umlauts); }).reason;
    BOOST_TEST(reason.size() == 4095U);
}

BOOST_AUTO_TEST_CASE(arguments_are_verified_before_they_are_read) {
    int calls = 0;
    engine.set_mutator(seats::mutators::book,
                       [&](seats::Rows&, const seats::Booking&) { ++calls; });
    const Bytes good = seats::mutators::book.encode({.guest = "Anna", .seat_id = "B2"});
    BOOST_TEST(call("book", "").code == "invalid");
    BOOST_TEST(call("book", "rubbish").code == "invalid");
    for (std::size_t size = 0; size < good.size(); ++size) {
        call("book", as_text(ByteView(good).first(size)));
    }
    BOOST_TEST(calls == 0);
    BOOST_TEST(call("book", as_text(good)).code == "");
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(damaged_arguments_never_reach_beyond_their_bytes) {
    engine.set_mutator(seats::mutators::book, [](seats::Rows&, const seats::Booking&) {});
    const Bytes good = seats::mutators::book.encode({.guest = "Anna", .seat_id = "B2"});
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const int flip : {0x01, 0x10, 0x80, 0xFF}) {
            Bytes bad = good;
            bad[at] ^= static_cast<std::uint8_t>(flip);
            const std::string code = call("book", as_text(bad)).code;
            BOOST_TEST((code.empty() || code == "invalid"));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_mutator_of_the_schema_without_code_is_rejected_with_the_way_out) {
    const Outcome outcome = book({.guest = "Anna"});
    BOOST_TEST(outcome.code == "unknown_mutator");
    BOOST_TEST(outcome.reason.find("\"book\"") != std::string::npos);
    BOOST_TEST(outcome.reason.find("application's own server") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_mutator_of_a_newer_schema_waits_for_the_server_to_have_it) {
    anna.schema = 12345;
    try {
        call("a_new_one", "");
        BOOST_FAIL("was decided");
    } catch (const server::RequestRefused& refused) {
        BOOST_TEST((refused.error() == RequestError::schema_unknown));
    }
    BOOST_TEST(call("book", "").code == "unknown_mutator");
}

BOOST_AUTO_TEST_CASE(code_for_a_mutator_that_the_schema_lacks_is_refused) {
    Engine other(authority, kSchema, clock);
    BOOST_CHECK_THROW(other.set_mutator(seats::mutators::book, take), InvalidArgument);
    constexpr NamedMutator<seats::Rows, seats::Return> changed{"book"};
    BOOST_CHECK_THROW(engine.set_mutator(changed, [](seats::Rows&, const seats::Return&) {}),
                      InvalidArgument);
}

BOOST_AUTO_TEST_SUITE_END()
