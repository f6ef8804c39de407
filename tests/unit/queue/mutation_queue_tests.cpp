#include "syncline/queue/mutation_queue.hpp"

#include <boost/test/unit_test.hpp>

#include "syncline/queue/rejections.hpp"
#include "syncline/queue/tracked_writes.hpp"

using namespace syncline;

namespace {

DatabaseOptions in_memory() {
    DatabaseOptions options;
    options.create = [](Connection& connection) { create_queue_tables(connection); };
    return options;
}

struct QueueFixture {
    void append(std::uint64_t sequence, MutationKind kind = MutationKind::update,
                std::uint64_t transaction = 0) {
        Mutation mutation;
        mutation.sequence = Sequence{sequence};
        mutation.id = MutationId{sequence * 1'000};
        mutation.kind = kind;
        mutation.entity = "note";
        mutation.key = "k";
        mutation.payload = as_bytes("payload");
        mutation.base = Cursor{4};
        mutation.time = WallTime(std::chrono::microseconds(-5));
        const Sequence first{transaction != 0 ? transaction : sequence};
        queue.append(connection, mutation, first, kind == MutationKind::create);
    }
    std::string numbers() {
        std::string result;
        queue.for_each(connection, Sequence{}, Sequence{~std::uint64_t{0}},
                       [&](const QueueEntry& entry) {
                           result += std::to_string(entry.sequence.value) + "/" +
                                     std::to_string(entry.transaction.value) + " ";
                           return true;
                       });
        return result;
    }

    Database db{in_memory()};
    WriteTransaction tx = db.begin_write();
    Connection& connection = tx.connection();
    MutationQueue queue{1};
    Rejections rejections{1};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(mutation_queue_tests, QueueFixture)

BOOST_AUTO_TEST_CASE(an_entry_comes_back_as_it_was_queued) {
    append(3);
    const auto entry = queue.find(connection, Sequence{3});
    BOOST_REQUIRE(entry);
    BOOST_TEST((entry->id == MutationId{3'000}));
    BOOST_TEST((entry->kind == MutationKind::update));
    BOOST_TEST(entry->entity == "note");
    BOOST_TEST(as_text(*entry->payload) == "payload");
    BOOST_TEST((entry->base == Cursor{4}));
    BOOST_TEST(entry->made_at.time_since_epoch().count() == -5);
    BOOST_TEST(!queue.find(connection, Sequence{2}));
}

BOOST_AUTO_TEST_CASE(the_payload_of_a_create_may_be_in_its_row) {
    append(1, MutationKind::create);
    BOOST_TEST(queue.find(connection, Sequence{1})->payload_is_in_row());
    queue.set_payload(connection, Sequence{1}, as_bytes("copy"));
    BOOST_TEST(!queue.find(connection, Sequence{1})->payload_is_in_row());
    append(2, MutationKind::remove);
    BOOST_TEST(!queue.find(connection, Sequence{2})->payload_is_in_row());
}

BOOST_AUTO_TEST_CASE(entries_are_counted_and_erased_by_range) {
    for (std::uint64_t i = 1; i <= 5; ++i) append(i);
    BOOST_TEST(queue.count(connection, Sequence{2}, Sequence{4}) == 3U);
    BOOST_TEST((queue.last(connection) == Sequence{5}));
    queue.erase_to(connection, Sequence{2});
    queue.erase(connection, Sequence{4});
    BOOST_TEST(numbers() == "3/3 5/5 ");
    BOOST_TEST((queue.next(connection, Sequence{3})->sequence == Sequence{5}));
    BOOST_TEST(!queue.next(connection, Sequence{5}));
}

BOOST_AUTO_TEST_CASE(renumbering_keeps_order_ids_and_transactions) {
    append(4);
    append(7, MutationKind::update, 7);
    append(8, MutationKind::update, 7);
    append(12);
    std::string renamed;
    const auto note = [&](const QueueEntry& entry, Sequence number) {
        renamed += std::to_string(entry.sequence.value) + ">" + std::to_string(number.value) + " ";
    };
    const Sequence last = queue.renumber(connection, ClientId{{1, 2}}, note);
    BOOST_TEST((last == Sequence{4}));
    BOOST_TEST(renamed == "4>1 7>2 8>3 12>4 ");
    BOOST_TEST(numbers() == "1/1 2/2 3/2 4/4 ");
    BOOST_TEST((queue.find(connection, Sequence{3})->id == MutationId{8'000}));
}

BOOST_AUTO_TEST_CASE(an_entry_keeps_the_client_id_under_which_it_was_made) {
    append(1);
    BOOST_TEST(!queue.find(connection, Sequence{1})->origin);
    const auto ignore = [](const QueueEntry&, Sequence) {};
    queue.renumber(connection, ClientId{{1, 2}}, ignore);
    append(2);
    queue.renumber(connection, ClientId{{3, 4}}, ignore);
    BOOST_TEST((queue.find(connection, Sequence{1})->origin == ClientId{{1, 2}}));
    BOOST_TEST((queue.find(connection, Sequence{2})->origin == ClientId{{3, 4}}));
}

BOOST_AUTO_TEST_CASE(scopes_have_queues_of_their_own) {
    append(1);
    const MutationQueue other(2);
    BOOST_TEST(other.count(connection, Sequence{}, Sequence{9}) == 0U);
    other.erase_to(connection, Sequence{9});
    BOOST_TEST(numbers() == "1/1 ");
}

BOOST_AUTO_TEST_CASE(rows_touched_by_a_prediction_are_noted_once_and_go_with_it) {
    append(1, MutationKind::named);
    BOOST_TEST(queue.has_named(connection));
    BOOST_TEST(queue.touch(connection, Sequence{1}, "note", "a"));
    BOOST_TEST(!queue.touch(connection, Sequence{1}, "note", "a"));
    queue.erase_to(connection, Sequence{1});
    int touched = 0;
    queue.for_each_touched(connection, [&](std::string_view, std::string_view) { ++touched; });
    BOOST_TEST(touched == 0);
    BOOST_TEST(!queue.has_named(connection));
}

BOOST_AUTO_TEST_CASE(a_mutation_rejected_twice_is_one_record) {
    RejectedMutation rejected;
    rejected.id = MutationId{5};
    rejected.sequence = Sequence{1};
    rejected.code = "first";
    rejections.add(connection, rejected);
    rejected.code = "second";
    rejections.add(connection, rejected);
    BOOST_REQUIRE(rejections.count(connection) == 1U);
    BOOST_TEST(rejections.find(connection, MutationId{5})->code == "first");
    BOOST_TEST(rejections.erase(connection, MutationId{5}));
    BOOST_TEST(!rejections.erase(connection, MutationId{5}));
}

// --- Tracked writes ------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_other_scopes_track_does_not_age_an_outcome) {
    const TrackedWrites own(1);
    const TrackedWrites other(2);
    WriteStatus applied;
    applied.state = WriteState::applied;
    own.add(connection, MutationId{1}, applied);
    own.add(connection, MutationId{2}, {});  // undecided
    for (std::uint64_t i = 0; i < 3'000; ++i) other.add(connection, MutationId{i}, applied);
    own.add(connection, MutationId{3}, applied);
    BOOST_TEST(own.find(connection, MutationId{1}).has_value());
    // Of the other one's outcomes the last thousand are kept.
    BOOST_TEST(!other.find(connection, MutationId{1'000}).has_value());
    BOOST_TEST(other.find(connection, MutationId{2'000}).has_value());

    for (std::uint64_t i = 10; i < 1'010; ++i) own.add(connection, MutationId{i}, applied);
    BOOST_TEST(!own.find(connection, MutationId{1}).has_value());
    BOOST_TEST(own.find(connection, MutationId{2}).has_value());
    BOOST_TEST(own.find(connection, MutationId{10}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
