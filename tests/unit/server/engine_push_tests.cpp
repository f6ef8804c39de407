#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include "engine_fixture.hpp"

using namespace syncline;
using namespace syncline::test;
using syncline::server::MutatorContext;
using syncline::server::Reject;

namespace {

std::string_view title_of(const Bytes& row) {
    return RowView(row).string(note::kTitle);
}

std::vector<std::uint64_t> sequences(const std::vector<Rejection>& rejections) {
    std::vector<std::uint64_t> result;
    for (const Rejection& rejection : rejections) result.push_back(rejection.sequence.value);
    return result;
}

/// All that a push says of rejections, as one text.
std::string outcome(const PushResponse& response) {
    std::string text = std::to_string(response.processed.value) + ":";
    for (const Rejection& r : response.rejections) {
        text += " " + std::to_string(r.sequence.value) + " " + std::string(r.code) + " " +
                std::string(r.reason) + " " + std::string(as_text(r.row)) + ";";
    }
    return text;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(engine_push_tests, EngineFixture)

// --- Cursors ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_client_transaction_gets_one_cursor_that_all_its_rows_bear) {
    apply(anna, anna.create_note("n0", "first"));
    push(anna.request({anna.create_note("n1", "a"), anna.create_note("n2", "b"),
                       anna.create("folder", "f1", folder_row("f1", "c"))}));
    const auto page = engine.pull(pull_request(anna, Cursor{1}));
    BOOST_TEST(page.message.to.value == 2U);
    BOOST_REQUIRE(page.message.rows.size() == 3U);
    for (const RowChange& row : page.message.rows) BOOST_TEST(row.cursor.value == 2U);
}

BOOST_AUTO_TEST_CASE(several_transactions_of_one_push_get_a_cursor_each) {
    push(anna.request(std::vector<Transaction>{{{anna.create_note("n1", "a")}},
                                               {{anna.create_note("n2", "b")}}}));
    BOOST_TEST(head(anna).value == 2U);
}

BOOST_AUTO_TEST_CASE(a_transaction_that_changes_no_row_takes_no_cursor) {
    apply(anna, anna.create_note("n1", "a"));
    BOOST_TEST(apply(anna, anna.remove("note", "absent")).value == 1U);
    // Made and gone within one transaction.
    push(anna.request({anna.create_note("n2", "b"), anna.remove("note", "n2")}));
    BOOST_TEST(head(anna).value == 1U);
}

BOOST_AUTO_TEST_CASE(a_transaction_without_effect_still_counts_as_applied) {
    apply(anna, anna.remove("note", "absent"));
    const auto page = engine.pull(pull_request(anna));
    BOOST_TEST(page.message.applied.value == 1U);
    BOOST_TEST(page.message.applied_id.value == (std::uint64_t{1} << 32 | 1));
}

BOOST_AUTO_TEST_CASE(scopes_have_cursors_and_rows_of_their_own) {
    apply(anna, anna.create_note("n1", "a"));
    ben.scope = "user:2";
    BOOST_TEST(apply(ben, ben.create_note("n1", "other")).value == 1U);
    BOOST_TEST(title_of(row(anna, "note", "n1")) == "a");
    BOOST_TEST(title_of(row(ben, "note", "n1")) == "other");
}

BOOST_AUTO_TEST_CASE(one_client_counts_its_mutations_in_each_scope_anew) {
    apply(anna, anna.create_note("n1", "a"));
    TestClient again(1);
    again.scope = "user:2";
    BOOST_TEST(code(again, again.create_note("n1", "b")) == "");
    BOOST_TEST(title_of(row(again, "note", "n1")) == "b");
}

// --- Exactly once ----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_push_that_comes_twice_is_applied_once) {
    apply(anna, anna.create("note", "n1", note_row({.id = "n1", .title = "t", .created_at = 1})));
    const PushRequest request = anna.request(anna.update("note", "n1", add_visits(1)));
    push(request);
    push(request);
    BOOST_TEST(RowView(row(anna, "note", "n1")).scalar<std::int32_t>(note::kVisits, 0) == 1);
    BOOST_TEST(head(anna).value == 2U);
}

