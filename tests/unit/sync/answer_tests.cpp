#include "answer.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using namespace syncline;
using Kind = Failure::Kind;
using Outcome = TransportResponse::Outcome;

namespace {

TransportResponse answered(int status, Bytes body = {}) {
    TransportResponse response;
    response.outcome = Outcome::answered;
    response.status = status;
    response.body = std::move(body);
    return response;
}

TransportResponse typed(RequestError error) {
    ErrorResponse body;
    body.error = error;
    body.message = "because";
    return answered(http_status(error), encode(body));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(answer_tests)

BOOST_AUTO_TEST_CASE(status_200_is_no_failure) {
    BOOST_TEST(!failure_in(answered(200)));
}

BOOST_AUTO_TEST_CASE(what_was_not_answered_is_lost_and_says_how) {
    TransportResponse response;
    response.outcome = Outcome::timed_out;
    response.detail = "127.0.0.1:1";
    const auto failure = failure_in(response);
    BOOST_REQUIRE(failure.has_value());
    BOOST_TEST((failure->kind == Kind::lost));
    BOOST_TEST(failure->error.code == "timed_out");
    BOOST_TEST(failure->error.text.find("127.0.0.1:1") != std::string::npos);
    BOOST_TEST(!failure->reached);
}

BOOST_AUTO_TEST_CASE(typed_errors_are_told_apart) {
    const auto kind = [](RequestError error) { return failure_in(typed(error))->kind; };
    BOOST_TEST((kind(RequestError::invalid_request) == Kind::request));
    BOOST_TEST((kind(RequestError::unauthorized) == Kind::unauthorized));
    BOOST_TEST((kind(RequestError::forbidden) == Kind::forbidden));
    BOOST_TEST((kind(RequestError::not_found) == Kind::request));
    BOOST_TEST((kind(RequestError::cursor_too_old) == Kind::resync));
    BOOST_TEST((kind(RequestError::epoch_changed) == Kind::resync));
    BOOST_TEST((kind(RequestError::client_forked) == Kind::forked));
    BOOST_TEST((kind(RequestError::too_large) == Kind::too_large));
    BOOST_TEST((kind(RequestError::schema_unknown) == Kind::schema_unknown));
    BOOST_TEST((kind(RequestError::rate_limited) == Kind::busy));
    BOOST_TEST((kind(RequestError::internal) == Kind::busy));
    BOOST_TEST((kind(RequestError::unavailable) == Kind::busy));
}

BOOST_AUTO_TEST_CASE(a_typed_error_carries_its_code_text_and_limits) {
    ErrorResponse body;
    body.error = RequestError::too_large;
    body.message = "at most 10 mutations";
    body.retry_after = 1500ms;
    body.limits = {10, 20, 30};
    const auto failure = failure_in(answered(413, encode(body)));
    BOOST_REQUIRE(failure.has_value());
    BOOST_TEST(failure->error.code == "too_large");
    BOOST_TEST(failure->error.text == "at most 10 mutations");
    BOOST_TEST((failure->retry_after == 1500ms));
    BOOST_TEST(failure->limits.batch_mutations_max == 10U);
    BOOST_TEST(failure->reached);
}

// A proxy's 410 or 426 must not make the client throw its base away.
BOOST_AUTO_TEST_CASE(of_strangers_only_statuses_that_mean_the_same_everywhere_are_believed) {
    const auto kind = [](int status) { return failure_in(answered(status, {1, 2, 3}))->kind; };
    BOOST_TEST((kind(401) == Kind::unauthorized));
    BOOST_TEST((kind(413) == Kind::too_large));
    BOOST_TEST((kind(429) == Kind::busy));
    for (const int status : {301, 400, 404, 409, 410, 426, 500, 502}) {
        BOOST_TEST((kind(status) == Kind::lost), status);
    }
}

BOOST_AUTO_TEST_CASE(the_header_says_when_to_come_back) {
    TransportResponse response = answered(429);
    response.retry_after = 7s;
    BOOST_TEST((failure_in(response)->retry_after == 7s));
}

BOOST_AUTO_TEST_SUITE_END()
