#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "cases/every_type/expected/schema.hpp"
#include "cases/evolution_new/expected/schema.hpp"
#include "cases/mutators/expected/schema.hpp"
#include "cases/namespaces/expected/schema.hpp"
#include "cases/relations/expected/schema.hpp"
#include "places.hpp"
#include "seats.hpp"
#include "syncline/server/schema_file.hpp"
#include "todo.hpp"

// A client with generated code and a server that reads the schema must mean the same by it.

namespace {

const std::filesystem::path kProject = SYNCLINE_PROJECT_DIR;

std::uint64_t on_server(const std::filesystem::path& schema) {
    const auto file = syncline::server::SchemaFile::load(kProject / schema, {kProject / "schema"});
    return syncline::fingerprint(file.schema());
}

std::uint64_t on_server(const char* name, const char* schema) {
    return on_server(std::filesystem::path("tests/generated/cases") / name / schema);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schema_agreement_tests)

BOOST_AUTO_TEST_CASE(on_the_examples) {
    BOOST_TEST(syncline::fingerprint(todo::schema()) == on_server("schema/todo.fbs"));
    BOOST_TEST(syncline::fingerprint(places::schema()) == on_server("schema/places.fbs"));
}

BOOST_AUTO_TEST_CASE(on_every_type) {
    BOOST_TEST(syncline::fingerprint(every_type::schema()) ==
               on_server("every_type", "schema.fbs"));
}

BOOST_AUTO_TEST_CASE(on_deprecated_fields) {
    BOOST_TEST(syncline::fingerprint(evolution_new::schema()) ==
               on_server("evolution_new", "schema.fbs"));
}

BOOST_AUTO_TEST_CASE(on_included_entities) {
    BOOST_TEST(syncline::fingerprint(shop::orders::schema()) ==
               on_server("namespaces", "schema.fbs"));
}

BOOST_AUTO_TEST_CASE(on_references_and_local_entities) {
    BOOST_TEST(syncline::fingerprint(relations::schema()) == on_server("relations", "schema.fbs"));
}

BOOST_AUTO_TEST_CASE(on_named_mutations) {
    BOOST_TEST(syncline::fingerprint(seats::schema()) == on_server("schema/seats.fbs"));
    BOOST_TEST(syncline::fingerprint(tools::main::schema()) == on_server("mutators", "schema.fbs"));
    syncline::Schema without = seats::schema();
    without.mutators = {};
    BOOST_TEST(syncline::fingerprint(without) != on_server("schema/seats.fbs"));
}

BOOST_AUTO_TEST_SUITE_END()