BOOST_AUTO_TEST_CASE(a_push_that_comes_twice_gets_the_identical_answer) {
    apply(anna, anna.create_note("n1", "a"));
    const PushRequest request = anna.request(std::vector<Transaction>{
        {{anna.create_note("n1", "again")}},
        {{anna.create_note("n2", "b")}},
        {{anna.update("note", "absent", patch_title("x")), anna.create_note("n3", "c")}}});
    const std::string first = outcome(push(request).message);
    // What the rejection says must not follow the row, which goes on changing.
    apply(ben, ben.update("note", "n1", patch_title("changed")));
    BOOST_TEST(outcome(push(request).message) == first);
    BOOST_TEST(first.find("already_exists") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_push_that_repeats_a_part_goes_on_with_what_is_new) {
    const Mutation first = anna.create_note("n1", "a");
    const Mutation second = anna.create_note("n2", "b");
    push(anna.request(first));
    const auto answer = push(anna.request(std::vector<Transaction>{{{first}}, {{second}}}));
    BOOST_TEST(answer.message.processed.value == 2U);
    BOOST_TEST(answer.message.rejections.empty());
    BOOST_TEST(head(anna).value == 2U);
}

BOOST_AUTO_TEST_CASE(an_old_push_that_arrives_late_changes_nothing) {
    const PushRequest old = anna.request(anna.create_note("n1", "a"));
    push(old);
    apply(anna, anna.update("note", "n1", patch_title("newer")));
    push(old);
    BOOST_TEST(title_of(row(anna, "note", "n1")) == "newer");
}

BOOST_AUTO_TEST_CASE(another_mutation_under_a_known_sequence_means_a_forked_client) {
    apply(anna, anna.create_note("n1", "a"));
    TestClient copy(1);
    Mutation other = copy.create_note("n2", "b");
    other.id = MutationId{999};
    BOOST_TEST((refusal([&] { push(copy.request(other)); }) == RequestError::client_forked));
    BOOST_TEST(row(anna, "note", "n2").empty());
}

BOOST_AUTO_TEST_CASE(a_fork_found_in_the_middle_of_a_push_answers_what_comes_before_it) {
    const Mutation first = anna.create_note("n1", "a");
    push(anna.request(first));
    apply(anna, anna.create_note("n2", "b"));
    Mutation other = first;
    other.sequence = Sequence{2};
    TestClient copy(1);
    copy.last = Sequence{2};
    const Mutation fresh = copy.create_note("n3", "c");
    // Refused as a whole, the first one would be sent again under another client id.
    const auto answer =
        push(copy.request(std::vector<Transaction>{{{first}}, {{other}}, {{fresh}}}));
    BOOST_TEST(answer.message.processed.value == 1U);
    BOOST_TEST(row(anna, "note", "n3").empty());
    BOOST_TEST((refusal([&] {
                    push(copy.request(std::vector<Transaction>{{{other}}, {{fresh}}}));
                }) == RequestError::client_forked));
}

BOOST_AUTO_TEST_CASE(a_push_of_a_client_that_knows_another_history_is_refused) {
    // What the former history had applied between may be missing here, and would never be noticed.
    push(anna.request(anna.create_note("n1", "a")));
    PushRequest later = anna.request(anna.create_note("n2", "b"));
    later.epoch = engine.epoch();
    later.epoch.low ^= 1;
    BOOST_TEST((refusal([&] { push(later); }) == RequestError::epoch_changed));
    BOOST_TEST(row(anna, "note", "n2").empty());
}

BOOST_AUTO_TEST_CASE(a_mutation_whose_receipt_is_long_gone_is_never_called_applied) {
    // A database restored from an old copy sends a sequence that was confirmed ages ago.
    server::EngineOptions few = options();
    few.receipts_kept = 2;
    server::Engine small(authority, kSchema, clock, few);
    for (int i = 0; i < 10; ++i) {
        anna.confirmed = anna.last;
        small.push(anna.request(anna.create_note("n" + std::to_string(i), "a")));
    }
    TestClient copy(1);
    BOOST_TEST((refusal([&] { small.push(copy.request(copy.create_note("new", "x"))); }) ==
                RequestError::client_forked));
}

BOOST_AUTO_TEST_CASE(outcomes_are_kept_until_they_are_confirmed) {
    server::EngineOptions few = options();
    few.receipts_kept = 2;
    server::Engine small(authority, kSchema, clock, few);
    apply(ben, ben.create_note("taken", "x"));
    const PushRequest rejected = anna.request(anna.create_note("taken", "a"));
    const std::string first = outcome(small.push(rejected).message);
    for (int i = 0; i < 20; ++i) {
        small.push(anna.request(anna.create_note("n" + std::to_string(i), "a")));
    }
    BOOST_TEST(outcome(small.push(rejected).message) == first);
    const auto page = small.pull(pull_request(anna));
    BOOST_TEST(sequences(page.message.rejections) == std::vector<std::uint64_t>{1});
}

// They are kept in blocks: what is kept longer than it must must be kept whole.
BOOST_AUTO_TEST_CASE(a_receipt_is_not_kept_without_its_rejection) {
    server::EngineOptions few = options();
    few.receipts_kept = 2;
    server::Engine small(authority, kSchema, clock, few);
    apply(ben, ben.create_note("taken", "x"));
    small.push(anna.request(anna.create_note("n0", "a")));  // a block of its own
    const PushRequest batch =
        anna.request(std::vector<Transaction>{{{anna.create_note("taken", "a")}},
                                              {{anna.create_note("n1", "a")}},
                                              {{anna.create_note("n2", "a")}}});
    const std::string first = outcome(small.push(batch).message);
    anna.confirmed = Sequence{3};
    for (int i = 0; i < 5; ++i) {
        small.push(anna.request(anna.create_note("m" + std::to_string(i), "a")));
    }
    BOOST_TEST(outcome(small.push(batch).message) == first);
}

BOOST_AUTO_TEST_CASE(sequences_may_have_gaps) {
    anna.last = Sequence{10};
    const PushRequest request = anna.request(
        std::vector<Transaction>{{{anna.create_note("n1", "a")}}, {{anna.create_note("n2", "b")}}});
    push(request);
    anna.last = Sequence{20};
    apply(anna, anna.create_note("n3", "c"));
    BOOST_TEST(push(request).message.processed.value == 12U);
    BOOST_TEST(head(anna).value == 3U);
}

BOOST_AUTO_TEST_CASE(sequences_that_do_not_ascend_are_refused) {
    const Mutation first = anna.create_note("n1", "a");
    const Mutation second = anna.create_note("n2", "b");
    BOOST_TEST((refusal([&] {
                    push(anna.request(std::vector<Transaction>{{{second}}, {{first}}}));
                }) == RequestError::invalid_request));
    BOOST_TEST((refusal([&] {
                    push(anna.request({first, first}));
                }) == RequestError::invalid_request));
    Mutation huge = first;
    huge.sequence = Sequence{~std::uint64_t{0}};
    BOOST_TEST((refusal([&] { push(anna.request(huge)); }) == RequestError::invalid_request));
}

BOOST_AUTO_TEST_CASE(a_transaction_half_known_is_of_another_database) {
    const Mutation first = anna.create_note("n1", "a");
    push(anna.request(first));
    const Mutation second = anna.create_note("n2", "b");
    BOOST_TEST((refusal([&] {
                    push(anna.request({first, second}));
                }) == RequestError::client_forked));
}

// --- All or nothing --------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_rejected_mutation_rejects_its_whole_transaction) {
    apply(ben, ben.create_note("taken", "x"));
    const auto answer =
        push(anna.request({anna.create_note("n1", "a"), anna.create_note("taken", "b"),
                           anna.create_note("n3", "c")}));
    const auto& rejections = answer.message.rejections;
    BOOST_REQUIRE(rejections.size() == 3U);
    BOOST_TEST(rejections[0].code == "transaction");
    BOOST_TEST(rejections[1].code == "already_exists");
    BOOST_TEST(rejections[2].code == "transaction");
    BOOST_TEST(row(anna, "note", "n1").empty());
    BOOST_TEST(head(anna).value == 1U);
}

