#include "syncline/server/service.hpp"

#include <boost/test/unit_test.hpp>
#include <deque>
#include <memory>
#include <variant>
#include <vector>

#include "engine_fixture.hpp"
#include "syncline/server/token_file.hpp"

using namespace syncline;
using namespace syncline::test;
using syncline::server::LiveSink;
using syncline::server::LiveSubscription;
using syncline::server::Service;
using syncline::server::ServiceResponse;
using syncline::server::TokenFile;

namespace {

/// A live consumer that keeps its frames.
struct Listener {
    std::vector<std::shared_ptr<const Bytes>> frames;
    bool takes_more = true;
    bool ended = false;
    std::unique_ptr<LiveSubscription> subscription;

    LiveSink sink() {
        return {.on_frame =
                    [this](std::shared_ptr<const Bytes> frame) {
                        frames.push_back(std::move(frame));
                        return takes_more;
                    },
                .on_end = [this] { ended = true; }};
    }
    Page frame(std::size_t index) const { return decode_page(*frames.at(index)); }
};

struct ServiceFixture : EngineFixture {
    Service service{engine};
    Listener listener;

    static Bytes body(const PushRequest& request) { return encode(request); }

    ServiceResponse push_bytes(const PushRequest& request, std::string_view token = "") {
        return service.handle(Endpoint::push, token, encode(request));
    }
    static RequestError error_of(const ServiceResponse& answer) {
        return decode_error(answer.body).error;
    }

