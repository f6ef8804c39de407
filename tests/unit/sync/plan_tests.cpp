#include "plan.hpp"

#include <boost/test/unit_test.hpp>

#include "syncline/base/random.hpp"

using namespace std::chrono_literals;
using namespace syncline;

namespace {

const SteadyTime kNow{100s};

struct PlanFixture {
    PlanFixture() {
        at.now = kNow;
        at.started = true;
        at.online = true;
        at.state.cursor = Cursor{7};
        at.pull_due = kNow + 30s;
        at.push_interval = 1s;
    }
    SyncPlan plan() const { return plan_sync(at); }

    SyncSituation at;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(plan_tests, PlanFixture)

BOOST_AUTO_TEST_CASE(stopped_it_does_nothing_whatever_there_is_to_do) {
    at.started = false;
    at.state.unsent = 5;
    at.pull_asked = true;
    BOOST_TEST((plan().action == SyncAction::none));
    BOOST_TEST((plan().phase == SyncPhase::stopped));
    BOOST_TEST(!plan().next);
}

BOOST_AUTO_TEST_CASE(stopped_but_waited_for_it_works_until_all_is_done) {
    at.started = false;
    at.waited_for = true;
    at.state.unsent = 1;
    BOOST_TEST((plan().action == SyncAction::push));
    at.state.unsent = 0;
    at.pull_asked = true;
    BOOST_TEST((plan().action == SyncAction::pull));
}

BOOST_AUTO_TEST_CASE(one_exchange_is_under_way_at_a_time_and_has_a_deadline) {
    at.exchange = SyncAction::push;
    at.exchange_deadline = kNow + 3s;
    at.state.unsent = 9;
    BOOST_TEST((plan().action == SyncAction::none));
    BOOST_TEST((plan().phase == SyncPhase::pushing));
    BOOST_TEST((plan().next == kNow + 3s));
}

BOOST_AUTO_TEST_CASE(before_the_first_answer_it_is_connecting) {
    at.online = false;
    at.exchange = SyncAction::pull;
    BOOST_TEST((plan().phase == SyncPhase::connecting));
}

BOOST_AUTO_TEST_CASE(without_a_token_nothing_is_tried_and_no_time_is_set) {
    at.token_needed = true;
    at.state.unsent = 1;
    BOOST_TEST((plan().action == SyncAction::none));
    BOOST_TEST((plan().phase == SyncPhase::auth_needed));
    BOOST_TEST(!plan().next);
}

BOOST_AUTO_TEST_CASE(a_hold_is_waited_for_and_then_over) {
    at.hold = {kNow + 5s, SyncPhase::upgrade_needed};
    at.state.unsent = 1;
    BOOST_TEST((plan().phase == SyncPhase::upgrade_needed));
    BOOST_TEST((plan().next == kNow + 5s));
    at.now = kNow + 5s;
    BOOST_TEST((plan().action == SyncAction::push));
}

BOOST_AUTO_TEST_CASE(without_a_base_the_snapshot_comes_before_the_push) {
    at.state.cursor.reset();
    at.state.unsent = 1;
    BOOST_TEST((plan().action == SyncAction::snapshot));
}

BOOST_AUTO_TEST_CASE(a_staged_snapshot_goes_on_as_a_snapshot) {
    at.state.staging = true;
    at.state.staging_snapshot = true;
    BOOST_TEST((plan().action == SyncAction::snapshot));
}

BOOST_AUTO_TEST_CASE(a_staged_pull_goes_on_before_anything_is_pushed) {
    at.state.staging = true;
    at.state.unsent = 1;
    BOOST_TEST((plan().action == SyncAction::pull));
}

BOOST_AUTO_TEST_CASE(what_is_queued_is_pushed_at_once) {
    at.state.unsent = 1;
    BOOST_TEST((plan().action == SyncAction::push));
}

BOOST_AUTO_TEST_CASE(mutations_that_were_sent_are_not_pushed_again) {
    at.state.pending = 3;
    BOOST_TEST((plan().action == SyncAction::none));
}

BOOST_AUTO_TEST_CASE(while_pushes_are_held_back_pulls_go_on) {
    at.state.unsent = 1;
    at.push_hold = {kNow + 60s, SyncPhase::forbidden};
    BOOST_TEST((plan().action == SyncAction::none));
    BOOST_TEST((plan().phase == SyncPhase::forbidden));
    BOOST_TEST((plan().next == kNow + 30s));
    at.now = kNow + 30s;
    BOOST_TEST((plan().action == SyncAction::pull));
}

BOOST_AUTO_TEST_CASE(a_pull_comes_when_it_is_due_or_asked_for) {
    BOOST_TEST((plan().action == SyncAction::none));
    at.pull_asked = true;
    BOOST_TEST((plan().action == SyncAction::pull));
    at.pull_asked = false;
    at.now = at.pull_due;
    BOOST_TEST((plan().action == SyncAction::pull));
}

BOOST_AUTO_TEST_CASE(at_rest_it_looks_again_after_the_push_interval) {
    BOOST_TEST((plan().phase == SyncPhase::idle));
    BOOST_TEST((plan().next == kNow + 1s));
}

// If nothing is under way and there is work, either something begins or a time is set, unless a
// person has to act: this is what "never stuck" rests on.
BOOST_AUTO_TEST_CASE(with_work_to_do_it_acts_or_knows_when_to) {
    for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
        Random random(seed);
        const auto flag = [&] { return random.below(2) == 1; };
        const auto time = [&] { return kNow - 10s + std::chrono::seconds(random.below(20)); };
        SyncSituation any;
        any.now = kNow;
        any.started = true;
        any.online = flag();
        any.pull_asked = flag();
        any.pull_due = time();
        any.push_interval = 1s;
        any.hold = {time(), SyncPhase::waiting_backoff};
        any.push_hold = {time(), SyncPhase::waiting_backoff};
        any.state.staging = flag();
        any.state.staging_snapshot = any.state.staging && flag();
        if (flag()) any.state.cursor = Cursor{random.below(100)};
        any.state.unsent = random.below(3);
        const SyncPlan plan = plan_sync(any);
        BOOST_TEST_CONTEXT("seed " << seed) {
            BOOST_REQUIRE((plan.action != SyncAction::none || (plan.next && *plan.next > kNow)));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
