#include <array>
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "engine_fixture.hpp"
#include "syncline/protocol/hash.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

using Base = std::map<std::string, Bytes>;  // "entity/key"

void take(Base& base, const Page& page) {
    for (const RowChange& row : page.rows) {
        const std::string name = std::string(row.entity) + "/" + std::string(row.key);
        if (row.data) {
            base[name] = to_bytes(*row.data);
        } else {
            base.erase(name);
        }
    }
}

struct PullFixture : EngineFixture {
    void make_notes(int count) {
        for (int i = 0; i < count; ++i) {
            apply(anna, anna.create_note("n" + std::to_string(i), "title " + std::to_string(i)));
        }
    }

    /// Pulls page after page, into `base`; `between` runs after each but the last.
    template <class Between>
    Page pull_all(PullRequest request, Base& base, Between between) {
        request.bytes_max = 300;
        Bytes continuation;
        for (;;) {
            const auto answer = engine.pull(request);
            if (request.snapshot && request.continuation.empty()) base.clear();
            take(base, answer.message);
            if (!answer.message.more) {
                last_ = answer;
                return last_.message;
            }
            BOOST_TEST(answer.message.rejections.empty());
            BOOST_TEST(answer.message.hashes.empty());
            continuation = to_bytes(answer.message.continuation);
            request.continuation = continuation;
            between();
        }
    }
    Page pull_all(const PullRequest& request, Base& base) {
        return pull_all(request, base, [] {});
    }

    Base whole_base() {
        Base base;
        take(base, engine.pull(pull_request(anna)).message);
        return base;
    }

    PullRequest snapshot_request(const TestClient& client) {
        PullRequest request = pull_request(client);
        request.snapshot = true;
        request.epoch = {};
        return request;
    }

    server::Owned<Page> last_;
};