BOOST_AUTO_TEST_CASE(the_transactions_behind_a_rejected_one_go_on) {
    apply(ben, ben.create_note("taken", "x"));
    const auto answer = push(anna.request(
        std::vector<Transaction>{{{anna.create_note("n1", "a")}},
                                 {{anna.create_note("n2", "b"), anna.create_note("taken", "c")}},
                                 {{anna.create_note("n3", "d")}}}));
    BOOST_TEST(answer.message.processed.value == 4U);
    BOOST_TEST(sequences(answer.message.rejections) == (std::vector<std::uint64_t>{2, 3}));
    BOOST_TEST(!row(anna, "note", "n1").empty());
    BOOST_TEST(row(anna, "note", "n2").empty());
    BOOST_TEST(!row(anna, "note", "n3").empty());
}

BOOST_AUTO_TEST_CASE(a_rejection_bears_the_servers_row_as_it_was_before_the_transaction) {
    const Bytes there = note_row({.id = "n1", .title = "theirs", .created_at = 1, .updated_at = 1});
    apply(ben, ben.create("note", "n1", there));
    const auto answer = push(anna.request(
        {anna.update("note", "n1", patch_title("mine")), anna.create_note("n1", "again")}));
    BOOST_REQUIRE(answer.message.rejections.size() == 2U);
    BOOST_TEST(to_bytes(answer.message.rejections[1].row) == there);
}

BOOST_AUTO_TEST_CASE(a_mutation_sees_what_earlier_ones_of_its_transaction_did) {
    push(anna.request({anna.create_note("n1", "a"), anna.update("note", "n1", patch_title("b")),
                       anna.remove("note", "n1"), anna.create_note("n1", "c")}));
    BOOST_TEST(title_of(row(anna, "note", "n1")) == "c");
}

// --- Kinds -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_create_is_stored_as_it_came) {
    const Bytes sent = note_row({.id = "n1", .title = "Milk", .created_at = 5, .updated_at = 6});
    apply(anna, anna.create("note", "n1", sent));
    BOOST_TEST(row(anna, "note", "n1") == sent);
}

