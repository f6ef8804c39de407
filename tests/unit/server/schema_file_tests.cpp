#include "syncline/server/schema_file.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "support/temporary_folder.hpp"
#include "support/test_schema.hpp"

namespace {

using syncline::server::SchemaError;
using syncline::server::SchemaFile;

constexpr const char* kTestSchema = R"(
include "syncline.fbs";
namespace test;
table Note (entity: "note") {
  id:string (key);
  title:string (required);
  done:bool;
  priority:byte;
  tags:[string] (merge: "set");
  visits:int (merge: "counter");
  best:int (merge: "max");
  due:long = null;
  created_at:long (created_at);
  updated_at:long (updated_at);
  parent:string (references: "Folder", index);
}
table Folder (entity: "folder", conflict: "reject", priority: 2) { id:string (key); name:string (required); }
)";

struct SchemaFixture {
    TemporaryFolder folder;

    SchemaFile load(const std::string& text, const std::string& name = "case.fbs") {
        write_file_content(folder / name, text);
        return SchemaFile::load(folder / name);
    }
    /// The message for tables that stand between the include and the end.
    std::string error_of(const std::string& tables) {
        try {
            load("include \"syncline.fbs\";\n" + tables);
        } catch (const SchemaError& error) {
            return error.what();
        }
        return "no error";
    }
};

