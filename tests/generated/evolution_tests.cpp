#include <boost/test/unit_test.hpp>

#include "cases/evolution_new/expected/schema.hpp"
#include "cases/evolution_old/expected/schema.hpp"
#include "support.hpp"

// One entity at two ages of its schema: evolution_new is evolution_old some years later.

namespace {

evolution_old::NoteDraft old_draft() {
    return {.title = "t",
            .stars = 4,
            .color = evolution_old::Color::green,
            .tags = {"x", "y"},
            .place = evolution_old::Place{.city = "Ulm"},
            .draft = true,
            .subtitle = "s"};
}

evolution_new::NoteDraft new_draft() {
    return {.heading = "h",
            .color = evolution_new::Color::blue,
            .tags = {"x"},
            .place = evolution_new::Place{.city = "Ulm", .country = "DE", .floor = 2},
            .priority = 1,
            .due = 5,
            .links = {"l"},
            .visits = 9};
}

syncline::Row old_row() {
    return row_of(evolution_old::Note::schema(), old_draft());
}
syncline::Row new_row() {
    return row_of(evolution_new::Note::schema(), new_draft());
}

bool is_row_of(const syncline::EntitySchema& entity, const syncline::Row& row) {
    return !syncline::verify_row(*entity.table, row.bytes());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(evolution_tests)

BOOST_AUTO_TEST_CASE(new_code_reads_old_rows) {
    BOOST_TEST(is_row_of(evolution_new::Note::schema(), old_row()));
    const evolution_new::NoteView view(old_row());
    BOOST_TEST(view.heading() == "t");
    BOOST_TEST(view.stars() == 4);
    BOOST_TEST((view.color() == evolution_new::Color::green));
    BOOST_TEST((view.tags().to_vector() == std::vector<std::string>{"x", "y"}));
    BOOST_TEST(view.place().value().city == "Ulm");
    BOOST_TEST(view.subtitle().value() == "s");
}

BOOST_AUTO_TEST_CASE(fields_that_old_rows_lack_are_absent_or_at_their_default) {
    const evolution_new::NoteView view(old_row());
    BOOST_TEST(view.priority() == 7);
    BOOST_TEST(!view.due().has_value());
    BOOST_TEST(view.links().empty());
    BOOST_TEST(view.visits() == 0);
    BOOST_TEST(!view.place().value().country.has_value());
    BOOST_TEST(view.place().value().floor == 1);
}

BOOST_AUTO_TEST_CASE(old_code_reads_new_rows) {
    BOOST_TEST(is_row_of(evolution_old::Note::schema(), new_row()));
    const evolution_old::NoteView view(new_row());
    BOOST_TEST(view.title() == "h");
    BOOST_TEST(view.stars() == 3);
    BOOST_TEST(view.place().value().city == "Ulm");
    BOOST_TEST(!view.draft());
    BOOST_TEST(!view.subtitle().has_value());
}

BOOST_AUTO_TEST_CASE(old_code_keeps_an_enumerator_that_it_does_not_know) {
    const evolution_old::NoteView view(new_row());
    BOOST_TEST(static_cast<int>(view.color()) == 2);
    BOOST_TEST(to_string(view.color()).empty());
}

BOOST_AUTO_TEST_CASE(a_patch_of_old_code_keeps_what_is_new_in_a_row) {
    syncline::PatchBuilder builder(evolution_old::Note::schema());
    evolution_old::NotePatch{.title = "edited", .tags = syncline::insert({"z"})}.write(builder);
    const syncline::Bytes patch = builder.finish();
    BOOST_REQUIRE(!syncline::verify_patch(evolution_new::Note::schema(), patch));

    const syncline::Row row(
        syncline::apply_patch(evolution_new::Note::schema(), new_row(), patch, {}));
    const evolution_new::NoteView view(row);
    BOOST_TEST(view.heading() == "edited");
    BOOST_TEST((view.tags().to_vector() == std::vector<std::string>{"x", "z"}));
    BOOST_TEST(view.due().value() == 5);
    BOOST_TEST(view.visits() == 9);
    BOOST_TEST(view.place().value().country.value() == "DE");
}

BOOST_AUTO_TEST_CASE(a_patch_of_new_code_applies_to_an_old_row) {
    const evolution_new::NoteView view(
        patched(evolution_new::Note::schema(), old_row(),
                evolution_new::NotePatch{.priority = 2, .due = 8, .visits = syncline::add(1)}));
    BOOST_TEST(view.heading() == "t");
    BOOST_TEST(view.priority() == 2);
    BOOST_TEST(view.due().value() == 8);
    BOOST_TEST(view.visits() == 1);
}

BOOST_AUTO_TEST_CASE(new_code_reads_old_arguments_with_defaults_for_what_is_new) {
    const syncline::Bytes bytes =
        evolution_old::mutators::move.encode({.note_id = "n", .to = "top", .times = 4});
    const auto read = evolution_new::mutators::move.decode(bytes);
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST(read->note_id == "n");
    BOOST_TEST(read->place.value() == "top");
    BOOST_TEST(read->top);
    BOOST_TEST((read->color == evolution_new::Color::green));
    BOOST_TEST(!read->by.has_value());
    BOOST_TEST(read->parts.empty());
}

BOOST_AUTO_TEST_CASE(old_code_reads_new_arguments_without_what_it_does_not_know) {
    const syncline::Bytes bytes =
        evolution_new::mutators::move.encode({.note_id = "n",
                                              .top = false,
                                              .color = evolution_new::Color::blue,
                                              .by = 5,
                                              .parts = {"x"}});
    const auto read = evolution_old::mutators::move.decode(bytes);
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST(read->note_id == "n");
    BOOST_TEST(!read->to.has_value());
    BOOST_TEST(!read->top);
    BOOST_TEST(read->times == 0);
}

BOOST_AUTO_TEST_CASE(arguments_that_lack_what_is_required_are_none) {
    const syncline::Bytes none = syncline::RowBuilder(evolution_old::Move::table()).finish();
    BOOST_TEST(!evolution_old::mutators::move.decode(none).has_value());
    BOOST_TEST(!evolution_old::mutators::move.decode({}).has_value());
}

BOOST_AUTO_TEST_CASE(client_and_server_can_tell_the_ages_apart) {
    BOOST_TEST(syncline::fingerprint(evolution_old::schema()) !=
               syncline::fingerprint(evolution_new::schema()));
}

BOOST_AUTO_TEST_SUITE_END()