BOOST_AUTO_TEST_CASE(a_create_of_a_row_that_is_there_is_rejected) {
    apply(ben, ben.create_note("n1", "first"));
    BOOST_TEST(code(anna, anna.create_note("n1", "second")) == "already_exists");
    BOOST_TEST(title_of(row(anna, "note", "n1")) == "first");
}

BOOST_AUTO_TEST_CASE(a_create_of_a_deleted_row_makes_it_again) {
    apply(ben, ben.create_note("n1", "first"));
    apply(ben, ben.remove("note", "n1"));
    BOOST_TEST(code(anna, anna.create_note("n1", "second")) == "");
    BOOST_TEST(title_of(row(anna, "note", "n1")) == "second");
}

BOOST_AUTO_TEST_CASE(stamps_from_a_clock_that_is_ahead_are_set_back_to_the_servers_time) {
    const std::int64_t now = clock.wall.time_since_epoch().count();
    apply(anna, anna.create("note", "n1",
                            note_row({.id = "n1",
                                      .title = "t",
                                      .created_at = now + 1'000'000,
                                      .updated_at = now - 1'000'000})));
    const Bytes stored = row(anna, "note", "n1");
    BOOST_TEST(RowView(stored).scalar<std::int64_t>(note::kCreatedAt, 0) == now);
    BOOST_TEST(RowView(stored).scalar<std::int64_t>(note::kUpdatedAt, 0) == now - 1'000'000);
}

BOOST_AUTO_TEST_CASE(an_update_changes_its_fields_and_no_others) {
    apply(anna, anna.create_note("n1", "a"));
    apply(ben, ben.update("note", "n1", patch_done(true)));
    apply(anna, anna.update("note", "n1", patch_title("b")));
    const Bytes stored = row(anna, "note", "n1");
    BOOST_TEST(title_of(stored) == "b");
    BOOST_TEST(RowView(stored).scalar<bool>(note::kDone, false));
}

BOOST_AUTO_TEST_CASE(counters_of_several_clients_add_up) {
    apply(anna, anna.create_note("n1", "a"));
    apply(anna, anna.update("note", "n1", add_visits(2)));
    apply(ben, ben.update("note", "n1", add_visits(3)));
    BOOST_TEST(RowView(row(anna, "note", "n1")).scalar<std::int32_t>(note::kVisits, 0) == 5);
}

BOOST_AUTO_TEST_CASE(an_update_is_stamped_with_the_devices_time_but_not_with_the_future) {
    const std::int64_t now = clock.wall.time_since_epoch().count();
    const auto updated_at = [&] {
        return RowView(row(anna, "note", "n1")).scalar<std::int64_t>(note::kUpdatedAt, 0);
    };
    apply(anna,
          anna.create("note", "n1",
                      note_row({.id = "n1", .title = "t", .created_at = 1, .updated_at = 1})));
    anna.time = clock.wall - std::chrono::hours(1);
    apply(anna, anna.update("note", "n1", patch_title("b")));
    BOOST_TEST(updated_at() == now - 3'600'000'000);
    anna.time = clock.wall + std::chrono::hours(1);
    apply(anna, anna.update("note", "n1", patch_title("c")));
    BOOST_TEST(updated_at() == now);
}

BOOST_AUTO_TEST_CASE(an_update_of_a_row_that_is_not_there_is_rejected) {
    BOOST_TEST(code(anna, anna.update("note", "absent", patch_title("x"))) == "not_found");
    apply(anna, anna.create_note("n1", "a"));
    apply(ben, ben.remove("note", "n1"));
    BOOST_TEST(code(anna, anna.update("note", "n1", patch_title("x"))) == "not_found");
}

BOOST_AUTO_TEST_CASE(a_remove_leaves_a_tombstone_and_a_second_one_changes_nothing) {
    apply(anna, anna.create_note("n1", "a"));
    apply(anna, anna.remove("note", "n1"));
    BOOST_TEST(code(ben, ben.remove("note", "n1")) == "");
    const auto page = engine.pull(pull_request(anna));
    BOOST_TEST(page.message.to.value == 2U);
    BOOST_REQUIRE(page.message.rows.size() == 1U);
    BOOST_TEST(!page.message.rows[0].data.has_value());
}

BOOST_AUTO_TEST_CASE(a_remove_of_a_row_that_somebody_has_updated_removes_it) {
    apply(anna, anna.create_note("n1", "a"));
    apply(anna, anna.create("folder", "f1", folder_row("f1", "a")));
    apply(ben, ben.update("note", "n1", patch_title("b"), Cursor{1}));
    apply(ben, ben.update("folder", "f1", patch_folder_name("b"), Cursor{2}));
    for (const auto& [entity, key] : {std::pair{"note", "n1"}, std::pair{"folder", "f1"}}) {
        Mutation remove = anna.remove(entity, key);
        remove.base = Cursor{2};
        BOOST_TEST(code(anna, remove) == "");
        BOOST_TEST(row(anna, entity, key).empty());
        BOOST_TEST(code(ben, ben.update(entity, key, patch_title("late"))) == "not_found");
    }
}

// --- Conflicts -------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_update_against_an_older_version_is_rejected_where_the_schema_says_so) {
    apply(anna, anna.create("folder", "f1", folder_row("f1", "a")));
    apply(ben, ben.update("folder", "f1", patch_folder_name("b"), Cursor{1}));
    const auto answer =
        push(anna.request(anna.update("folder", "f1", patch_folder_name("c"), Cursor{1})));
    BOOST_REQUIRE(answer.message.rejections.size() == 1U);
    BOOST_TEST(answer.message.rejections[0].code == "conflict");
    BOOST_TEST(RowView(answer.message.rejections[0].row).string(folder::kName) == "b");
}

