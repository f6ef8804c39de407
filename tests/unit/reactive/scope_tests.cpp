#include "syncline/reactive/scope.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <optional>
#include <string>

#include "syncline/reactive/reactive.hpp"

using syncline::Effect;
using syncline::EffectScope;
using syncline::Signal;

namespace {
struct ScopeFixture {
    std::string log;
    Signal<int> a{0};
};
}  // namespace

BOOST_FIXTURE_TEST_SUITE(scope_tests, ScopeFixture)

BOOST_AUTO_TEST_CASE(it_ends_its_effects_and_cleanups_together) {
    {
        EffectScope scope;
        scope.watch([&] { log += std::to_string(a()); });
        const int result = scope.run([&] {
            syncline::watch_owned([&] {
                a();
                syncline::on_cleanup([&] { log += 'e'; });
            });
            syncline::on_cleanup([&] { log += 's'; });
            return 5;
        });
        BOOST_TEST(result == 5);
        a.set(1);
        BOOST_TEST(log == "01e");
    }
    BOOST_TEST(log == "01ees");
    BOOST_TEST(!a.observed());
}

BOOST_AUTO_TEST_CASE(scopes_nest) {
    EffectScope outer;
    EffectScope inner(outer);
    std::optional<EffectScope> by_run;
    outer.run([&] { by_run.emplace(); });
    inner.watch([&] {
        a();
        log += 'i';
    });
    by_run->watch([&] {
        a();
        log += 'r';
    });
    outer.stop();
    a.set(1);
    BOOST_TEST(log == "ir");
    BOOST_TEST(!inner.active());
    BOOST_TEST(!by_run->active());
    BOOST_CHECK_THROW(inner.run([] {}), syncline::InvalidState);
}

BOOST_AUTO_TEST_CASE(an_inner_scope_may_end_first) {
    EffectScope outer;
    {
        EffectScope inner(outer);
        inner.watch([&] {
            a();
            log += 'i';
        });
    }
    a.set(1);
    BOOST_TEST(log == "i");
    outer.stop();
}

BOOST_AUTO_TEST_CASE(paused_effects_run_once_on_resume_if_something_changed) {
    EffectScope scope;
    scope.watch([&] { log += std::to_string(a()); });
    scope.pause();
    BOOST_TEST(scope.paused());
    a.set(1);
    a.set(2);
    BOOST_TEST(log == "0");
    scope.resume();
    BOOST_TEST(log == "02");
    scope.pause();
    scope.resume();
    BOOST_TEST(log == "02");
    a.set(3);
    BOOST_TEST(log == "023");
}

BOOST_AUTO_TEST_CASE(an_inner_pause_outlives_an_outer_resume_and_the_other_way_round) {
    EffectScope outer;
    EffectScope inner(outer);
    inner.watch([&] { log += std::to_string(a()); });
    inner.pause();
    outer.pause();
    outer.resume();
    a.set(1);
    BOOST_TEST(log == "0");
    outer.pause();
    inner.resume();
    BOOST_TEST(log == "0");
    outer.resume();
    BOOST_TEST(log == "01");
}

BOOST_AUTO_TEST_CASE(an_effect_made_in_a_paused_scope_runs_once) {
    EffectScope scope;
    scope.pause();
    scope.watch([&] { log += std::to_string(a()); });
    a.set(1);
    BOOST_TEST(log == "0");
    scope.resume();
    BOOST_TEST(log == "01");
}

