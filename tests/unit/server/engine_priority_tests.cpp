// A snapshot by priority: in which order entities come, and that nothing is missed meanwhile.

#include <array>
#include <boost/test/unit_test.hpp>
#include <map>
#include <optional>
#include <string>

#include "engine_fixture.hpp"
#include "support/temporary_folder.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

std::array<EntitySchema, 2> with_priorities(std::uint8_t note, std::uint8_t folder) {
    std::array<EntitySchema, 2> entities = kEntities;
    entities[0].priority = note;
    entities[1].priority = folder;
    return entities;
}

const auto kFoldersFirst = with_priorities(kPriorityDefault, 1);
const Schema kFoldersFirstSchema{kFoldersFirst};

using Base = std::map<std::string, std::string>;

struct PriorityFixture {
    SettableClock clock;
    server::SqliteAuthority authority{"", Durability::normal, Random(7)};
    std::optional<server::Engine> engine;
    TestClient anna{1};
    TestClient ben{2};

    PriorityFixture() { open(kFoldersFirstSchema); }
    void open(const Schema& schema) {
        engine.emplace(authority, schema, clock, EngineFixture::options());
    }

    void apply(const Mutation& mutation) {
        const auto answer = engine->push(anna.request(mutation));
        BOOST_REQUIRE(answer.message.rejections.empty());
    }
    void make_note(int i) { apply(anna.create_note("n" + std::to_string(i), "a note")); }
    void make_folder(int i) {
        const std::string id = "f" + std::to_string(i);
        apply(anna.create("folder", id, folder_row(id, "a folder")));
    }