BOOST_AUTO_TEST_CASE(an_update_against_the_current_version_is_applied) {
    apply(anna, anna.create("folder", "f1", folder_row("f1", "a")));
    BOOST_TEST(code(ben, ben.update("folder", "f1", patch_folder_name("b"), Cursor{1})) == "");
}

BOOST_AUTO_TEST_CASE(a_clients_own_edits_in_a_row_do_not_conflict_with_each_other) {
    // Made offline: all of them name the version that the client had before the first.
    apply(anna, anna.create("folder", "f1", folder_row("f1", "a")));
    BOOST_TEST(code(anna, anna.update("folder", "f1", patch_folder_name("b"))) == "");
    BOOST_TEST(code(anna, anna.update("folder", "f1", patch_folder_name("c"))) == "");
    apply(ben, ben.update("folder", "f1", patch_folder_name("d"), Cursor{3}));
    BOOST_TEST(code(anna, anna.update("folder", "f1", patch_folder_name("e"), Cursor{3})) ==
               "conflict");
    BOOST_TEST(code(ben, ben.update("folder", "f1", patch_folder_name("f"), Cursor{3})) == "");
}

// What was done to the row of that id before says nothing of the new one.
BOOST_AUTO_TEST_CASE(edits_of_a_row_made_again_do_not_conflict_with_its_former_life) {
    apply(ben, ben.create("folder", "f1", folder_row("f1", "ben's")));
    apply(ben, ben.remove("folder", "f1"));
    const PushRequest together =
        anna.request(std::vector<Mutation>{anna.create("folder", "f1", folder_row("f1", "a")),
                                           anna.update("folder", "f1", patch_folder_name("b"))});
    BOOST_TEST(push(together).message.rejections.empty());
    BOOST_TEST(code(anna, anna.update("folder", "f1", patch_folder_name("c"))) == "");
    BOOST_TEST(code(ben, ben.update("folder", "f1", patch_folder_name("d"), Cursor{1})) ==
               "conflict");
}

BOOST_AUTO_TEST_CASE(a_base_of_another_history_is_a_conflict) {
    apply(anna, anna.create("folder", "f1", folder_row("f1", "a")));
    BOOST_TEST(code(ben, ben.update("folder", "f1", patch_folder_name("b"), Cursor{900})) ==
               "conflict");
}

BOOST_AUTO_TEST_CASE(a_merging_entity_takes_updates_against_any_version) {
    apply(anna, anna.create_note("n1", "a"));
    apply(ben, ben.update("note", "n1", patch_title("b"), Cursor{1}));
    BOOST_TEST(code(anna, anna.update("note", "n1", patch_done(true), Cursor{1})) == "");
}

// --- Validation ------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_is_not_valid_is_rejected_as_invalid) {
    apply(ben, ben.create_note("n1", "a"));
    const Bytes good = note_row("x", "t");
    BOOST_TEST(code(anna, anna.create("note", "x", Bytes{1, 2, 3})) == "invalid");
    BOOST_TEST(code(anna, anna.create("note", "other", good)) == "invalid");
    BOOST_TEST(code(anna, anna.create("note", "x", Bytes(good.begin(), good.end() - 3))) ==
               "invalid");
    BOOST_TEST(code(anna, anna.update("note", "n1", Bytes{9, 9})) == "invalid");
    BOOST_TEST(code(anna, anna.remove("note", "")) == "invalid");
    BOOST_TEST(code(anna, anna.remove("note", "bad \xFF utf-8")) == "invalid");
    BOOST_TEST(code(anna, anna.create("nothing", "x", good)) == "invalid");
    BOOST_TEST(head(anna).value == 1U);
}

BOOST_AUTO_TEST_CASE(a_row_without_a_required_field_is_rejected) {
    RowBuilder row(note::kTable);
    row.string(note::kId, "x");
    BOOST_TEST(code(anna, anna.create("note", "x", row.finish())) == "invalid");
}

