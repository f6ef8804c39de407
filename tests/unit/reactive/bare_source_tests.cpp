#include "syncline/reactive/source.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

#include "syncline/reactive/reactive.hpp"

using syncline::Computed;
using syncline::Effect;
using syncline::Signal;
using syncline::Source;

BOOST_AUTO_TEST_SUITE(bare_source_tests)

BOOST_AUTO_TEST_CASE(it_is_small) {
    BOOST_TEST(sizeof(Source) <= 24U);
}

BOOST_AUTO_TEST_CASE(observers_run_when_it_is_triggered) {
    Source source;
    int value = 1;
    const Computed<int> twice([&] {
        source.track();
        return value * 2;
    });
    int seen = 0;
    const Effect effect = syncline::watch([&] { seen = twice(); });
    value = 4;
    source.trigger();
    BOOST_TEST(seen == 8);
    source.track();
}

BOOST_AUTO_TEST_CASE(triggers_in_a_batch_are_one) {
    Source first;
    Source second;
    int runs = 0;
    const Effect effect = syncline::watch([&] {
        first.track();
        second.track();
        ++runs;
    });
    {
        const syncline::Batch batch;
        first.trigger();
        first.trigger();
        second.trigger();
    }
    BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(hooks_tell_of_the_first_and_the_last_observer) {
    Source source;
    std::string log;
    source.on_observed([&] { log += '+'; });
    source.on_unobserved([&] { log += '-'; });
    const Computed<int> next([&] {
        source.track();
        return 1;
    });
    next();
    BOOST_TEST(log.empty());
    {
        const Effect first = syncline::watch([&] { next(); });
        BOOST_TEST(log == "+");
        const Effect second = syncline::watch([&] { source.track(); });
        BOOST_TEST(log == "+");
    }
    BOOST_TEST(log == "+-");
}

BOOST_AUTO_TEST_CASE(hooks_of_signals_and_computeds_are_called_with_no_lock_held) {
    Signal<int> signal(0);
    Computed<int> next([&] { return signal() + 1; });
    std::string log;
    signal.on_observed([&] { log += syncline::in_batch() ? '!' : 's'; });
    next.on_observed([&] { log += syncline::in_batch() ? '!' : 'c'; });
    signal.on_unobserved([&] { log += syncline::in_batch() ? '!' : 'S'; });
    Effect effect = syncline::watch([&] { next(); });
    BOOST_TEST(log.size() == 2U);
    BOOST_TEST(log.find('!') == std::string::npos);
    effect.stop();
    BOOST_TEST(log.back() == 'S');
}

BOOST_AUTO_TEST_CASE(a_hook_may_write) {
    Signal<int> data(0);
    Source source;
    source.on_observed([&] { data.set(5); });
    int seen = 0;
    const Effect effect = syncline::watch([&] {
        source.track();
        seen = data();
    });
    BOOST_TEST(seen == 5);
}

BOOST_AUTO_TEST_CASE(one_may_be_destroyed_while_it_is_observed) {
    auto source = std::make_unique<Source>();
    Signal<int> other(0);
    int runs = 0;
    const Effect effect = syncline::watch([&] {
        if (source != nullptr) source->track();
        other();
        ++runs;
    });
    source.reset();
    other.set(1);
    BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(what_a_hook_writes_reaches_effects_made_before) {
    Source source;
    Signal<int> phase(0);
    int seen = -1;
    const Effect reader = syncline::watch([&] { seen = phase(); });
    source.on_observed([&] { phase.set(1); });
    source.on_unobserved([&] { phase.set(2); });
    Effect effect = syncline::watch([&] { source.track(); });
    BOOST_TEST(seen == 1);
    effect.stop();
    BOOST_TEST(seen == 2);
    syncline::batch([&] { effect = syncline::watch([&] { source.track(); }); });
    BOOST_TEST(seen == 1);
}

BOOST_AUTO_TEST_CASE(a_hook_set_late_tells_at_once_whatever_was_set_before) {
    Source source;
    Effect effect = syncline::watch([&] { source.track(); });
    std::string log;
    source.on_unobserved([&] { log += '-'; });
    BOOST_TEST(log.empty());
    source.on_observed([&] { log += '+'; });
    BOOST_TEST(log == "+");
    effect.stop();
    BOOST_TEST(log == "+-");
}

BOOST_AUTO_TEST_CASE(hooks_go_along_when_a_signal_moves_before_they_are_called) {
    std::string log;
    auto first = std::make_unique<Signal<int>>(1);
    std::unique_ptr<Signal<int>> second;
    first->on_observed([&] { log += '+'; });
    first->on_unobserved([&] { log += '-'; });
    Effect effect;
    syncline::batch([&] {
        effect = syncline::watch([&] { (first != nullptr ? *first : *second).get(); });
        second = std::make_unique<Signal<int>>(std::move(*first));
        first.reset();
    });
    BOOST_TEST(log == "+");
    effect.stop();
    BOOST_TEST(log == "+-");
}

BOOST_AUTO_TEST_CASE(what_a_hook_throws_goes_to_the_handler_of_last_resort) {
    std::string unhandled;
    syncline::set_unhandled_error_handler([&](std::exception_ptr) { unhandled += 'u'; });
    Source source;
    source.on_observed([] { throw std::runtime_error("hook"); });
    int runs = 0;
    const Effect effect = syncline::watch([&] {
        source.track();
        ++runs;
    });
    syncline::set_unhandled_error_handler({});
    BOOST_TEST(unhandled == "u");
    source.trigger();
    BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(a_loss_and_a_gain_in_one_batch_are_not_told) {
    Source source;
    std::string log;
    source.on_observed([&] { log += '+'; });
    source.on_unobserved([&] { log += '-'; });
    Effect effect = syncline::watch([&] { source.track(); });
    syncline::batch([&] {
        effect.stop();
        effect = syncline::watch([&] { source.track(); });
    });
    BOOST_TEST(log == "+");
    effect.stop();
    BOOST_TEST(log == "+-");
}

BOOST_AUTO_TEST_SUITE_END()
