// Rows of the server's own file, changed behind its back: it says so, and goes on serving.

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "engine_fixture.hpp"
#include "support/temporary_folder.hpp"
#include "syncline/base/error.hpp"
#include "syncline/server/service.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

struct DamagedFixture : EngineFixture {
    DamagedFixture() {
        engine.set_mutator("read", [](server::MutatorContext& context, ByteView) {
            const auto found = context.find("note", "n");
            if (found) context.update("note", "n", patch_title(found->string(note::kTitle)));
        });
        apply(anna, anna.create("note", "n", whole));
        apply(anna, anna.create_note("other", "whole"));
    }

    /// Puts `data` in the place of the row `n`.
    void store(ByteView data) {
        const auto number = authority.register_entities({"note"}).front();
        const auto writer = authority.begin_write(anna.scope);
        server::StoredRow row;
        writer->find(number, "n", row);
        writer->put(number, "n",
                    {row.place, row.cursor, row.created, row.writer, row.others, data});
        writer->commit();
    }
    /// What the service answers; "ok" with 200.
    std::string answer(Endpoint endpoint, const Bytes& body) {
        const auto answered = service.handle(endpoint, "", body);
        if (answered.status == 200) return "ok";
        return std::string(to_string(decode_error(answered.body).error));
    }
    std::string push(const Mutation& mutation) {
        const std::string told = answer(Endpoint::push, encode(anna.request(mutation)));
        if (told != "ok") --anna.last.value;  // it was not looked at
        return told;
    }
    std::string snapshot() {
        PullRequest request = pull_request(ben);
        request.snapshot = true;
        return answer(Endpoint::snapshot, encode(request));
    }
    bool is_whole(ByteView data) const {
        return !verify_row(note::kTable, data) && RowView(data).string(note::kId) == "n";
    }

