#include <boost/test/unit_test.hpp>
#include <csignal>
#include <string>
#include <vector>

#include "support/raw_http.hpp"
#include "support/server_process.hpp"
#include "support/temporary_folder.hpp"

using namespace syncline::test;

namespace {

const std::string kSchema = SYNCLINE_SCHEMA_DIR "/todo.fbs";

struct ProcessFixture {
    TemporaryFolder folder;
    std::string database = (folder / "server.db").string();

    static ProcessEnd run(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), SYNCLINE_SERVER);
        return ChildProcess(arguments).wait();
    }
    static void check_failure(const ProcessEnd& end, const std::string& part) {
        BOOST_TEST(end.exit_code == 1);
        BOOST_TEST(end.output == "");
        BOOST_TEST(end.errors.find(part) != std::string::npos, end.errors);
        // One line, and nothing after it.
        BOOST_TEST(end.errors.find('\n') == end.errors.size() - 1, end.errors);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(server_process_tests, ProcessFixture)

BOOST_AUTO_TEST_CASE(it_says_where_it_listens_serves_and_stops_with_0) {
    for (const int signal : {SIGTERM, SIGINT}) {
        ServerProcess server(SYNCLINE_SERVER, kSchema, database);
        BOOST_TEST(RawConnection(server.port()).request(http_get("/healthz")).status == 200);
        const ProcessEnd end = server.stop(signal);
        BOOST_TEST(end.exit_code == 0);
        BOOST_TEST(end.output == "listening on 127.0.0.1:" + std::to_string(server.port()) + "\n");
    }
}

BOOST_AUTO_TEST_CASE(a_restart_keeps_the_epoch) {
    std::string first;
    for (int i = 0; i < 2; ++i) {
        ServerProcess server(SYNCLINE_SERVER, kSchema, database);
        const std::string health = RawConnection(server.port()).request(http_get("/healthz")).body;
        if (i == 0) first = health;
        BOOST_TEST(health == first);
        server.stop(SIGTERM);
    }
}

BOOST_AUTO_TEST_CASE(a_stop_ends_live_streams) {
    ServerProcess server(SYNCLINE_SERVER, kSchema, database);
    RawConnection live(server.port());
    live.send(http_get("/v1/live?scope=a&client=00000000000000000000000000000001"));
    BOOST_TEST(live.read_head().status == 200);
    server.child().send_signal(SIGTERM);
    BOOST_TEST(live.read_chunk().empty());
    BOOST_TEST(server.child().wait().exit_code == 0);
}

BOOST_AUTO_TEST_CASE(a_schema_that_cannot_be_used_is_one_line) {
    check_failure(run({"--schema", (folder / "absent.fbs").string(), "--database", database}),
                  "absent.fbs: cannot be read");
    write_file_content(folder / "bad.fbs",
                       "include \"syncline.fbs\";\n"
                       "table T (entity: \"t\") { name:string; }");
    check_failure(run({"--schema", (folder / "bad.fbs").string(), "--database", database}),
                  "bad.fbs: T: has no key");
}

BOOST_AUTO_TEST_CASE(a_database_that_another_server_has_open_is_refused) {
    ServerProcess server(SYNCLINE_SERVER, kSchema, database);
    check_failure(run({"--schema", kSchema, "--database", database, "--listen", "127.0.0.1:0"}),
                  "already open");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_server_database_is_refused_and_left_alone) {
    const std::string content(5000, 'x');
    write_file_content(database, content);
    const ProcessEnd end =
        run({"--schema", kSchema, "--database", database, "--listen", "127.0.0.1:0"});
    check_failure(end, "server.db");
    BOOST_TEST(file_content(database) == content);
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_refused) {
    ServerProcess server(SYNCLINE_SERVER, kSchema, database);
    const std::string address = "127.0.0.1:" + std::to_string(server.port());
    check_failure(run({"--schema", kSchema, "--database", (folder / "other.db").string(),
                       "--listen", address}),
                  "cannot listen on " + address);
}

BOOST_AUTO_TEST_CASE(a_token_file_that_cannot_be_read_is_refused) {
    check_failure(run({"--schema", kSchema, "--database", database, "--token-file",
                       (folder / "absent.json").string()}),
                  "absent.json: cannot be read");
}

BOOST_AUTO_TEST_CASE(wrong_flags_end_it_with_2) {
    const std::vector<std::vector<std::string>> wrong{
        {},
        {"--schema", kSchema},
        {"--schema", kSchema, "--database", database, "--nonsense"},
        {"--schema", kSchema, "--database", database, "--listen", "8080"},
        {"--schema", kSchema, "--database", database, "--listen", "127.0.0.1:99999"},
        {"--schema", kSchema, "--database", database, "--threads", "0"},
        {"--schema", kSchema, "--database", database, "--durability", "some"},
    };
    for (const auto& arguments : wrong) {
        const ProcessEnd end = run(arguments);
        BOOST_TEST(end.exit_code == 2);
        BOOST_TEST(end.output == "");
        BOOST_TEST(!end.errors.empty());
    }
}

BOOST_AUTO_TEST_CASE(help_and_version_end_it_with_0) {
    BOOST_TEST(run({"--help"}).exit_code == 0);
    BOOST_TEST(run({"--version"}).exit_code == 0);
}

BOOST_AUTO_TEST_CASE(other_machines_are_not_served_without_tokens_unless_told_so) {
    const ProcessEnd end =
        run({"--schema", kSchema, "--database", database, "--listen", "0.0.0.0:0"});
    BOOST_TEST(end.exit_code == 2);
    BOOST_TEST(end.errors.find("--allow-anonymous") != std::string::npos);
    ServerProcess open(SYNCLINE_SERVER, kSchema, database,
                       {"--listen", "0.0.0.0:0", "--allow-anonymous"});
    BOOST_TEST(open.stop(SIGTERM).exit_code == 0);
    write_file_content(folder / "tokens.json", R"({"secret": ["a"]})");
    ServerProcess guarded(
        SYNCLINE_SERVER, kSchema, database,
        {"--listen", "0.0.0.0:0", "--token-file", (folder / "tokens.json").string()});
    const auto answer =
        RawConnection(guarded.port())
            .request(http_get("/v1/live?scope=a&client=00000000000000000000000000000001"));
    BOOST_TEST(answer.status == 401);
    BOOST_TEST(guarded.stop(SIGTERM).exit_code == 0);
}

BOOST_AUTO_TEST_SUITE_END()