std::filesystem::path shipped(const char* name) {
    return std::filesystem::path(SYNCLINE_SCHEMA_DIR) / name;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(schema_file_tests, SchemaFixture)

BOOST_AUTO_TEST_CASE(a_schema_read_at_run_time_has_the_fingerprint_of_compiled_descriptors) {
    const SchemaFile file = load(kTestSchema);
    BOOST_TEST(syncline::fingerprint(file.schema()) ==
               syncline::fingerprint(syncline::test::kSchema));
}

BOOST_AUTO_TEST_CASE(fields_are_read_with_all_that_the_schema_says_of_them) {
    const SchemaFile file = load(kTestSchema);
    const syncline::EntitySchema* note = file.schema().find("note");
    BOOST_REQUIRE(note != nullptr);
    const auto wanted = syncline::test::kNote.table->fields;
    BOOST_REQUIRE(note->table->fields.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const syncline::FieldSchema& field = note->table->fields[i];
        BOOST_TEST(field.name == wanted[i].name);
        BOOST_TEST(field.id == wanted[i].id);
        BOOST_TEST((field.type == wanted[i].type));
        BOOST_TEST((field.element == wanted[i].element));
        BOOST_TEST(field.required == wanted[i].required);
        BOOST_TEST(field.optional == wanted[i].optional);
        BOOST_TEST(field.key == wanted[i].key);
        BOOST_TEST(field.indexed == wanted[i].indexed);
        BOOST_TEST((field.merge == wanted[i].merge));
        BOOST_TEST((field.stamp == wanted[i].stamp));
        BOOST_TEST(field.references == wanted[i].references);
    }
    BOOST_TEST((file.schema().find("folder")->conflict == syncline::ConflictPolicy::reject));
    BOOST_TEST(file.schema().find("folder")->priority == 2U);
    BOOST_TEST(file.schema().find("note")->priority == syncline::kPriorityDefault);
}

BOOST_AUTO_TEST_CASE(entities_stand_in_the_order_of_their_names) {
    const SchemaFile file = load(kTestSchema);
    BOOST_REQUIRE(file.schema().entities.size() == 2U);
    BOOST_TEST(file.schema().entities[0].name == "folder");
    BOOST_TEST(file.schema().entities[1].name == "note");
}

BOOST_AUTO_TEST_CASE(a_compiled_schema_gives_the_same_as_its_source) {
    for (const char* name : {"todo", "places"}) {
        const std::string command =
            std::string(SYNCLINE_FLATC) + " --schema --bfbs-comments --bfbs-builtins -b -o " +
            folder.path().string() + " " + shipped((std::string(name) + ".fbs").c_str()).string();
        BOOST_REQUIRE(std::system(command.c_str()) == 0);
        const auto compiled = SchemaFile::load(folder / (std::string(name) + ".bfbs"));
        const auto source = SchemaFile::load(shipped((std::string(name) + ".fbs").c_str()));
        BOOST_TEST(syncline::fingerprint(compiled.schema()) ==
                   syncline::fingerprint(source.schema()));
    }
}

BOOST_AUTO_TEST_CASE(nested_tables_structs_enums_and_defaults_are_read) {
    const SchemaFile file = load(R"(include "syncline.fbs";
        enum Mood : short { bad = -2, good = 3 }
        struct Point { x:float; y:double; }
        table Inner { note:string; at:Point; }
        table Thing (entity: "thing") {
          id:string (key); mood:Mood = bad; where:Point; path:[Point]; blob:[ubyte];
          inner:Inner; weight:float = 1.5; small:byte = -1; old:int (deprecated); last:ulong = 7;
        })");
    const syncline::TableSchema& table = *file.schema().find("thing")->table;
    using syncline::FieldType;
    BOOST_TEST((table.find("mood")->type == FieldType::int16));
    BOOST_TEST(table.find("mood")->default_bits == 0xFFFEU);
    BOOST_TEST((table.find("where")->type == FieldType::structure));
    BOOST_TEST(table.find("where")->struct_size == 16U);
    BOOST_TEST(table.find("where")->struct_align == 8U);
    BOOST_TEST((table.find("path")->element == FieldType::structure));
    BOOST_TEST((table.find("blob")->element == FieldType::uint8));
    BOOST_REQUIRE(table.find("inner")->table != nullptr);
    BOOST_TEST(table.find("inner")->table->name == "Inner");
    BOOST_TEST(table.find("weight")->default_bits == 0x3FC00000U);
    BOOST_TEST(table.find("small")->default_bits == 0xFFU);
    BOOST_TEST((table.find("old") == nullptr));
    BOOST_TEST(table.find("last")->id == 9U);
}

BOOST_AUTO_TEST_CASE(a_local_table_is_known_as_local) {
    const SchemaFile file = load(R"(include "syncline.fbs";
        table A (entity: "a") { id:string (key); }
        table B (entity: "b", local) { id:string (key); })");
    BOOST_TEST(!file.schema().find("a")->local);
    BOOST_TEST(file.schema().find("b")->local);
}

BOOST_AUTO_TEST_CASE(errors_name_file_table_and_field) {
    BOOST_TEST(error_of("table T (entity: \"t\") { name:string; }") ==
               "case.fbs: T: has no key; make one string field (key)");
    BOOST_TEST(error_of("table T (entity: \"t\") { id:int (key); }") ==
               "case.fbs: T.id: is the key and must be a string");
    BOOST_TEST(error_of("table T (entity: \"Big\") { id:string (key); }") ==
               "case.fbs: T: the entity's name \"Big\" is not made of a-z, 0-9 and _, beginning "
               "with a letter");
    BOOST_TEST(error_of("table T (entity: \"t\") { id:string (key); }"
                        "table U (entity: \"t\") { id:string (key); }") ==
               "case.fbs: U: another table is the entity \"t\" already");
    BOOST_TEST(
        error_of("table T (entity: \"t\") { id:string (key); n:string (merge: \"sum\"); }") ==
        "case.fbs: T.n: merge is \"sum\"; it can be lww, counter, set, max or min");
    BOOST_TEST(
        error_of("table T (entity: \"t\") { id:string (key); n:string (merge: \"counter\"); }") ==
        "case.fbs: T.n: merge is \"counter\", which is for numbers");
    BOOST_TEST(error_of("table T (entity: \"t\") { id:string (key); at:int (created_at); }") ==
               "case.fbs: T.at: is a time stamp and must be a long");
    BOOST_TEST(error_of("table T (entity: \"t\", conflict: \"win\") { id:string (key); }") ==
               "case.fbs: T: conflict is \"win\"; it can be \"merge\" or \"reject\"");
    BOOST_TEST(error_of("table T (entity: \"t\", priority: 10) { id:string (key); }") ==
               "case.fbs: T: priority is 10; it can be 1 to 9");
    BOOST_TEST(
        error_of("table T (entity: \"t\") { id:string (key); r:string (references: \"X\"); }") ==
        "case.fbs: T.r: references \"X\", which is no entity's table");
    BOOST_TEST(error_of("table I { x:int; } "
                        "table T (entity: \"t\") { id:string (key); v:[I]; }") ==
               "case.fbs: T.v: is a vector of tables; use structs or an entity");
    BOOST_TEST(error_of("table I { x:int; } union U { I } "
                        "table T (entity: \"t\") { id:string (key); u:U; }")
                   .starts_with("case.fbs: T.u"));
    BOOST_TEST(error_of("table T { id:string (key); }").starts_with("case.fbs: has no table"));
}

BOOST_AUTO_TEST_CASE(a_syntax_error_names_file_and_line) {
    BOOST_TEST(error_of("table T (entity: \"t\") {\n id string;\n}").starts_with("case.fbs:3"));
}

BOOST_AUTO_TEST_CASE(an_attribute_that_is_not_declared_is_an_error) {
    BOOST_TEST(error_of("table T (entity: \"t\") { id:string (key, indexed); }") != "no error");
}

BOOST_AUTO_TEST_CASE(what_is_no_compiled_schema_is_refused) {
    write_file_content(folder / "bad.bfbs", "this is no schema at all, but long enough for one");
    BOOST_CHECK_THROW(SchemaFile::load(folder / "bad.bfbs"), SchemaError);
    write_file_content(folder / "empty.bfbs", "");
    BOOST_CHECK_THROW(SchemaFile::load(folder / "empty.bfbs"), SchemaError);
    BOOST_CHECK_THROW(SchemaFile::load(folder / "absent.fbs"), SchemaError);
}

BOOST_AUTO_TEST_SUITE_END()