SetHash hash_of(const Base& base, const std::string& entity) {
    SetHash hash;
    for (const auto& [name, data] : base) {
        if (name.starts_with(entity + "/")) hash.add(name.substr(entity.size() + 1), data);
    }
    return hash;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(engine_pull_tests, PullFixture)

BOOST_AUTO_TEST_CASE(an_empty_scope_is_pulled_as_an_empty_page) {
    const auto page = engine.pull(pull_request(anna));
    BOOST_TEST(!page.message.more);
    BOOST_TEST(page.message.rows.empty());
    BOOST_TEST(page.message.to.value == 0U);
    BOOST_TEST((page.message.epoch == engine.epoch()));
    BOOST_TEST(page.message.limits.batch_mutations_max == 1000U);
}

BOOST_AUTO_TEST_CASE(a_pull_brings_what_changed_after_the_cursor_and_nothing_else) {
    make_notes(5);
    apply(ben, ben.update("note", "n1", patch_title("changed")));
    const auto page = engine.pull(pull_request(anna, Cursor{4}));
    BOOST_TEST(page.message.from.value == 4U);
    BOOST_TEST(page.message.to.value == 6U);
    BOOST_REQUIRE(page.message.rows.size() == 2U);
    BOOST_TEST(page.message.rows[0].key == "n4");
    BOOST_TEST(page.message.rows[1].key == "n1");
}

BOOST_AUTO_TEST_CASE(a_row_changed_many_times_comes_once_as_it_is_now) {
    apply(anna, anna.create_note("n1", "a"));
    for (int i = 0; i < 10; ++i) apply(anna, anna.update("note", "n1", add_visits(1)));
    const auto page = engine.pull(pull_request(anna, Cursor{3}));
    BOOST_REQUIRE(page.message.rows.size() == 1U);
    BOOST_TEST(page.message.rows[0].cursor.value == 11U);
}

BOOST_AUTO_TEST_CASE(pages_put_together_are_the_scope) {
    make_notes(50);
    apply(anna, anna.remove("note", "n7"));
    Base base;
    const Page last = pull_all(pull_request(anna), base);
    BOOST_TEST((base == whole_base()));
    BOOST_TEST(base.size() == 49U);
    BOOST_TEST(last.to.value == 51U);
}

BOOST_AUTO_TEST_CASE(a_large_transaction_is_cut_into_pages_and_complete_with_the_last) {
    std::vector<Mutation> many;
    for (int i = 0; i < 40; ++i) many.push_back(anna.create_note("n" + std::to_string(i), "t"));
    push(anna.request(many));
    Base base;
    const Page last = pull_all(pull_request(anna), base);
    BOOST_TEST(base.size() == 40U);
    BOOST_TEST(last.to.value == 1U);
}

BOOST_AUTO_TEST_CASE(a_page_holds_one_row_at_least_however_long_it_is) {
    apply(anna, anna.create_note("n1", std::string(10'000, 't')));
    PullRequest request = pull_request(anna);
    request.bytes_max = 1;
    BOOST_TEST(engine.pull(request).message.rows.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_changes_between_two_pages_is_in_a_later_one) {
    make_notes(30);
    Base base;
    int step = 0;
    const Page last = pull_all(pull_request(ben), base, [&] {
        ++step;
        if (step == 1) apply(anna, anna.update("note", "n0", patch_title("late")));
        if (step == 2) apply(anna, anna.remove("note", "n1"));
        if (step == 3) apply(anna, anna.create_note("fresh", "f"));
    });
    BOOST_TEST(last.to.value == 33U);
    BOOST_TEST((base == whole_base()));
    BOOST_TEST(!base.contains("note/n1"));
}

BOOST_AUTO_TEST_CASE(the_last_page_tells_what_of_this_client_it_includes) {
    make_notes(3);
    const auto page = engine.pull(pull_request(anna));
    BOOST_TEST(page.message.applied.value == 3U);
    BOOST_TEST(page.message.applied_id.value == (std::uint64_t{1} << 32 | 3));
    BOOST_TEST(engine.pull(pull_request(ben)).message.applied.value == 0U);
}

BOOST_AUTO_TEST_CASE(the_last_page_bears_the_rejections_that_are_not_confirmed) {
    apply(ben, ben.create_note("taken", "x"));
    for (int i = 0; i < 3; ++i) push(anna.request(anna.create_note("taken", "y")));
    anna.confirmed = Sequence{1};
    const auto page = engine.pull(pull_request(anna));
    BOOST_REQUIRE(page.message.rejections.size() == 2U);
    BOOST_TEST(page.message.rejections[0].sequence.value == 2U);
    BOOST_TEST(page.message.rejections[1].sequence.value == 3U);
    BOOST_TEST(page.message.rejections[1].code == "already_exists");
    BOOST_TEST(engine.pull(pull_request(ben)).message.rejections.empty());
}

// The server was restored: what the client had confirmed was another outcome.
BOOST_AUTO_TEST_CASE(what_was_confirmed_in_another_history_is_not_confirmed) {
    apply(ben, ben.create_note("taken", "x"));
    push(anna.request(anna.create_note("taken", "y")));
    anna.confirmed = Sequence{1};
    PullRequest request = pull_request(anna);
    request.snapshot = true;
    for (const Epoch epoch : {Epoch{}, Epoch{1, 2}}) {
        request.epoch = epoch;
        BOOST_TEST(engine.pull(request).message.rejections.size() == 1U);
    }
    request.epoch = engine.epoch();
    BOOST_TEST(engine.pull(request).message.rejections.empty());
}

BOOST_AUTO_TEST_CASE(the_hashes_are_those_of_the_rows_there_are) {
    make_notes(20);
    apply(anna, anna.create("folder", "f1", folder_row("f1", "a")));
    apply(anna, anna.remove("note", "n3"));
    apply(anna, anna.update("note", "n4", patch_title("changed")));
    const auto page = engine.pull(pull_request(anna));
    const Base base = whole_base();
    BOOST_REQUIRE(page.message.hashes.size() == 2U);
    for (const EntityHash& hash : page.message.hashes) {
        BOOST_TEST((hash.hash == hash_of(base, std::string(hash.entity))));
    }
}

// --- Cursors and epochs that do not fit ------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_cursor_of_another_epoch_is_refused) {
    make_notes(3);
    PullRequest request = pull_request(anna, Cursor{2});
    request.epoch.low ^= 1;
    BOOST_TEST((refusal([&] { engine.pull(request); }) == RequestError::epoch_changed));
}

BOOST_AUTO_TEST_CASE(a_cursor_beyond_the_head_is_refused) {
    make_notes(3);
    BOOST_TEST((refusal([&] { engine.pull(pull_request(anna, Cursor{4})); }) ==
                RequestError::cursor_too_old));
}

BOOST_AUTO_TEST_CASE(a_cursor_below_the_purge_point_is_refused_zero_included) {
    make_notes(3);
    apply(anna, anna.remove("note", "n0"));
    engine.purge("user:1", Cursor{4});
    for (const std::uint64_t cursor : {0U, 3U}) {
        BOOST_TEST((refusal([&] { engine.pull(pull_request(anna, Cursor{cursor})); }) ==
                    RequestError::cursor_too_old));
    }
    BOOST_TEST(engine.pull(pull_request(anna, Cursor{4})).message.rows.empty());
}

// --- Snapshots -------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_snapshot_ignores_cursor_and_epoch) {
    make_notes(3);
    PullRequest request = snapshot_request(anna);
    request.cursor = Cursor{77};
    request.epoch.low = 5;
    const auto page = engine.pull(request);
    BOOST_TEST(page.message.snapshot);
    BOOST_TEST(page.message.from.value == 0U);
    BOOST_TEST(page.message.rows.size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_snapshot_brings_no_tombstones_of_before_it_began) {
    make_notes(5);
    apply(anna, anna.remove("note", "n2"));
    const auto page = engine.pull(snapshot_request(anna));
    BOOST_TEST(page.message.rows.size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_snapshot_of_many_pages_follows_what_happens_meanwhile) {
    make_notes(30);
    Base base;
    int step = 0;
    const Page last = pull_all(snapshot_request(ben), base, [&] {
        ++step;
        if (step == 1) apply(anna, anna.remove("note", "n0"));
        if (step == 2) apply(anna, anna.update("note", "n29", patch_title("late")));
    });
    BOOST_TEST((base == whole_base()));
    BOOST_TEST(!base.contains("note/n0"));
    BOOST_TEST(last.to.value == 32U);
}

BOOST_AUTO_TEST_CASE(the_cursor_of_a_snapshot_is_good_for_the_next_pull) {
    make_notes(5);
    apply(anna, anna.remove("note", "n2"));
    engine.purge("user:1", Cursor{1000});
    const auto snapshot = engine.pull(snapshot_request(anna));
    BOOST_TEST(engine.pull(pull_request(anna, snapshot.message.to)).message.rows.empty());
}

BOOST_AUTO_TEST_CASE(a_snapshot_that_the_purge_overtook_begins_again) {
    make_notes(30);
    PullRequest request = snapshot_request(ben);
    request.bytes_max = 300;
    const auto first = engine.pull(request);
    BOOST_REQUIRE(first.message.more);
    apply(anna, anna.remove("note", "n0"));
    apply(anna, anna.create_note("fresh", "f"));
    engine.purge("user:1", Cursor{32});
    request.continuation = first.message.continuation;
    BOOST_TEST((refusal([&] { engine.pull(request); }) == RequestError::cursor_too_old));
}

BOOST_AUTO_TEST_CASE(rows_total_tells_how_many_rows_are_coming) {
    make_notes(30);
    PullRequest request = snapshot_request(ben);
    request.bytes_max = 300;
    const auto first = engine.pull(request);
    BOOST_TEST(first.message.rows_total == 30U);
    request.continuation = first.message.continuation;
    BOOST_TEST(engine.pull(request).message.rows_total == 30U);
    request = pull_request(ben, Cursor{10});
    request.bytes_max = 300;
    BOOST_TEST(engine.pull(request).message.rows_total == 20U);
}

// --- Continuations ---------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_continuation_that_is_not_of_this_pull_is_refused) {
    make_notes(30);
    PullRequest request = pull_request(ben);
    request.bytes_max = 300;
    const Bytes good = to_bytes(engine.pull(request).message.continuation);
    const auto refused_with = [&](const PullRequest& changed) {
        return refusal([&] { engine.pull(changed); }) == RequestError::invalid_request;
    };
    for (std::size_t i = 0; i < good.size(); ++i) {
        Bytes flipped = good;
        flipped[i] ^= 0x10;
        request.continuation = flipped;
        BOOST_TEST(refused_with(request));
    }
    const Bytes cut(good.begin(), good.end() - 1);
    request.continuation = cut;
    BOOST_TEST(refused_with(request));
    request.continuation = good;
    request.cursor = Cursor{1};
    BOOST_TEST(refused_with(request));
    request.cursor = Cursor{0};
    request.snapshot = true;
    BOOST_TEST(refused_with(request));
    request.snapshot = false;
    request.scope = "user:2";
    BOOST_TEST(refused_with(request));
    request.scope = ben.scope;
    BOOST_TEST(!engine.pull(request).message.rows.empty());
}

BOOST_AUTO_TEST_CASE(a_continuation_of_another_history_asks_for_a_resync) {
    make_notes(30);
    PullRequest request = snapshot_request(ben);
    request.bytes_max = 300;
    const Bytes continuation = to_bytes(engine.pull(request).message.continuation);
    server::SqliteAuthority other("", Durability::normal, Random(99));
    server::Engine restored(other, kSchema, clock, options());
    request.continuation = continuation;
    BOOST_TEST((refusal([&] { restored.pull(request); }) == RequestError::epoch_changed));
}

// --- Page sizes ------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_wished_page_size_is_kept_within_the_servers_limits) {
    server::EngineOptions narrow = options();
    narrow.page_bytes_min = 400;
    narrow.page_bytes_max = 800;
    narrow.page_bytes_default = 600;
    server::Engine small(authority, kSchema, clock, narrow);
    make_notes(50);
    const auto rows = [&](std::uint32_t wished) {
        PullRequest request = pull_request(ben);
        request.bytes_max = wished;
        return small.pull(request).message.rows.size();
    };
    BOOST_TEST(rows(1) == rows(400));
    BOOST_TEST(rows(1'000'000) == rows(800));
    BOOST_TEST(rows(0) == rows(600));
    BOOST_TEST(rows(400) < rows(800));
}

// --- Retention -------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(deletes_older_than_the_retention_are_forgotten) {
    make_notes(3);
    apply(anna, anna.remove("note", "n0"));
    clock.wall += std::chrono::hours(48);
    apply(anna, anna.remove("note", "n1"));
    engine.purge_older_than(std::chrono::hours(24));
    // The moment that is known to lie back far enough is that of the first commit of its hour.
    BOOST_TEST(engine.pull(snapshot_request(anna)).message.rows.size() == 1U);
    BOOST_TEST((refusal([&] { engine.pull(pull_request(anna)); }) == RequestError::cursor_too_old));
    BOOST_TEST(engine.pull(pull_request(anna, Cursor{4})).message.rows.size() == 1U);
    clock.wall += std::chrono::hours(1);
    engine.purge_older_than(std::chrono::hours(240));
    BOOST_TEST(engine.pull(pull_request(anna, Cursor{4})).message.rows.size() == 1U);
}

// --- Live frames -----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(frames_follow_on_each_queries_own_cursor) {
    make_notes(4);
    const std::array<server::FrameQuery, 3> queries{{
        {.client = anna.id, .cursor = Cursor{3}, .confirmed = {}, .told = {}},
        {.client = ben.id, .cursor = Cursor{1}, .confirmed = {}, .told = {}},
        {.client = ben.id, .cursor = Cursor{4}, .confirmed = {}, .told = {}},
    }};
    const auto frames = engine.frames("user:1", queries, 64 << 10);
    BOOST_REQUIRE(frames.message.size() == 3U);
    BOOST_REQUIRE(frames.message[0].page.has_value());
    BOOST_TEST(frames.message[0].page->rows.size() == 1U);
    BOOST_TEST(frames.message[0].page->applied.value == 4U);
    BOOST_TEST(frames.message[1].page->rows.size() == 3U);
    BOOST_TEST(!frames.message[2].page.has_value());
}

BOOST_AUTO_TEST_CASE(a_frame_that_would_be_large_is_a_hint_that_a_pull_can_go_on_from) {
    make_notes(30);
    const server::FrameQuery query{
        .client = ben.id, .cursor = Cursor{2}, .confirmed = {}, .told = {}};
    const auto frames = engine.frames("user:1", {&query, 1}, 500);
    const Page& hint = *frames.message[0].page;
    BOOST_TEST(hint.more);
    BOOST_TEST(hint.rows.empty());
    BOOST_TEST(hint.rows_total == 28U);
    PullRequest request = pull_request(ben, Cursor{2});
    request.continuation = hint.continuation;
    BOOST_TEST(engine.pull(request).message.rows.size() == 28U);
}

BOOST_AUTO_TEST_CASE(an_outcome_without_a_change_makes_a_frame_for_its_client_only) {
    make_notes(1);
    push(anna.request(anna.create_note("n0", "again")));
    const std::array<server::FrameQuery, 2> queries{{
        {.client = anna.id, .cursor = Cursor{1}, .confirmed = Sequence{1}, .told = Sequence{1}},
        {.client = ben.id, .cursor = Cursor{1}, .confirmed = {}, .told = {}},
    }};
    const auto frames = engine.frames("user:1", queries, 64 << 10);
    BOOST_REQUIRE(frames.message[0].page.has_value());
    BOOST_TEST(frames.message[0].page->rejections.size() == 1U);
    BOOST_TEST(frames.message[0].page->to.value == 1U);
    BOOST_TEST(!frames.message[1].page.has_value());
}

BOOST_AUTO_TEST_CASE(a_live_cursor_that_does_not_fit_is_refused) {
    make_notes(2);
    LiveRequest request;
    request.scope = "user:1";
    request.client = anna.id;
    request.epoch = engine.epoch();
    request.cursor = Cursor{2};
    engine.check_live(request);
    request.cursor = Cursor{3};
    BOOST_TEST((refusal([&] { engine.check_live(request); }) == RequestError::cursor_too_old));
    request.cursor = Cursor{2};
    request.epoch.high ^= 1;
    BOOST_TEST((refusal([&] { engine.check_live(request); }) == RequestError::epoch_changed));
}

BOOST_AUTO_TEST_SUITE_END()
