// Counts every allocation of this program.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <new>
#include <vector>

#include "syncline/reactive/reactive.hpp"

namespace {
std::atomic<long> allocations{0};

void* allocate(std::size_t bytes, std::size_t alignment) {
    ++allocations;
    void* const memory =
        std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}
}  // namespace

// GCC 12 warns of `free` where it inlines one of these and not its partner.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

void* operator new(std::size_t bytes) {
    return allocate(bytes, 16);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
    return allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}

using syncline::Computed;
using syncline::Effect;
using syncline::Signal;

namespace {

/// Allocations of 100 calls of `step`, after some to warm up.
template <class F>
long allocations_of(F step) {
    for (int i = 0; i < 10; ++i) step();
    const long before = allocations;
    for (int i = 0; i < 100; ++i) step();
    return allocations - before;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(allocation_tests)

BOOST_AUTO_TEST_CASE(a_steady_grid_allocates_nothing) {
    Signal<int> head(0);
    std::vector<Computed<int>> nodes;
    nodes.reserve(100);
    std::vector<Effect> effects;
    for (int chain = 0; chain < 10; ++chain) {
        nodes.emplace_back([&head] { return head() + 1; });
        for (int i = 1; i < 10; ++i) {
            nodes.emplace_back([before = &nodes.back()] { return before->get() + 1; });
        }
        effects.emplace_back([end = &nodes.back()] { end->get(); });
    }
    int value = 0;
    BOOST_TEST(allocations_of([&] { head.set(++value); }) == 0);
}

BOOST_AUTO_TEST_CASE(changing_dependencies_and_batches_allocate_nothing) {
    Signal<int> select(0);
    Signal<int> a(1);
    Signal<int> b(2);
    const Computed<int> chosen([&] { return select() % 2 != 0 ? a() : b(); });
    const Effect effect = syncline::watch([&] {
        chosen();
        syncline::on_cleanup([] {});
    });
    int value = 0;
    BOOST_TEST(allocations_of([&] {
                   syncline::batch([&] {
                       select.set(++value);
                       a.set(value);
                       b.set(value + 1);
                       chosen();
                   });
               }) == 0);
}

#if !defined(__SANITIZE_ADDRESS__)
BOOST_AUTO_TEST_CASE(effects_that_come_and_go_allocate_nothing) {
    Signal<int> a(1);
    const Computed<int> next([&] { return a() + 1; });
    BOOST_TEST(allocations_of([&] { const Effect effect = syncline::watch([&] { next(); }); }) ==
               0);
}
#endif

BOOST_AUTO_TEST_CASE(unobserved_reads_allocate_nothing) {
    Signal<int> a(1);
    const Computed<int> next([&] { return a() + 1; });
    const Computed<int> after([&] { return next() + 1; });
    int value = 0;
    BOOST_TEST(allocations_of([&] {
                   a.set(++value);
                   after();
               }) == 0);
}

BOOST_AUTO_TEST_CASE(a_drained_queue_allocates_nothing) {
    syncline::EffectQueue queue;
    Signal<int> a(1);
    const Effect effect = syncline::watch([&] { a(); }, {.queue = &queue});
    int value = 0;
    BOOST_TEST(allocations_of([&] {
                   a.set(++value);
                   queue.drain();
               }) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