BOOST_AUTO_TEST_CASE(ids_may_be_as_long_as_the_limit_and_no_longer) {
    const std::string longest(512, 'k');
    BOOST_TEST(code(anna, anna.create_note(longest, "t")) == "");
    BOOST_TEST(code(anna, anna.create_note(longest + "k", "t")) == "invalid");
}

BOOST_AUTO_TEST_CASE(a_row_beyond_the_limit_is_rejected_also_when_a_patch_makes_it_so) {
    server::EngineOptions narrow = options();
    narrow.row_bytes_max = 1000;
    server::Engine small(authority, kSchema, clock, narrow);
    const auto rejection = [&](const Mutation& mutation) {
        const auto answer = small.push(anna.request(mutation));
        return answer.message.rejections.empty() ? ""
                                                 : std::string(answer.message.rejections[0].code);
    };
    const std::string text(900, 't');
    BOOST_TEST(rejection(anna.create_note("n1", text + text)) == "too_large");
    BOOST_TEST(rejection(anna.create_note("n2", text)) == "");
    BOOST_TEST(rejection(anna.update("note", "n2", patch_title(text + text))) == "too_large");
}

BOOST_AUTO_TEST_CASE(an_unknown_entity_from_another_schema_makes_the_request_wait) {
    anna.schema = 12345;
    BOOST_TEST((refusal([&] { push(anna.request(anna.create("task", "x", Bytes{1}))); }) ==
                RequestError::schema_unknown));
}

BOOST_AUTO_TEST_CASE(an_unknown_field_from_another_schema_makes_the_request_wait) {
    static constexpr std::array<FieldSchema, 3> kFields{{
        {.name = "id", .id = 0, .type = FieldType::string, .required = true, .key = true},
        {.name = "name", .id = 1, .type = FieldType::string, .required = true},
        {.name = "color", .id = 2, .type = FieldType::string},
    }};
    static constexpr TableSchema kTable{"Folder", kFields};
    static constexpr EntitySchema kNewer{.name = "folder", .table = &kTable, .key = 0};
    const Bytes newer = RowBuilder(kTable).string(0, "f1").string(1, "n").string(2, "red").finish();
    PatchBuilder builder(kNewer);
    builder.assign(2).string(2, "blue");
    const Bytes patch = builder.finish();
    apply(ben, ben.create("folder", "f2", folder_row("f2", "n")));

    anna.schema = 12345;
    TestClient other(3);
    other.schema = 12345;
    BOOST_TEST((refusal([&] { push(anna.request(anna.create("folder", "f1", newer))); }) ==
                RequestError::schema_unknown));
    BOOST_TEST((refusal([&] { push(other.request(other.update("folder", "f2", patch))); }) ==
                RequestError::schema_unknown));

    // Under the server's own schema it is simply wrong, and must not block the queue.
    TestClient liar(4);
    BOOST_TEST(code(liar, liar.create("folder", "f1", newer)) == "invalid");
    BOOST_TEST(code(liar, liar.update("folder", "f2", patch)) == "invalid");
}

BOOST_AUTO_TEST_CASE(a_client_of_another_schema_works_as_long_as_it_uses_what_is_known) {
    anna.schema = 12345;
    BOOST_TEST(code(anna, anna.create_note("n1", "a")) == "");
    BOOST_TEST(code(anna, anna.create("note", "x", Bytes{1, 2, 3})) == "invalid");
}

BOOST_AUTO_TEST_CASE(an_unknown_schema_in_the_middle_of_a_push_applies_nothing_of_it) {
    anna.schema = 12345;
    const Mutation first = anna.create_note("n1", "a");
    const Mutation second = anna.create("task", "x", Bytes{1});
    BOOST_TEST((refusal([&] {
                    push(anna.request(std::vector<Transaction>{{{first}}, {{second}}}));
                }) == RequestError::schema_unknown));
    BOOST_TEST(head(anna).value == 0U);
    BOOST_TEST(code(anna, first) == "");
}

BOOST_AUTO_TEST_CASE(a_scope_or_client_that_cannot_be_is_refused) {
    const auto is_invalid = [&](const PushRequest& request) {
        return refusal([&] { push(request); }) == RequestError::invalid_request;
    };
    PushRequest request = anna.request(anna.create_note("n1", "a"));
    request.scope = "";
    BOOST_TEST(is_invalid(request));
    const std::string too_long(257, 's');
    request.scope = too_long;
    BOOST_TEST(is_invalid(request));
    request.scope = "\xC0\x80";
    BOOST_TEST(is_invalid(request));
    request.scope = "user:1";
    request.client = {};
    BOOST_TEST(is_invalid(request));
    request = anna.request(std::vector<Transaction>{{}});
    BOOST_TEST(is_invalid(request));
}