BOOST_AUTO_TEST_CASE(the_nearest_handler_takes_what_effects_throw) {
    EffectScope outer;
    EffectScope inner(outer);
    outer.on_error([&](std::exception_ptr) { log += 'o'; });
    inner.watch([&] {
        if (a() > 0) throw std::runtime_error("bad");
    });
    BOOST_CHECK_NO_THROW(a.set(1));
    BOOST_TEST(log == "o");
    inner.on_error([&](std::exception_ptr) { log += 'i'; });
    a.set(2);
    BOOST_TEST(log == "oi");
    inner.on_error([&](std::exception_ptr error) { std::rethrow_exception(error); });
    BOOST_CHECK_THROW(a.set(3), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(a_scope_made_in_an_effect_ends_with_its_run) {
    std::optional<EffectScope> scope;
    const Effect effect = syncline::watch([&] {
        a();
        scope.emplace();
        scope->run([&] { syncline::on_cleanup([&] { log += '~'; }); });
    });
    a.set(1);
    BOOST_TEST(log == "~");
}

BOOST_AUTO_TEST_CASE(what_a_cleanup_throws_does_not_keep_the_others_from_running) {
    EffectScope scope;
    scope.run([&] {
        syncline::on_cleanup([&] { throw std::runtime_error("bad"); });
        syncline::on_cleanup([&] { log += 'x'; });
    });
    BOOST_CHECK_THROW(scope.stop(), std::runtime_error);
    BOOST_TEST(log == "x");
}

BOOST_AUTO_TEST_CASE(one_that_has_ended_takes_nothing_more) {
    EffectScope scope;
    bool cleaned = false;
    scope.run([&] {
        scope.stop();
        BOOST_CHECK_THROW(syncline::watch_owned([&] { a(); }), syncline::InvalidState);
        BOOST_CHECK_THROW(syncline::on_cleanup([&] { cleaned = true; }), syncline::InvalidState);
        const EffectScope below;
        BOOST_TEST(!below.active());
        // What has a handle lives by that.
        const Effect own = syncline::watch([&] { log += std::to_string(a()); });
        a.set(1);
    });
    BOOST_TEST(log == "01");
    BOOST_TEST(!a.observed());
    scope.pause();
    scope.resume();
    scope.on_error([](const std::exception_ptr&) {});
    BOOST_TEST(!scope.paused());
}

BOOST_AUTO_TEST_CASE(one_may_be_destroyed_by_an_effect_in_it) {
    auto scope = std::make_unique<EffectScope>();
    scope->watch([&] {
        if (a() == 1) scope.reset();
        log += 'f';
        syncline::on_cleanup([&] { log += '~'; });
    });
    scope->watch([&] {
        a();
        log += 's';
    });
    a.set(1);
    a.set(2);
    BOOST_TEST(log == "fs~f~");
    BOOST_TEST(!a.observed());
    scope = std::make_unique<EffectScope>();
    scope->watch([&] {
        scope.reset();
        a();
    });
    BOOST_TEST(!a.observed());
}

BOOST_AUTO_TEST_CASE(one_that_another_is_moved_to_ends_first) {
    EffectScope scope;
    scope.run([&] { syncline::on_cleanup([&] { log += '1'; }); });
    EffectScope next;
    next.run([&] { syncline::on_cleanup([&] { log += '2'; }); });
    scope = std::move(next);
    BOOST_TEST(log == "1");
    BOOST_TEST(scope.active());
    scope.stop();
    BOOST_TEST(log == "12");
}

BOOST_AUTO_TEST_CASE(a_handler_takes_what_cleanups_below_throw) {
    EffectScope outer;
    EffectScope inner(outer);
    outer.on_error([&](const std::exception_ptr&) { log += 'o'; });
    inner.watch([&] {
        a();
        syncline::on_cleanup([] { throw std::runtime_error("own"); });
        syncline::watch_owned(
            [] { syncline::on_cleanup([] { throw std::runtime_error("child"); }); });
        log += 'r';
    });
    BOOST_CHECK_NO_THROW(a.set(1));
    BOOST_TEST(log == "roor");
    inner.on_error([&](const std::exception_ptr&) { log += 'i'; });
    log.clear();
    BOOST_CHECK_NO_THROW(outer.stop());
    BOOST_TEST(log == "ii");
}

BOOST_AUTO_TEST_CASE(a_handler_takes_what_effects_throw_that_stopped_themselves_or_their_scope) {
    EffectScope scope;
    scope.on_error([&](const std::exception_ptr&) { log += 'h'; });
    Effect self;
    scope.run([&] {
        self = syncline::watch([&] {
            if (a() != 1) return;
            syncline::on_cleanup([] { throw std::runtime_error("cleanup"); });
            self.stop();
            throw std::runtime_error("bad");
        });
    });
    BOOST_CHECK_NO_THROW(a.set(1));
    BOOST_TEST(log == "hh");
    scope.watch([&] {
        if (a() != 2) return;
        scope.stop();
        throw std::runtime_error("bad");
    });
    BOOST_CHECK_NO_THROW(a.set(2));
    BOOST_TEST(log == "hhh");
}

BOOST_AUTO_TEST_CASE(a_handler_may_end_its_scope) {
    auto scope = std::make_unique<EffectScope>();
    scope->on_error([&](const std::exception_ptr&) {
        log += 'h';
        scope.reset();
    });
    scope->watch([&] {
        if (a() == 1) throw std::runtime_error("bad");
    });
    scope->watch([&] {
        a();
        log += 'r';
    });
    BOOST_CHECK_NO_THROW(a.set(1));
    BOOST_TEST(log == "rh");
    BOOST_TEST(!a.observed());
}

BOOST_AUTO_TEST_CASE(one_may_be_paused_and_resumed_while_effects_run) {
    EffectScope scope;
    const Effect before = syncline::watch([&] {
        if (a() == 1) scope.pause();
        if (a() == 2) scope.resume();
    });
    scope.watch([&] { log += std::to_string(a()); });
    a.set(1);
    BOOST_TEST(log == "0");
    a.set(2);
    BOOST_TEST(log == "02");
    a.set(3);
    BOOST_TEST(log == "023");
    scope.watch([&] {
        if (a() == 4) scope.pause();
        log += 'w';
    });
    a.set(4);
    a.set(5);
    scope.resume();
    BOOST_TEST(log == "023w4w5w");
}

BOOST_AUTO_TEST_CASE(a_batch_that_pauses_or_resumes_does_so_for_what_it_writes) {
    EffectScope scope;
    scope.watch([&] { log += std::to_string(a()); });
    syncline::batch([&] {
        a.set(1);
        scope.pause();
    });
    BOOST_TEST(log == "0");
    syncline::batch([&] {
        scope.resume();
        a.set(2);
    });
    BOOST_TEST(log == "02");
}

BOOST_AUTO_TEST_CASE(what_throws_in_run_leaves_what_was_made_to_the_scope) {
    EffectScope scope;
    BOOST_CHECK_THROW(scope.run([&] {
        syncline::watch_owned([&] { log += std::to_string(a()); });
        throw std::runtime_error("half way");
    }),
                      std::runtime_error);
    BOOST_CHECK_THROW(syncline::on_cleanup([] {}), syncline::InvalidState);
    a.set(1);
    BOOST_TEST(log == "01");
    syncline::batch([&] {
        a.set(2);
        scope.stop();
    });
    BOOST_TEST(log == "01");
    BOOST_TEST(!a.observed());
}

BOOST_AUTO_TEST_CASE(a_scope_made_in_a_paused_one_is_paused) {
    EffectScope outer;
    outer.pause();
    EffectScope inner(outer);
    inner.watch([&] { log += std::to_string(a()); });
    a.set(1);
    BOOST_TEST(inner.paused());
    BOOST_TEST(log == "0");
    outer.resume();
    BOOST_TEST(log == "01");
}

BOOST_AUTO_TEST_SUITE_END()