    server::Service service{engine};
    const Bytes whole = note_row({.id = "n", .title = "milk", .tags = {"a", "b"}, .visits = 3});
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(damaged_rows_tests, DamagedFixture)

BOOST_AUTO_TEST_CASE(a_damaged_row_is_an_error_of_the_server_that_names_it) {
    const Bytes cut(whole.begin(), whole.begin() + 10);
    store(cut);
    BOOST_CHECK_EXCEPTION(engine.push(anna.request(anna.update("note", "n", add_visits(1)))),
                          StorageError, [](const StorageError& error) {
                              const std::string text = error.what();
                              return error.code() == ErrorCode::database_damaged &&
                                     text.find("note \"n\"") != std::string::npos;
                          });
}

BOOST_AUTO_TEST_CASE(nothing_reads_a_damaged_row_and_what_is_whole_is_served) {
    const Cursor before = head(ben);
    const Bytes cut(whole.begin(), whole.begin() + 10);
    store(cut);
    BOOST_TEST(push(anna.update("note", "n", add_visits(1))) == "internal");
    BOOST_TEST(push(anna.remove("note", "n")) == "internal");
    BOOST_TEST(push(anna.create_note("n", "again")) == "internal");
    BOOST_TEST(push(anna.named("read", "")) == "internal");
    BOOST_TEST(snapshot() == "internal");
    BOOST_TEST(answer(Endpoint::pull, encode(pull_request(ben))) == "internal");
    BOOST_TEST(push(anna.update("note", "other", add_visits(1))) == "ok");
    BOOST_TEST(answer(Endpoint::pull, encode(pull_request(ben, before))) == "ok");
    store(whole);
    BOOST_TEST(push(anna.update("note", "n", add_visits(1))) == "ok");
    BOOST_TEST(snapshot() == "ok");
}

BOOST_AUTO_TEST_CASE(a_row_under_the_id_of_another_one_is_damaged) {
    store(note_row("m", "another"));
    BOOST_TEST(push(anna.update("note", "n", add_visits(1))) == "internal");
    BOOST_TEST(snapshot() == "internal");
}

BOOST_AUTO_TEST_CASE(a_snapshot_tells_of_rows_that_are_not_those_of_their_hash) {
    std::string told;
    engine.on_difference([&](std::string_view scope, std::string_view entity) {
        told += std::string(scope) + "/" + std::string(entity) + " ";
    });
    PullRequest request = pull_request(ben);
    request.snapshot = true;
    // Also with more rows than a page holds, and a place to go on that travels to the client.
    for (int i = 0; i < 40; ++i) apply(anna, anna.create_note("n" + std::to_string(i), "a note"));
    const auto fetch = [&](const auto& meanwhile) {
        Bytes continuation;
        int pages = 0;
        do {
            request.continuation = continuation;
            request.bytes_max = 300;
            const auto page = engine.pull(request);
            continuation = to_bytes(page.message.continuation);
            if (++pages == 2) meanwhile();
        } while (!continuation.empty());
        return pages;
    };
    const auto nothing = [] {};
    BOOST_TEST(fetch(nothing) > 3);
    BOOST_TEST(told == "");
    store(note_row({.id = "n", .title = "silk", .tags = {"a", "b"}, .visits = 3}));
    fetch(nothing);
    BOOST_TEST(told == anna.scope + "/note ");
    // Then nothing is known: rows may have been sent twice.
    fetch([&] { apply(anna, anna.create_note("meanwhile", "a note")); });
    BOOST_TEST(told == anna.scope + "/note ");
    BOOST_TEST(engine.recount() == 1U);
    BOOST_TEST(engine.recount() == 0U);
    fetch(nothing);
    BOOST_TEST(told == anna.scope + "/note ");
}

BOOST_AUTO_TEST_CASE(whatever_the_file_holds_the_server_answers_and_lives) {
    std::size_t found = 0;
    for (std::uint64_t seed = 1; seed <= 3'000; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            Random random(seed);
            Bytes data = whole;
            for (auto changes = 1 + random.next() % 4; changes > 0; --changes) {
                if (random.next() % 8 == 0) data.resize(1 + random.next() % (data.size() + 4));
                data[random.next() % data.size()] = static_cast<std::uint8_t>(random.next());
            }
            store(data);
            const std::string expected = is_whole(data) ? "ok" : "internal";
            if (expected != "ok") ++found;
            BOOST_REQUIRE(snapshot() == expected);
            BOOST_REQUIRE(push(anna.update("note", "n", add_tag("c"))) == expected);
            store(data);
            BOOST_REQUIRE(push(anna.named("read", "")) == expected);
        }
    }
    BOOST_TEST(found > 1'000U);
}

BOOST_AUTO_TEST_CASE(a_file_damaged_anywhere_is_refused_or_served_with_errors) {
    const TemporaryFolder folder;
    const auto path = folder / "server.db";
    const auto serve = [&](std::size_t& errors) {
        server::SqliteAuthority stored(path, Durability::normal, Random(3));
        server::Engine opened(stored, kSchema, clock, options());
        server::Service served(opened);
        const auto ask = [&](Endpoint endpoint, const Bytes& body) {
            if (served.handle(endpoint, "", body).status != 200) ++errors;
        };
        TestClient cara{3};
        PullRequest pull = pull_request(ben);
        pull.epoch = opened.epoch();
        ask(Endpoint::pull, encode(pull));
        pull.snapshot = true;
        ask(Endpoint::snapshot, encode(pull));
        for (int i = 0; i < 20; ++i) {
            const std::string id = "n" + std::to_string(i);
            ask(Endpoint::push, encode(cara.request(cara.update("note", id, add_visits(1)))));
        }
        ask(Endpoint::push, encode(cara.request(cara.create_note("fresh", "a note"))));
    };
    {
        server::SqliteAuthority stored(path, Durability::normal, Random(3));
        server::Engine opened(stored, kSchema, clock, options());
        for (int i = 0; i < 20; ++i) {
            opened.push(ben.request(ben.create_note("n" + std::to_string(i), "a note")));
        }
        opened.push(ben.request(ben.create_note("n1", "rejected")));
    }
    std::string whole_file;
    {
        std::ifstream in(path, std::ios::binary);
        whole_file.assign(std::istreambuf_iterator<char>(in), {});
    }
    std::size_t refused = 0;
    std::size_t errors = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            Random random(seed);
            std::string file = whole_file;
            for (auto changes = 1 + random.next() % 16; changes > 0; --changes) {
                // Beyond the header, which says what kind of file it is.
                file[100 + random.next() % (file.size() - 100)] = static_cast<char>(random.next());
            }
            for (const char* more : {"-wal", "-shm"}) std::filesystem::remove(path.string() + more);
            std::ofstream(path, std::ios::binary) << file;
            try {
                serve(errors);
            } catch (const StorageError&) {
                ++refused;
            }
        }
    }
    BOOST_TEST(refused + errors > 10U);
}

BOOST_AUTO_TEST_SUITE_END()