BOOST_AUTO_TEST_CASE(a_local_entity_is_never_taken) {
    static constexpr std::array<EntitySchema, 2> kEntitiesWithLocal{
        kNote,
        EntitySchema{.name = "draft", .table = &folder::kTable, .key = folder::kId, .local = true}};
    static constexpr Schema kWithLocal{kEntitiesWithLocal};
    server::SqliteAuthority other("", Durability::normal, Random(8));
    server::Engine with_local(other, kWithLocal, clock);
    anna.schema = 1;
    const auto answer =
        with_local.push(anna.request(anna.create("draft", "d", folder_row("d", "x"))));
    BOOST_REQUIRE(answer.message.rejections.size() == 1U);
    BOOST_TEST(answer.message.rejections[0].code == "invalid");
}

// --- Limits ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_batch_beyond_the_limits_is_refused_and_a_single_transaction_is_not) {
    server::EngineOptions narrow = options();
    narrow.limits = {
        .batch_mutations_max = 3, .batch_bytes_max = 2000, .transaction_bytes_max = 10'000};
    server::Engine small(authority, kSchema, clock, narrow);
    std::vector<Transaction> many;
    for (int i = 0; i < 4; ++i) {
        many.push_back({{anna.create_note("m" + std::to_string(i), "a")}});
    }
    BOOST_TEST((refusal([&] { small.push(anna.request(many)); }) == RequestError::too_large));
    std::vector<Mutation> together;
    for (const Transaction& each : many) together.push_back(each.mutations.front());
    BOOST_TEST(small.push(anna.request(together)).message.rejections.empty());

    const std::string text(1500, 't');
    const std::vector<Transaction> large{{{anna.create_note("l1", text)}},
                                         {{anna.create_note("l2", text)}}};
    BOOST_TEST((refusal([&] { small.push(anna.request(large)); }) == RequestError::too_large));
}

BOOST_AUTO_TEST_CASE(a_transaction_beyond_its_limit_is_rejected_and_not_retried_for_ever) {
    server::EngineOptions narrow = options();
    narrow.limits.transaction_bytes_max = 2000;
    server::Engine small(authority, kSchema, clock, narrow);
    const std::string text(1500, 't');
    const auto answer =
        small.push(anna.request({anna.create_note("l1", text), anna.create_note("l2", text)}));
    BOOST_REQUIRE(answer.message.rejections.size() == 2U);
    BOOST_TEST(answer.message.rejections[0].code == "too_large");
    BOOST_TEST(small.push(anna.request(anna.create_note("l3", "t"))).message.processed.value == 3U);
}

BOOST_AUTO_TEST_CASE(a_withdrawn_transaction_is_rejected_with_the_code_of_its_client) {
    PushRequest request = anna.request(anna.create_note("w1", "t"));
    request.transactions[0].mutations[0].payload = {};
    request.transactions[0].withdrawn = "too_large";
    request.transactions[0].reason = "as its client says";
    for (int i = 0; i < 2; ++i) {
        const auto answer = push(request);
        BOOST_REQUIRE(answer.message.rejections.size() == 1U);
        BOOST_TEST(answer.message.rejections[0].code == "too_large");
        BOOST_TEST(answer.message.rejections[0].reason == "as its client says");
    }
}

BOOST_AUTO_TEST_CASE(what_was_applied_is_not_withdrawn_any_more) {
    PushRequest request = anna.request(anna.create_note("w1", "t"));
    push(request);
    request.transactions[0].mutations[0].payload = {};
    request.transactions[0].withdrawn = "too_large";
    const auto answer = push(request);
    BOOST_TEST(answer.message.rejections.empty());
    BOOST_TEST((answer.message.processed == request.transactions[0].mutations[0].sequence));
}

BOOST_AUTO_TEST_CASE(a_withdrawal_of_any_length_or_encoding_is_not_taken) {
    PushRequest request = anna.request(anna.create_note("w1", "t"));
    const std::string long_text(2'000, 'x');
    request.transactions[0].withdrawn = long_text;
    BOOST_TEST((refusal([&] { push(request); }) == RequestError::invalid_request));
    request.transactions[0].withdrawn = "too_large";
    request.transactions[0].reason = long_text;
    BOOST_TEST((refusal([&] { push(request); }) == RequestError::invalid_request));
    request.transactions[0].reason = "\xff";
    BOOST_TEST((refusal([&] { push(request); }) == RequestError::invalid_request));
}

// --- Named mutators --------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_named_mutator_changes_rows_in_its_transaction) {
    engine.set_mutator("finish_all", [](MutatorContext& context, ByteView arguments) {
        const std::string prefix(as_text(arguments));
        for (int i = 1; context.find("note", prefix + std::to_string(i)); ++i) {
            context.update("note", prefix + std::to_string(i), patch_done(true));
        }
        context.create("folder", folder_row("f1", "made by a mutator"));
        context.put("note", note_row("n9", "put"));
        BOOST_TEST(context.remove("note", "n2"));
        BOOST_TEST(!context.remove("note", "absent"));
        BOOST_TEST(context.scope() == "user:1");
    });
    push(anna.request({anna.create_note("n1", "a"), anna.create_note("n2", "b")}));
    apply(ben, ben.named("finish_all", "n"));
    BOOST_TEST(head(anna).value == 2U);
    BOOST_TEST(RowView(row(anna, "note", "n1")).scalar<bool>(note::kDone, false));
    BOOST_TEST(row(anna, "note", "n2").empty());
    BOOST_TEST(title_of(row(anna, "note", "n9")) == "put");
    BOOST_TEST(!row(anna, "folder", "f1").empty());
}

