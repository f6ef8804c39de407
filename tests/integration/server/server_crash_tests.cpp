#include <atomic>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/raw_http.hpp"
#include "support/server_process.hpp"
#include "support/temporary_folder.hpp"
#include "syncline/base/random.hpp"
#include "syncline/protocol/messages.hpp"
#include "syncline/protocol/patch.hpp"
#include "syncline/protocol/row.hpp"
#include "syncline/server/schema_file.hpp"

// The real server, killed with SIGKILL while clients push, and started again: what a client was
// told is there, once.

using namespace syncline;
using namespace syncline::test;

namespace {

const std::string kSchemaFile = SYNCLINE_SCHEMA_DIR "/todo.fbs";
constexpr int kClients = 3;

struct Entities {
    server::SchemaFile file = server::SchemaFile::load(kSchemaFile);
    const EntitySchema& todo = *file.schema().find("todo");
    FieldId visits = todo.table->find("visits")->id;

    Bytes row(const std::string& id) const {
        return RowBuilder(*todo.table)
            .string(todo.key, id)
            .string(todo.table->find("title")->id, "a todo")
            .finish();
    }
    Bytes visit() const {
        PatchBuilder patch(todo);
        patch.add(visits).scalar(visits, std::int32_t{1});
        return patch.finish();
    }
};

/// A client that keeps its unconfirmed mutation until it has an answer. Each of its transactions
/// makes a row of its own and adds one to a counter that all clients share.
class Pusher {
public:
    Pusher(const Entities& entities, std::uint64_t number)
        : entities_(entities), number_(number), visit_(entities.visit()) {}

    /// Pushes until the server dies.
    void push_until_cut(std::uint16_t port) {
        try {
            RawConnection connection(port);
            for (;;) {
                const std::uint64_t next = acknowledged_ + 1;
                const RawResponse answer = connection.request(http_post("/v1/push", request(next)));
                if (answer.status != 200) throw std::logic_error("status");
                const Bytes body = to_bytes(as_bytes(answer.body));
                const PushResponse response = decode_push_response(body);
                if (!response.rejections.empty()) rejected_ = true;
                acknowledged_ = next;
            }
        } catch (const std::runtime_error&) {
            // The connection is gone, and whether the last push was taken is not known.
        }
    }

    std::uint64_t acknowledged() const { return acknowledged_; }
    bool rejected() const { return rejected_; }
    std::string id_of(std::uint64_t index) const {
        return std::to_string(number_) + "-" + std::to_string(index);
    }

private:
    Bytes request(std::uint64_t index) {
        const std::string id = id_of(index);
        const Bytes row = entities_.row(id);
        Mutation create;
        create.sequence = Sequence{index * 2 - 1};
        create.id = MutationId{number_ << 32 | create.sequence.value};
        create.kind = MutationKind::create;
        create.entity = "todo";
        create.key = id;
        create.payload = row;
        Mutation count = create;
        count.sequence = Sequence{index * 2};
        count.id = MutationId{number_ << 32 | count.sequence.value};
        count.kind = MutationKind::update;
        count.key = "shared";
        count.payload = visit_;
        PushRequest request;
        request.scope = "user:1";
        request.client.low = number_;
        request.schema = fingerprint(entities_.file.schema());
        request.transactions = {{{create, count}}};
        return encode(request);
    }

    const Entities& entities_;
    std::uint64_t number_;
    Bytes visit_;
    std::uint64_t acknowledged_ = 0;
    bool rejected_ = false;
};

struct CrashFixture {
    TemporaryFolder folder;
    std::string database = (folder / "server.db").string();
    Entities entities;

    std::unique_ptr<ServerProcess> start() {
        // SIGKILL spares what was written to files; that is what `normal` promises.
        return std::make_unique<ServerProcess>(SYNCLINE_SERVER, kSchemaFile, database,
                                               std::vector<std::string>{"--durability", "normal"});
    }

    void make_shared_row(std::uint16_t port) {
        const Bytes row = entities.row("shared");
        Mutation create;
        create.sequence = Sequence{1};
        create.id = MutationId{1};
        create.kind = MutationKind::create;
        create.entity = "todo";
        create.key = "shared";
        create.payload = row;
        PushRequest request;
        request.scope = "user:1";
        request.client.low = 999;
        request.transactions = {{{create}}};
        const Bytes body = encode(request);
        BOOST_REQUIRE(RawConnection(port).request(http_post("/v1/push", body)).status == 200);
    }

    std::map<std::string, Bytes> pull_all(std::uint16_t port) {
        std::map<std::string, Bytes> rows;
        RawConnection connection(port);
        Bytes continuation;
        for (;;) {
            PullRequest request;
            request.scope = "user:1";
            request.client.low = 998;
            request.continuation = continuation;
            const RawResponse answer =
                connection.request(http_post("/v1/snapshot", encode(request)));
            BOOST_REQUIRE(answer.status == 200);
            const Bytes body = to_bytes(as_bytes(answer.body));
            const Page page = decode_page(body);
            for (const RowChange& row : page.rows) {
                if (row.data) rows[std::string(row.key)] = to_bytes(*row.data);
            }
            if (!page.more) {
                check_hash(page, rows);
                return rows;
            }
            continuation = to_bytes(page.continuation);
        }
    }

    static void check_hash(const Page& page, const std::map<std::string, Bytes>& rows) {
        SetHash hash;
        for (const auto& [id, row] : rows) hash.add(id, row);
        for (const EntityHash& each : page.hashes) {
            if (each.entity == "todo") BOOST_TEST((each.hash == hash));
        }
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(server_crash_tests, CrashFixture)

BOOST_AUTO_TEST_CASE(what_was_acknowledged_is_there_once_after_any_number_of_kills) {
    std::vector<Pusher> pushers;
    for (std::uint64_t i = 1; i <= kClients; ++i) pushers.emplace_back(entities, i);
    Random random = Random::from_system();
    auto server = start();
    make_shared_row(server->port());

    for (int round = 0; round < 12; ++round) {
        std::vector<std::thread> threads;
        for (Pusher& pusher : pushers) {
            threads.emplace_back([&] { pusher.push_until_cut(server->port()); });
        }
        // Dies at some push of somebody, whichever that is.
        const std::uint64_t wanted = 1 + random.below(60);
        RawConnection watcher(server->port());
        for (std::uint64_t i = 0; i < wanted; ++i) watcher.request(http_get("/healthz"));
        server->child().send_signal(SIGKILL);
        for (std::thread& thread : threads) thread.join();
        server->child().wait();
        server = start();
    }

    const auto rows = pull_all(server->port());
    std::uint64_t made = 0;
    for (const Pusher& pusher : pushers) {
        BOOST_TEST(!pusher.rejected());
        for (std::uint64_t i = 1; i <= pusher.acknowledged(); ++i) {
            BOOST_TEST(rows.contains(pusher.id_of(i)));
        }
        made += pusher.acknowledged();
        // The one under way when the server died may be there, too; none beyond it.
        const bool one_more = rows.contains(pusher.id_of(pusher.acknowledged() + 1));
        made += one_more ? 1 : 0;
    }
    BOOST_TEST(rows.size() == made + 1);
    // Applied twice, a transaction would have counted twice; half applied, not at all.
    const auto visits = RowView(rows.at("shared")).scalar<std::int32_t>(entities.visits, 0);
    BOOST_TEST(static_cast<std::uint64_t>(visits) == made);
    BOOST_TEST_MESSAGE(made << " transactions");
    BOOST_TEST(made > 0U);
}

BOOST_AUTO_TEST_SUITE_END()