    LiveRequest live_request(const TestClient& client, Cursor from = {}) {
        LiveRequest request;
        request.scope = client.scope;
        request.client = client.id;
        request.epoch = engine.epoch();
        request.cursor = from;
        request.confirmed = client.confirmed;
        return request;
    }
    void subscribe(Listener& to, const LiveRequest& request) {
        auto outcome = service.subscribe(request, to.sink());
        BOOST_REQUIRE(std::holds_alternative<std::unique_ptr<LiveSubscription>>(outcome));
        to.subscription = std::get<std::unique_ptr<LiveSubscription>>(std::move(outcome));
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(service_tests, ServiceFixture)

BOOST_AUTO_TEST_CASE(push_pull_and_snapshot_go_from_bytes_to_bytes) {
    const ServiceResponse pushed = push_bytes(anna.request(anna.create_note("n1", "a")));
    BOOST_TEST(pushed.status == 200);
    BOOST_TEST(decode_push_response(pushed.body).processed.value == 1U);
    const ServiceResponse pulled = service.handle(Endpoint::pull, "", encode(pull_request(anna)));
    BOOST_TEST(pulled.status == 200);
    BOOST_TEST(decode_page(pulled.body).rows.size() == 1U);
    PullRequest request = pull_request(anna);
    request.cursor = Cursor{50};
    const ServiceResponse snapshot = service.handle(Endpoint::snapshot, "", encode(request));
    BOOST_TEST(snapshot.status == 200);
    BOOST_TEST(decode_page(snapshot.body).snapshot);
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_message_get_a_typed_400) {
    for (const Endpoint endpoint : {Endpoint::push, Endpoint::pull, Endpoint::snapshot}) {
        for (const Bytes& rubbish : {Bytes{}, Bytes{1}, Bytes(1000, 0xFF)}) {
            const ServiceResponse answer = service.handle(endpoint, "", rubbish);
            BOOST_TEST(answer.status == 400);
            BOOST_TEST((error_of(answer) == RequestError::damaged));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_message_of_another_kind_gets_a_typed_400) {
    const ServiceResponse answer = service.handle(Endpoint::push, "", encode(ErrorResponse{}));
    BOOST_TEST(answer.status == 400);
    BOOST_TEST((error_of(answer) == RequestError::invalid_request));
}

BOOST_AUTO_TEST_CASE(every_refusal_has_its_status_and_says_why) {
    anna.schema = 5;
    const ServiceResponse unknown = push_bytes(anna.request(anna.create("task", "x", Bytes{1})));
    BOOST_TEST(unknown.status == 426);
    BOOST_TEST((error_of(unknown) == RequestError::schema_unknown));
    BOOST_TEST(!decode_error(unknown.body).message.empty());
    const ServiceResponse old =
        service.handle(Endpoint::pull, "", encode(pull_request(anna, Cursor{9})));
    BOOST_TEST(old.status == 410);
    BOOST_TEST(decode_error(old.body).limits.transaction_bytes_max == 64U << 20);
}

BOOST_AUTO_TEST_CASE(a_random_or_damaged_body_never_gets_more_than_an_error) {
    PushRequest request = anna.request({anna.create_note("n1", "a"), anna.remove("note", "n1")});
    request.pull = true;
    const std::vector<std::pair<Endpoint, Bytes>> good{
        {Endpoint::push, encode(request)},
        {Endpoint::pull, encode(pull_request(anna))},
        {Endpoint::snapshot, encode(pull_request(anna))}};
    for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
        Random random(seed);
        const auto& [endpoint, original] = good[random.below(good.size())];
        Bytes damaged = original;
        if (random.below(3) == 0) damaged.resize(random.below(damaged.size() + 1));
        for (std::uint64_t i = random.below(4) + 1; i > 0 && !damaged.empty(); --i) {
            damaged[random.below(damaged.size())] ^= static_cast<std::uint8_t>(random.next());
        }
        const int status = service.handle(endpoint, "", damaged).status;
        BOOST_TEST_CONTEXT("seed " << seed) {
            BOOST_REQUIRE((status == 200 || status == 400 || status == 409 || status == 410 ||
                           status == 413 || status == 426));
        }
    }
}

// --- Tokens ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(no_scope_is_touched_without_its_token) {
    const TokenFile tokens =
        TokenFile::parse(R"({"secret": ["user:1", "team"], "root": ["*"]})", "t");
    Service guarded(engine, tokens);
    const auto status = [&](std::string_view token, std::string_view scope) {
        anna.scope = scope;
        const int pushed =
            guarded.handle(Endpoint::push, token, encode(anna.request(std::vector<Transaction>{})))
                .status;
        const int pulled = guarded.handle(Endpoint::pull, token, encode(pull_request(anna))).status;
        LiveRequest live = live_request(anna);
        live.token = token;
        const auto outcome = guarded.subscribe(live, listener.sink());
        const auto* refused = std::get_if<ServiceResponse>(&outcome);
        BOOST_TEST(pushed == pulled);
        BOOST_TEST((refused != nullptr ? refused->status : 200) == pulled);
        return pulled;
    };
    BOOST_TEST(status("secret", "user:1") == 200);
    BOOST_TEST(status("secret", "team") == 200);
    BOOST_TEST(status("secret", "user:2") == 403);
    BOOST_TEST(status("root", "user:2") == 200);
    BOOST_TEST(status("wrong", "user:1") == 401);
    BOOST_TEST(status("", "user:1") == 401);
    BOOST_TEST(guarded.admit("secret").has_value() == false);
    BOOST_TEST(guarded.admit("wrong")->status == 401);
}

BOOST_AUTO_TEST_CASE(a_token_file_that_is_none_is_refused_without_showing_its_content) {
    for (const char* bad : {"", "[]", "{\"token-abc\": 5}", "{\"token-abc\": [5]}",
                            "{\"\": [\"a\"]}", "{\"token-abc\" [}"}) {
        try {
            TokenFile::parse(bad, "tokens.json");
            BOOST_ERROR("was taken: " << bad);
        } catch (const InvalidArgument& error) {
            const std::string text = error.what();
            BOOST_TEST(text.starts_with("tokens.json: "));
            BOOST_TEST(text.find("abc") == std::string::npos);
        }
    }
}

// --- Live ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_commit_reaches_a_live_client_as_a_complete_page) {
    subscribe(listener, live_request(anna));
    BOOST_TEST(listener.frames.empty());
    push_bytes(ben.request(ben.create_note("n1", "a")));
    BOOST_REQUIRE(listener.frames.size() == 1U);
    const Page page = listener.frame(0);
    BOOST_TEST(page.from.value == 0U);
    BOOST_TEST(page.to.value == 1U);
    BOOST_TEST(!page.more);
    BOOST_TEST(page.rows.size() == 1U);
    BOOST_TEST(page.hashes.size() == 2U);
}

BOOST_AUTO_TEST_CASE(frames_follow_on_each_other) {
    subscribe(listener, live_request(anna));
    for (int i = 0; i < 5; ++i) {
        push_bytes(ben.request(ben.create_note("n" + std::to_string(i), "a")));
    }
    BOOST_REQUIRE(listener.frames.size() == 5U);
    for (std::size_t i = 0; i < 5; ++i) {
        BOOST_TEST(listener.frame(i).from.value == i);
        BOOST_TEST(listener.frame(i).to.value == i + 1);
    }
}

BOOST_AUTO_TEST_CASE(a_client_that_is_behind_gets_a_frame_at_once) {
    push_bytes(ben.request(ben.create_note("n1", "a")));
    subscribe(listener, live_request(anna));
    BOOST_REQUIRE(listener.frames.size() == 1U);
    BOOST_TEST(listener.frame(0).rows.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_slow_consumer_gets_one_frame_for_all_that_it_missed) {
    listener.takes_more = false;
    subscribe(listener, live_request(anna));
    for (int i = 0; i < 10; ++i) {
        push_bytes(ben.request(ben.create_note("n" + std::to_string(i), "a")));
    }
    BOOST_REQUIRE(listener.frames.size() == 1U);
    listener.subscription->resume();
    BOOST_REQUIRE(listener.frames.size() == 2U);
    BOOST_TEST(listener.frame(1).from.value == 1U);
    BOOST_TEST(listener.frame(1).rows.size() == 9U);
    listener.subscription->resume();
    BOOST_TEST(listener.frames.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_large_change_is_announced_and_the_next_frame_follows_on_it) {
    subscribe(listener, live_request(anna));
    push_bytes(ben.request(ben.create_note("n1", std::string(100'000, 't'))));
    push_bytes(ben.request(ben.create_note("n2", "small")));
    BOOST_REQUIRE(listener.frames.size() == 2U);
    BOOST_TEST(listener.frame(0).more);
    BOOST_TEST(listener.frame(0).rows.empty());
    BOOST_TEST(listener.frame(1).from.value == 1U);
    BOOST_TEST(listener.frame(1).rows.size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_pushing_client_hears_of_its_outcomes_too) {
    push_bytes(ben.request(ben.create_note("n1", "a")));
    subscribe(listener, live_request(anna, Cursor{1}));
    BOOST_TEST(listener.frames.empty());
    push_bytes(anna.request(anna.create_note("n1", "again")));
    BOOST_REQUIRE(listener.frames.size() == 1U);
    BOOST_TEST(listener.frame(0).applied.value == 1U);
    BOOST_TEST(listener.frame(0).rejections.size() == 1U);
}

BOOST_AUTO_TEST_CASE(other_scopes_are_not_heard) {
    subscribe(listener, live_request(anna));
    ben.scope = "user:2";
    push_bytes(ben.request(ben.create_note("n1", "a")));
    BOOST_TEST(listener.frames.empty());
}

BOOST_AUTO_TEST_CASE(nothing_comes_after_the_subscription_ended) {
    subscribe(listener, live_request(anna));
    listener.subscription.reset();
    push_bytes(ben.request(ben.create_note("n1", "a")));
    BOOST_TEST(listener.frames.empty());
}

BOOST_AUTO_TEST_CASE(a_stream_whose_cursor_was_purged_away_ends) {
    listener.takes_more = false;
    subscribe(listener, live_request(anna));
    for (const char* key : {"n1", "n2", "n3"}) {
        push_bytes(ben.request(ben.create_note(key, "a")));
    }
    engine.purge("user:1", Cursor{3});
    listener.subscription->resume();
    BOOST_TEST(listener.ended);
    listener.subscription->resume();
    push_bytes(ben.request(ben.create_note("n4", "a")));
    BOOST_TEST(listener.frames.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_sink_may_push_from_within_and_end_its_own_subscription) {
    Listener second;
    subscribe(second, live_request(anna));
    int pushes = 0;
    LiveSink sink{
        .on_frame =
            [&](std::shared_ptr<const Bytes>) {
                if (pushes++ < 3) {
                    push_bytes(anna.request(anna.create_note(std::to_string(pushes), "a")));
                } else {
                    listener.subscription.reset();
                }
                return true;
            },
        .on_end = {}};
    auto outcome = service.subscribe(live_request(ben), sink);
    listener.subscription = std::get<std::unique_ptr<LiveSubscription>>(std::move(outcome));
    push_bytes(ben.request(ben.create_note("n1", "a")));
    push_bytes(ben.request(ben.create_note("n2", "a")));
    BOOST_TEST(pushes == 4);
    BOOST_TEST(second.frames.size() >= 1U);
    BOOST_TEST(second.frame(second.frames.size() - 1).to.value == 5U);
}

BOOST_AUTO_TEST_CASE(frames_are_made_where_the_options_say) {
    std::deque<Task> tasks;
    Service later(engine, Service::allow_all(),
                  {.run_later = [&](Task task) { tasks.push_back(std::move(task)); },
                   .frame_bytes_max = 64 << 10});
    auto outcome = later.subscribe(live_request(anna), listener.sink());
    listener.subscription = std::get<std::unique_ptr<LiveSubscription>>(std::move(outcome));
    for (int i = 0; i < 3; ++i) {
        push_bytes(ben.request(ben.create_note("n" + std::to_string(i), "a")));
    }
    BOOST_TEST(listener.frames.empty());
    while (!tasks.empty()) {
        const Task task = std::move(tasks.front());
        tasks.pop_front();
        task();
    }
    BOOST_REQUIRE(listener.frames.size() == 1U);
    BOOST_TEST(listener.frame(0).rows.size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_live_request_that_does_not_fit_is_refused) {
    const auto status = [&](const LiveRequest& request) {
        const auto outcome = service.subscribe(request, listener.sink());
        return std::get<ServiceResponse>(outcome).status;
    };
    LiveRequest request = live_request(anna, Cursor{9});
    BOOST_TEST(status(request) == 410);
    request = live_request(anna);
    request.epoch.low ^= 1;
    BOOST_TEST(status(request) == 410);
    request = live_request(anna);
    request.client = {};
    BOOST_TEST(status(request) == 400);
    request = live_request(anna);
    request.scope = "";
    BOOST_TEST(status(request) == 400);
}

BOOST_AUTO_TEST_SUITE_END()