BOOST_AUTO_TEST_CASE(a_mutator_that_rejects_rejects_its_transaction_with_its_own_word) {
    engine.set_mutator("pay", [](MutatorContext& context, ByteView) {
        context.create("note", note_row("n1", "half done"));
        throw Reject("no_funds", "The account is empty.");
    });
    const auto answer = push(anna.request(anna.named("pay", "")));
    BOOST_REQUIRE(answer.message.rejections.size() == 1U);
    BOOST_TEST(answer.message.rejections[0].code == "no_funds");
    BOOST_TEST(answer.message.rejections[0].reason == "The account is empty.");
    BOOST_TEST(row(anna, "note", "n1").empty());
}

BOOST_AUTO_TEST_CASE(a_mutator_that_fails_is_rejected_and_blocks_nothing) {
    engine.set_mutator("crash", [](MutatorContext&, ByteView) { throw std::logic_error("oops"); });
    const auto answer = push(anna.request(
        std::vector<Transaction>{{{anna.named("crash", "")}}, {{anna.create_note("n1", "a")}}}));
    BOOST_TEST(sequences(answer.message.rejections) == std::vector<std::uint64_t>{1});
    BOOST_TEST(answer.message.rejections[0].code == "mutator_failed");
    BOOST_TEST(!row(anna, "note", "n1").empty());
}

BOOST_AUTO_TEST_CASE(what_a_mutator_writes_is_checked_as_what_clients_write) {
    engine.set_mutator("bad_row", [](MutatorContext& context, ByteView arguments) {
        context.create("note", arguments);
    });
    engine.set_mutator("bad_entity",
                       [](MutatorContext& context, ByteView) { context.remove("nothing", "x"); });
    engine.set_mutator("twice", [](MutatorContext& context, ByteView) {
        context.create("note", note_row("n1", "a"));
        context.create("note", note_row("n1", "b"));
    });
    BOOST_TEST(code(anna, anna.named("bad_row", "rubbish")) == "invalid");
    BOOST_TEST(code(anna, anna.named("bad_entity", "")) == "invalid");
    BOOST_TEST(code(anna, anna.named("twice", "")) == "already_exists");
}

BOOST_AUTO_TEST_CASE(an_unknown_mutator_is_rejected) {
    BOOST_TEST(code(anna, anna.named("nobody", "")) == "unknown_mutator");
}

// --- Answers ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_push_that_asks_for_a_pull_gets_the_page_after_its_own_commit) {
    apply(ben, ben.create_note("n1", "theirs"));
    PushRequest request = anna.request(anna.create_note("n2", "mine"));
    request.pull = true;
    request.epoch = engine.epoch();
    const auto answer = push(request);
    BOOST_REQUIRE(answer.message.page.has_value());
    BOOST_TEST(answer.message.page->to.value == 2U);
    BOOST_TEST(answer.message.page->rows.size() == 2U);
    BOOST_TEST(answer.message.page->applied.value == 1U);
    BOOST_TEST(!answer.message.page->more);
}

BOOST_AUTO_TEST_CASE(a_push_is_done_also_when_the_page_it_asks_for_cannot_be_made) {
    PushRequest request = anna.request(anna.create_note("n1", "mine"));
    request.pull = true;
    request.cursor = Cursor{99};
    const auto answer = push(request);
    BOOST_TEST(!answer.message.page.has_value());
    BOOST_TEST((answer.message.epoch == engine.epoch()));
    BOOST_TEST(!row(anna, "note", "n1").empty());
}

BOOST_AUTO_TEST_CASE(a_push_of_nothing_may_still_pull) {
    apply(ben, ben.create_note("n1", "theirs"));
    PushRequest request = anna.request(std::vector<Transaction>{});
    request.pull = true;
    BOOST_TEST(push(request).message.page->rows.size() == 1U);
}

BOOST_AUTO_TEST_CASE(commits_are_told_to_the_listener_and_repeats_are_not) {
    std::vector<std::string> heard;
    engine.on_commit([&](std::string_view scope) { heard.emplace_back(scope); });
    const PushRequest request = anna.request(anna.create_note("n1", "a"));
    push(request);
    push(request);
    BOOST_TEST(heard == std::vector<std::string>{"user:1"});
}

BOOST_AUTO_TEST_SUITE_END()
