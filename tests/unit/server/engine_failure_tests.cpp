#include <sys/resource.h>

#include <boost/test/unit_test.hpp>
#include <csignal>

#include "engine_fixture.hpp"
#include "support/temporary_folder.hpp"
#include "syncline/server/service.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

/// No file of this process may grow beyond `bytes`: what the disk says when it is full.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) {
        std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

private:
    rlimit before_{};
};

struct FailureFixture {
    TemporaryFolder folder;
    SettableClock clock;
    server::SqliteAuthority authority{folder / "server.db", Durability::normal, Random(7)};
    server::Engine engine{authority, kSchema, clock};
    server::Service service{engine};
    TestClient anna{1};

    server::ServiceResponse push(const PushRequest& request) {
        return service.handle(Endpoint::push, "", encode(request));
    }
    server::Owned<Page> pull() {
        PullRequest request;
        request.scope = anna.scope;
        request.client = anna.id;
        return engine.pull(request);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(engine_failure_tests, FailureFixture)

BOOST_AUTO_TEST_CASE(a_push_that_cannot_be_written_is_not_done_at_all_and_may_come_again) {
    BOOST_TEST(push(anna.request(anna.create_note("n1", "a"))).status == 200);
    std::vector<Transaction> many;
    for (int i = 0; i < 500; ++i) {
        many.push_back({{anna.create_note("m" + std::to_string(i), std::string(1500, 't'))}});
    }
    const PushRequest request = anna.request(many);
    {
        const FileSizeLimit limit(256 << 10);
        const server::ServiceResponse failed = push(request);
        BOOST_TEST((failed.status == 500 || failed.status == 503));
        BOOST_TEST(failed.retry_after.has_value());
    }
    auto page = pull();
    BOOST_TEST(page.message.to.value == 1U);
    BOOST_TEST(page.message.applied.value == 1U);
    BOOST_TEST(page.message.rows.size() == 1U);

    BOOST_TEST(push(request).status == 200);
    page = pull();
    BOOST_TEST(page.message.to.value == 501U);
    BOOST_TEST(page.message.applied.value == 501U);
}

BOOST_AUTO_TEST_SUITE_END()