    PullRequest first_request() const {
        PullRequest request;
        request.scope = ben.scope;
        request.client = ben.id;
        request.snapshot = true;
        request.bytes_max = 300;
        return request;
    }
    static void put(Base& base, const Page& page) {
        for (const RowChange& row : page.rows) {
            const std::string name = std::string(row.entity) + "/" + std::string(row.key);
            if (row.data) {
                base[name] = std::string(as_text(*row.data));
            } else {
                base.erase(name);
            }
        }
    }
    /// All rows there are, from one page.
    Base whole() {
        PullRequest request = first_request();
        request.bytes_max = 1 << 20;
        Base base;
        put(base, engine->pull(request).message);
        return base;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(engine_priority_tests, PriorityFixture)

BOOST_AUTO_TEST_CASE(entities_of_a_lower_number_come_whole_and_first) {
    for (int i = 0; i < 30; ++i) {
        make_note(i);
        if (i % 3 == 0) make_folder(i);
    }
    PullRequest request = first_request();
    std::string order;
    std::string priorities;
    Bytes continuation;
    for (bool more = true; more;) {
        request.continuation = continuation;
        const auto page = engine->pull(request);
        for (const RowChange& row : page.message.rows) order += row.entity.front();
        priorities += std::to_string(page.message.priority);
        // A page tells what came before the next one.
        if (page.message.priority > 1) BOOST_TEST(order.starts_with(std::string(10, 'f')));
        continuation = to_bytes(page.message.continuation);
        more = page.message.more;
    }
    BOOST_TEST(order == std::string(10, 'f') + std::string(30, 'n'));
    BOOST_TEST(priorities.starts_with("1"));
    BOOST_TEST(priorities.find('5') != std::string::npos);
    BOOST_TEST(priorities.ends_with("0"));
}

BOOST_AUTO_TEST_CASE(rows_of_a_snapshot_come_in_the_order_of_their_ids) {
    open(kSchema);  // without priorities
    for (const int note : {3, 1, 2}) make_note(note);
    make_folder(1);
    make_note(0);
    PullRequest request = first_request();
    request.bytes_max = 1 << 20;
    const auto page = engine->pull(request);
    std::string keys;
    for (const RowChange& row : page.message.rows) keys += std::string(row.key) + ' ';
    BOOST_TEST((keys == "f1 n0 n1 n2 n3 " || keys == "n0 n1 n2 n3 f1 "));
    BOOST_TEST(page.message.priority == 0U);
}

BOOST_AUTO_TEST_CASE(whatever_changes_while_the_pages_are_fetched_the_rows_are_right_at_the_end) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            Random random(seed);
            PriorityFixture fixture;
            int made = 0;
            const auto change = [&] {
                const int old = made > 0 ? static_cast<int>(random.next() % made) : 0;
                const std::string note = "n" + std::to_string(old);
                const bool there = fixture.whole().contains("note/" + note);
                switch (random.next() % 4) {
                    case 0:
                        if (there) fixture.apply(fixture.anna.remove("note", note));
                        break;
                    case 1:
                        if (there) {
                            fixture.apply(fixture.anna.update(
                                "note", note, patch_title("changed " + std::to_string(made))));
                        }
                        break;
                    case 2:
                        fixture.make_folder(made++);
                        break;
                    default:
                        fixture.make_note(made++);
                }
            };
            for (int i = 0; i < 12; ++i) change();
            PullRequest request = fixture.first_request();
            request.bytes_max = static_cast<std::uint32_t>(100 + random.next() % 600);
            Base base;
            Bytes continuation;
            for (bool more = true; more;) {
                request.continuation = continuation;
                const auto page = fixture.engine->pull(request);
                fixture.put(base, page.message);
                continuation = to_bytes(page.message.continuation);
                more = page.message.more;
                if (!more) break;
                for (auto changes = random.next() % 4; changes > 0; --changes) change();
                // The server is another process by then.
                if (random.next() % 4 == 0) fixture.open(kFoldersFirstSchema);
            }
            BOOST_REQUIRE((base == fixture.whole()));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_snapshot_that_began_with_other_priorities_begins_again) {
    for (int i = 0; i < 10; ++i) make_folder(i);
    for (int i = 0; i < 10; ++i) make_note(i);
    PullRequest request = first_request();
    const auto first = engine->pull(request);
    BOOST_REQUIRE(first.message.more);
    request.continuation = first.message.continuation;
    const auto notes_first = with_priorities(1, 2);
    open(Schema{notes_first});
    BOOST_TEST(
        (EngineFixture::refusal([&] { engine->pull(request); }) == RequestError::cursor_too_old));
    engine.reset();
}

BOOST_AUTO_TEST_CASE(a_snapshot_that_began_at_an_older_server_goes_on) {
    for (int i = 0; i < 10; ++i) make_note(i);
    // Version 1: 8 numbers and FNV-1a over them and the scope. Three rows have been sent.
    const Epoch epoch = engine->epoch();
    Bytes old;
    const auto put_number = [&old](std::uint64_t value) {
        for (int shift = 0; shift < 64; shift += 8) {
            old.push_back(static_cast<std::uint8_t>(value >> shift));
        }
    };
    for (const std::uint64_t value :
         {std::uint64_t{3}, epoch.high, epoch.low, std::uint64_t{0}, std::uint64_t{10},
          std::uint64_t{3}, std::uint64_t{3}, std::uint64_t{10}}) {
        put_number(value);
    }
    std::uint64_t sum = 0xCBF29CE484222325;
    const auto add = [&sum](std::uint8_t byte) { sum = (sum ^ byte) * 0x100000001B3; };
    for (const std::uint8_t byte : old) add(byte);
    for (const char c : ben.scope) add(static_cast<std::uint8_t>(c));
    put_number(sum);
    PullRequest request = first_request();
    request.bytes_max = 1 << 20;
    request.continuation = old;
    const auto page = engine->pull(request);
    BOOST_TEST(page.message.rows.size() == 7U);
    BOOST_TEST(page.message.rows.front().key == "n3");
}

BOOST_AUTO_TEST_CASE(every_page_announces_the_rows_and_bytes_of_all) {
    for (int i = 0; i < 20; ++i) make_note(i);
    for (int i = 0; i < 5; ++i) make_folder(i);
    apply(anna.remove("note", "n7"));
    apply(anna.update("note", "n8", patch_title("a much longer title than before")));
    PullRequest request = first_request();
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    std::uint64_t bytes_told = 0;
    Bytes continuation;
    for (bool more = true; more;) {
        request.continuation = continuation;
        const auto page = engine->pull(request);
        for (const RowChange& row : page.message.rows) {
            ++rows;
            bytes += row.key.size() + row.data->size();
        }
        BOOST_TEST(page.message.rows_total == 24U);
        if (bytes_told != 0) BOOST_TEST(page.message.bytes_total == bytes_told);
        bytes_told = page.message.bytes_total;
        continuation = to_bytes(page.message.continuation);
        more = page.message.more;
    }
    BOOST_TEST(rows == 24U);
    BOOST_TEST(bytes_told == bytes);
}

BOOST_AUTO_TEST_CASE(a_pull_of_many_pages_estimates_its_bytes) {
    for (int i = 0; i < 30; ++i) make_note(10 + i);
    PullRequest request = first_request();
    request.snapshot = false;
    request.cursor = Cursor{10};
    request.epoch = engine->epoch();
    const auto page = engine->pull(request);
    BOOST_REQUIRE(page.message.more);
    const RowChange& row = page.message.rows.front();
    BOOST_TEST(page.message.bytes_total == 20 * (row.key.size() + row.data->size()));
}

BOOST_AUTO_TEST_CASE(the_bytes_of_a_file_of_the_first_format_are_counted_when_it_is_opened) {
    const TemporaryFolder folder;
    const auto open_file = [&] {
        return std::make_unique<server::SqliteAuthority>(folder / "server.db", Durability::normal,
                                                         Random(7));
    };
    const auto bytes_told = [&](server::Authority& storage) {
        server::Engine opened(storage, kSchema, clock, EngineFixture::options());
        return opened.pull(first_request()).message.bytes_total;
    };
    std::uint64_t before = 0;
    {
        const auto storage = open_file();
        server::Engine opened(*storage, kSchema, clock, EngineFixture::options());
        for (int i = 0; i < 20; ++i) {
            opened.push(anna.request(anna.create_note("\xC3\xA4" + std::to_string(i), "note")));
        }
        before = bytes_told(*storage);
        BOOST_REQUIRE(before > 0U);
    }
    {
        DatabaseOptions options;
        options.path = folder / "server.db";
        options.application_id = 0x534C7376;
        options.format_version = 3;
        Database file(options);
        auto transaction = file.begin_write();
        transaction.connection().execute("ALTER TABLE tally DROP COLUMN bytes");
        transaction.connection().execute("DROP TABLE origin_receipt");
        transaction.connection().execute("PRAGMA user_version = 1");
        transaction.commit();
    }
    BOOST_TEST(bytes_told(*open_file()) == before);
}

BOOST_AUTO_TEST_SUITE_END()
